"""Law 4 for Flux: dev, which is told the guidance, schnell, which is not, and Fill, which is given the mask."""

from __future__ import annotations

import diffusers
import pytest
import torch

from pipelines import image_to_image, inpainting, text_to_image
from pipelines.errors import InvalidRequest
from pipelines.requests import Guiding, ImageToImage, Inpaint, Sampling, Size, TextToImage
from tests.pipelines.oracles import NEGATIVE, PROMPT, SEEDS, as_pipeline, assert_same, decoded, latents, likeliest, told


def sampling(**options) -> Sampling:
    return Sampling(
        **{"steps": 8, "guidance": 3.5, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=96, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


def unpacked(tokens: torch.Tensor, width: int, height: int) -> torch.Tensor:
    return diffusers.FluxPipeline._unpack_latents(tokens, height, width, 8)


@pytest.mark.parametrize("guidance", [1.0, 3.5])
@pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 128)])
def test_text_to_image_two_at_a_time(models, width: int, height: int, guidance: float) -> None:
    """At every size with the shift that belongs to it, one call a step."""
    family, oracle = models("flux")
    assert family.facts.embeds_guidance
    size = Size(width=width, height=height)
    plan = text_to_image.plan(family, a_request(size=size, sampling=sampling(guidance=guidance)))
    ours = latents(plan)
    same = {"guidance_scale": guidance, "width": width, "height": height}
    assert_same(ours, unpacked(told(oracle, **same), width, height))
    torch.testing.assert_close(decoded(family, ours), told(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)
    assert all(len(estimates) == 1 for estimates in plan[0].answers)


def test_the_scale_that_dev_is_told_matters(models) -> None:
    family, _ = models("flux")
    one, other = (latents(text_to_image.plan(family, a_request(sampling=sampling(guidance=g)))) for g in (1.0, 7.0))
    assert not torch.allclose(one, other, atol=1e-2)


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_schnell(models, guidance: float) -> None:
    """It is told nothing; guided all the same, it is asked twice, as diffusers does with ``true_cfg_scale``."""
    family, oracle = models("flux", schnell=True)
    request = a_request(negative=NEGATIVE, sampling=sampling(guidance=guidance, steps=4))
    same = {"true_cfg_scale": guidance, "negative_prompt": NEGATIVE, "max_sequence_length": 256}
    theirs = told(oracle, **same, num_inference_steps=4, width=96, height=64)
    assert_same(latents(text_to_image.plan(family, request)), unpacked(theirs, 96, 64))


def test_t5_reads_up_to_its_limit(models) -> None:
    """What is beyond it changes nothing."""
    family, oracle = models("flux")
    said = "red house " * 255 + "a"  # 511 tokens, and the end
    ours = latents(text_to_image.plan(family, a_request(prompt=said + " blue boat")))
    assert torch.equal(ours, latents(text_to_image.plan(family, a_request(prompt=said))))
    assert_same(
        ours, unpacked(told(oracle, prompt=said + " blue boat", guidance_scale=3.5, width=96, height=64), 96, 64)
    )


def test_weights_scale_what_t5_says(models) -> None:
    family, oracle = models("flux")
    ours = latents(text_to_image.plan(family, a_request(prompt="a red (house:1.5)")))
    embeds, pooled, _ = oracle.encode_prompt("a red house")
    scaled = embeds * torch.tensor([1.0, 1.0, 1.5] + [1.0] * 509)[None, :, None]
    same = {"prompt_embeds": scaled * embeds.mean() / scaled.mean(), "pooled_prompt_embeds": pooled}
    theirs = told(oracle, prompt=None, **same, guidance_scale=3.5, width=96, height=64)
    assert_same(ours, unpacked(theirs, 96, 64))


@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_image_to_image(models, photo, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("flux")
    request = ImageToImage(prompt=PROMPT, count=2, image=photo, strength=strength, sampling=sampling())
    oracle = as_pipeline(diffusers.FluxImg2ImgPipeline, oracle)
    theirs = told(oracle, image=photo, strength=strength, guidance_scale=3.5, width=64, height=64)
    assert_same(latents(image_to_image.plan(family, request)), unpacked(theirs, 64, 64))


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_inpainting(models, photo, mask, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("flux")
    oracle = as_pipeline(diffusers.FluxInpaintPipeline, oracle)
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=sampling())
    theirs = told(oracle, image=photo, mask_image=mask, strength=strength, guidance_scale=3.5, width=64, height=64)
    assert_same(latents(inpainting.plan(family, request)), unpacked(theirs, 64, 64))


def test_fill(models, photo, mask, monkeypatch) -> None:
    likeliest(monkeypatch)
    family, oracle = models("flux", fill=True)
    assert family.facts.takes_mask
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, feather=0, sampling=sampling(guidance=30.0))
    theirs = told(oracle, image=photo, mask_image=mask, guidance_scale=30.0, width=64, height=64)
    assert_same(latents(inpainting.plan(family, request)), unpacked(theirs, 64, 64))


def test_what_a_model_that_guides_itself_has_no_use_for_is_refused(models) -> None:
    family = models("flux").family
    for change, words in (
        ({"negative": NEGATIVE}, "hears no negative prompt: leave it out"),
        ({"guiding": Guiding(method="apg")}, "guides itself and is only told how strongly"),
        ({"clip_skip": 2}, "clip skip has to be 1"),
        ({"size": Size(width=72, height=64)}, "The width must be a multiple of 16 for this model"),
    ):
        with pytest.raises(InvalidRequest, match=words):
            text_to_image.plan(family, a_request(**change))

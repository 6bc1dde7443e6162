"""Law 4 for Stable Diffusion 3: with T5 and without, 3.5's normalised attention, and a network that is given the mask.

diffusers' inpainting pipeline forgets the autoencoder's shift when it decodes, so its latents are decoded here.
"""

from __future__ import annotations

import diffusers
import pytest
import torch

from pipelines import image_to_image, inpainting, text_to_image
from pipelines.errors import InvalidRequest
from pipelines.requests import ImageToImage, Inpaint, Sampling, Size, TextToImage, Tuning
from tests.pipelines.oracles import (
    NEGATIVE,
    PROMPT,
    SEEDS,
    as_pipeline,
    assert_same,
    decoded,
    latents,
    likeliest,
    told,
)

LONG = "a red house on the hill " * 20  # 120 tokens to CLIP, as many to T5


def sampling(**options) -> Sampling:
    return Sampling(
        **{"steps": 8, "guidance": 5.0, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=80, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
@pytest.mark.parametrize("options", [{}, {"t5": False}, {"qk_norm": True, "shift": 1.5}], ids=str)
def test_text_to_image_two_at_a_time(models, options, negative: str, guidance: float) -> None:
    family, oracle = models("sd3", **options)
    ours = latents(text_to_image.plan(family, a_request(negative=negative, sampling=sampling(guidance=guidance))))
    theirs = {"negative_prompt": negative or None, "guidance_scale": guidance, "width": 80, "height": 64}
    assert_same(ours, told(oracle, **theirs))
    shown = told(oracle, **theirs, output_type="pt")
    torch.testing.assert_close(decoded(family, ours), shown, rtol=0, atol=2e-4)


def test_a_shift_of_ones_own(models) -> None:
    family, oracle = models("sd3")
    ours = latents(text_to_image.plan(family, a_request(tuning=Tuning(shift=6.0))))
    parts = {"scheduler": diffusers.FlowMatchEulerDiscreteScheduler(shift=6.0)}
    theirs = told(
        as_pipeline(diffusers.StableDiffusion3Pipeline, oracle, **parts), guidance_scale=5.0, width=80, height=64
    )
    assert_same(ours, theirs)


def test_clip_skip(models) -> None:
    family, oracle = models("sd3")
    ours = latents(text_to_image.plan(family, a_request(clip_skip=2, sampling=sampling(guidance=1.0))))
    assert_same(ours, told(oracle, guidance_scale=1.0, width=80, height=64, clip_skip=1))


def test_t5_reads_as_far_as_it_has_to(models) -> None:
    """CLIP is given a second chunk and T5 twice the places; to diffusers both are given as embeddings."""
    family, oracle = models("sd3")
    first, second = "red house " * 37 + "a", "blue boat " * 37 + "a"
    third = "sea night " * 60
    prompt = f"{first} {second} {third}"  # 270 tokens
    ours = latents(text_to_image.plan(family, a_request(prompt=prompt, sampling=sampling(guidance=1.0))))
    parts = [
        oracle.encode_prompt(text, text, prompt, max_sequence_length=512, do_classifier_free_guidance=False)
        for text in (first, second, "sea night " * 37 + "sea", "night " + "sea night " * 22)
    ]
    clips = [part[0][:, :77] for part in parts]
    same = {"prompt_embeds": torch.cat([*clips, parts[0][0][:, 77:]], 1), "pooled_prompt_embeds": parts[0][2]}
    assert same["prompt_embeds"].shape[1] == 4 * 77 + 512
    assert_same(ours, told(oracle, prompt=None, **same, guidance_scale=1.0, width=80, height=64))


@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_image_to_image(models, photo, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("sd3")
    request = ImageToImage(prompt=PROMPT, count=2, image=photo, strength=strength, sampling=sampling())
    oracle = as_pipeline(diffusers.StableDiffusion3Img2ImgPipeline, oracle)
    both = [photo, photo]  # one picture for two generators is more than diffusers' pipeline can count
    theirs = told(oracle, image=both, strength=strength, guidance_scale=5.0, width=64, height=64)
    assert_same(latents(image_to_image.plan(family, request)), theirs)


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("given_the_mask", [False, True])
def test_inpainting(models, photo, mask, monkeypatch, given_the_mask: bool, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("sd3", inpainting=given_the_mask)
    assert family.facts.takes_mask == given_the_mask
    oracle = as_pipeline(diffusers.StableDiffusion3InpaintPipeline, oracle)
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=sampling())
    theirs = told(oracle, image=photo, mask_image=mask, strength=strength, guidance_scale=5.0, width=64, height=64)
    ours = latents(inpainting.plan(family, request))
    assert_same(ours, theirs)
    config = oracle.vae.config
    with torch.inference_mode():
        pixels = oracle.vae.decode(theirs / config.scaling_factor + config.shift_factor).sample
    torch.testing.assert_close(decoded(family, ours), pixels.clamp(-1, 1) / 2 + 0.5, rtol=0, atol=2e-4)


def test_pictures_that_are_too_long_for_its_places_are_refused(models, photo) -> None:
    family = models("sd3").family
    assert family.facts.longest == 24 * 16
    with pytest.raises(InvalidRequest, match="at most 384 pixels long"):
        text_to_image.plan(family, a_request(size=Size(width=400, height=64)))

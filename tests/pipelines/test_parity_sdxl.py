"""Law 4 for Stable Diffusion XL: base, inpainting network, refiner, and networks that are told the guidance."""

from __future__ import annotations

import copy

import diffusers
import pytest
import torch

from pipelines import image_to_image, inpainting, text_to_image
from pipelines.requests import ImageToImage, Inpaint, Sampling, Size, TextToImage
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


def sampling(**options) -> Sampling:
    return Sampling(
        **{"steps": 8, "guidance": 5.0, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=72, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_text_to_image_two_at_a_time(models, prediction: str, negative: str, guidance: float) -> None:
    """An empty negative prompt is none at all: no text is shown to the network then."""
    family, oracle = models("sdxl", prediction_type=prediction)
    ours = latents(text_to_image.plan(family, a_request(negative=negative, sampling=sampling(guidance=guidance))))
    options = {"negative_prompt": negative or None, "guidance_scale": guidance, "width": 72, "height": 64}
    assert_same(ours, told(oracle, **options))
    theirs = told(oracle, **options, output_type="pt")
    torch.testing.assert_close(decoded(family, ours), theirs, rtol=0, atol=2e-4)


def test_a_model_that_reads_an_empty_negative_prompt(models) -> None:
    family, oracle = models("sdxl", hides_silence=False)
    ours = latents(text_to_image.plan(family, a_request()))
    assert_same(ours, told(oracle, guidance_scale=5.0, width=72, height=64))
    hidden = latents(text_to_image.plan(models("sdxl").family, a_request()))
    assert not torch.allclose(ours, hidden, atol=1e-2)


def test_clip_skip_counts_from_the_layer_that_is_usual(models) -> None:
    family, oracle = models("sdxl")
    ours = latents(text_to_image.plan(family, a_request(clip_skip=2)))
    assert_same(ours, told(oracle, guidance_scale=5.0, width=72, height=64, clip_skip=1))


def test_a_network_that_is_told_the_guidance(models) -> None:
    family, oracle = models("sdxl", told_guidance=True)
    assert family.facts.embeds_guidance
    ours = latents(text_to_image.plan(family, a_request()))
    assert_same(ours, told(oracle, guidance_scale=5.0, width=72, height=64))


def test_weights_scale_what_both_encoders_say(models) -> None:
    """Scaled by hand, given to diffusers as embeddings; the mean is that of each encoder's own chunk."""
    family, oracle = models("sdxl")
    ours = latents(text_to_image.plan(family, a_request(prompt="a red (house:1.5)", sampling=sampling(guidance=1.0))))
    embeds, _, pooled, _ = oracle.encode_prompt("a red house", do_classifier_free_guidance=False)
    parts = []
    for part in embeds[0].split([32, 48], dim=1):
        scaled = part * torch.tensor([1.0] * 3 + [1.5] + [1.0] * 73)[:, None]  # the start, a, red, house
        parts.append(scaled * part.mean() / scaled.mean())
    embeds = torch.cat(parts, dim=1)[None]
    same = {"prompt": None, "prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
    assert_same(ours, told(oracle, **same, guidance_scale=1.0, width=72, height=64))


def test_words_beyond_the_first_chunk_are_read(models) -> None:
    """Two chunks laid one behind another are what both encoders say to each; the pooled vector is the first one's."""
    family, oracle = models("sdxl")
    first, second = "red house " * 37 + "a", "blue boat"  # 75 tokens, and the rest
    ours = latents(text_to_image.plan(family, a_request(prompt=f"{first} {second}", sampling=sampling(guidance=1.0))))
    parts = [oracle.encode_prompt(text, do_classifier_free_guidance=False) for text in (first, second)]
    same = {"prompt_embeds": torch.cat([part[0] for part in parts], 1), "pooled_prompt_embeds": parts[0][2]}
    assert_same(ours, told(oracle, prompt=None, **same, guidance_scale=1.0, width=72, height=64))


@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_image_to_image(models, photo, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("sdxl")
    request = ImageToImage(prompt=PROMPT, count=2, image=photo, strength=strength, sampling=sampling())
    oracle = as_pipeline(diffusers.StableDiffusionXLImg2ImgPipeline, oracle, add_watermarker=False)
    theirs = told(oracle, image=photo, strength=strength, guidance_scale=5.0)
    assert_same(latents(image_to_image.plan(family, request)), theirs)


@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_refiner(models, photo, monkeypatch, negative: str) -> None:
    """It is told how beautiful the picture shall be, and reads an empty negative prompt with its one encoder."""
    likeliest(monkeypatch)
    family, oracle = models("sdxl", refiner=True, hides_silence=False)
    request = ImageToImage(
        prompt=PROMPT, negative=negative, count=2, image=photo, strength=0.5, sampling=sampling(guidance=4.0)
    )
    theirs = told(oracle, image=photo, strength=0.5, guidance_scale=4.0, negative_prompt=negative or None)
    assert_same(latents(image_to_image.plan(family, request)), theirs)


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("nine_channels", [False, True])
def test_inpainting(models, photo, mask, monkeypatch, nine_channels: bool, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("sdxl", inpainting=nine_channels)
    assert family.facts.takes_mask == nine_channels
    oracle = as_pipeline(diffusers.StableDiffusionXLInpaintPipeline, oracle, add_watermarker=False)
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=sampling())
    theirs = told(oracle, image=photo, mask_image=mask, strength=strength, guidance_scale=5.0, width=64, height=64)
    assert_same(latents(inpainting.plan(family, request)), theirs)


def test_an_autoencoder_with_a_mean_and_a_spread_for_each_channel(models) -> None:
    """As Playground 2.5 has it: raw latents are brought to a mean of 0 and a spread of the scaling factor."""
    family, oracle = models("sdxl")
    vae = copy.deepcopy(oracle.vae)
    vae.register_to_config(latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[2.0, 0.5, 1.0, 3.0])
    made = latents(text_to_image.plan(family, a_request()))
    theirs = as_pipeline(diffusers.StableDiffusionXLPipeline, oracle, vae=vae, add_watermarker=False)
    shown = told(theirs, guidance_scale=5.0, width=72, height=64, output_type="pt")
    family = copy.copy(family)
    family.vae = vae
    torch.testing.assert_close(decoded(family, made), shown, rtol=0, atol=2e-4)
    pixels = torch.rand(3, 64, 64) * 2 - 1
    torch.testing.assert_close(family.encode(pixels), theirs_encoded(theirs.vae, pixels), rtol=1e-4, atol=1e-4)


def theirs_encoded(vae, pixels: torch.Tensor) -> torch.Tensor:
    """As StableDiffusionXLImg2ImgPipeline.prepare_latents has it."""
    raw = vae.encode(pixels[None]).latent_dist.mode()
    mean, std = (torch.tensor(getattr(vae.config, name)).view(1, 4, 1, 1) for name in ("latents_mean", "latents_std"))
    return ((raw - mean) * vae.config.scaling_factor / std)[0].detach()

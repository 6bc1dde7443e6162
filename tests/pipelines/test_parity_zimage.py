"""Law 4 for Z-Image.  Its pipelines add their scale to the prompt's own answer, so 4 there is 5 here."""

from __future__ import annotations

import diffusers
import pytest
import torch

from pipelines import image_to_image, inpainting, text_to_image
from pipelines.requests import ImageToImage, Inpaint, Sampling, Size, TextToImage
from tests.pipelines.oracles import NEGATIVE, PROMPT, SEEDS, as_pipeline, assert_same, decoded, latents, likeliest, told


def sampling(**options) -> Sampling:
    return Sampling(
        **{"steps": 8, "guidance": 5.0, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=96, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_text_to_image_two_at_a_time(models, negative: str, guidance: float) -> None:
    family, oracle = models("zimage")
    request = a_request(negative=negative, sampling=sampling(guidance=guidance))
    same = {"negative_prompt": negative, "guidance_scale": guidance - 1, "width": 96, "height": 64}
    ours = latents(text_to_image.plan(family, request))
    assert_same(ours, told(oracle, **same))
    torch.testing.assert_close(decoded(family, ours), told(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)


def test_a_shift_that_grows_with_the_picture(models) -> None:
    family, oracle = models("zimage", use_dynamic_shifting=True)
    ours = latents(text_to_image.plan(family, a_request()))
    assert_same(ours, told(oracle, guidance_scale=4.0, width=96, height=64))


def test_what_does_not_fit_is_left_out(models) -> None:
    family, _ = models("zimage")
    said = "red house " * 300
    one, other = (latents(text_to_image.plan(family, a_request(prompt=each))) for each in (said, said + " blue boat"))
    assert torch.equal(one, other)


@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_image_to_image(models, photo, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("zimage")
    request = ImageToImage(prompt=PROMPT, count=2, image=photo, strength=strength, sampling=sampling())
    oracle = as_pipeline(diffusers.ZImageImg2ImgPipeline, oracle)
    theirs = told(oracle, image=photo, strength=strength, guidance_scale=4.0, width=64, height=64)
    assert_same(latents(image_to_image.plan(family, request)), theirs)


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_inpainting(models, photo, mask, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("zimage")
    oracle = as_pipeline(diffusers.ZImageInpaintPipeline, oracle)
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=sampling())
    theirs = told(oracle, image=photo, mask_image=mask, strength=strength, guidance_scale=4.0, width=64, height=64)
    assert_same(latents(inpainting.plan(family, request)), theirs)

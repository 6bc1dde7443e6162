"""Law 4 for Chroma.

Its pipelines mean to hide what fills a prompt up, but for one token of it, and add their mask of ones and zeros to the
attention instead; here it is hidden from them by being cut off.
"""

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


def unpacked(tokens: torch.Tensor, width: int, height: int) -> torch.Tensor:
    return diffusers.ChromaPipeline._unpack_latents(tokens, height, width, 8)


@pytest.fixture(autouse=True)
def cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (diffusers.ChromaPipeline, diffusers.ChromaImg2ImgPipeline, diffusers.ChromaInpaintPipeline):

        def without_filling(self, *args, whole=kind._get_t5_prompt_embeds, **options):
            embeds, mask = whole(self, *args, **options)
            length = int(mask[0].sum())
            return embeds[:, :length], mask[:, :length]

        monkeypatch.setattr(kind, "_get_t5_prompt_embeds", without_filling)


@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_text_to_image_two_at_a_time(models, negative: str, guidance: float) -> None:
    family, oracle = models("chroma")
    ours = latents(text_to_image.plan(family, a_request(negative=negative, sampling=sampling(guidance=guidance))))
    same = {"negative_prompt": negative, "guidance_scale": guidance, "width": 96, "height": 64}
    assert_same(ours, unpacked(told(oracle, **same), 96, 64))
    torch.testing.assert_close(decoded(family, ours), told(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)


def test_a_prompt_that_fills_its_room(models) -> None:
    """Then nothing fills it up; what is beyond it changes nothing."""
    family, oracle = models("chroma")
    said = "red house " * 300
    ours = latents(text_to_image.plan(family, a_request(prompt=said)))
    assert_same(ours, unpacked(told(oracle, prompt=said, guidance_scale=5.0, width=96, height=64), 96, 64))


@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_image_to_image(models, photo, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("chroma")
    request = ImageToImage(prompt=PROMPT, count=2, image=photo, strength=strength, sampling=sampling())
    oracle = as_pipeline(diffusers.ChromaImg2ImgPipeline, oracle)
    theirs = told(oracle, image=photo, strength=strength, guidance_scale=5.0, width=64, height=64)
    assert_same(latents(image_to_image.plan(family, request)), unpacked(theirs, 64, 64))


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_inpainting(models, photo, mask, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("chroma")
    oracle = as_pipeline(diffusers.ChromaInpaintPipeline, oracle)
    oracle.transformer.register_to_config(guidance_embeds=False)  # which this pipeline asks for, and no other
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=sampling())
    theirs = told(oracle, image=photo, mask_image=mask, strength=strength, guidance_scale=5.0, width=64, height=64)
    assert_same(latents(inpainting.plan(family, request)), unpacked(theirs, 64, 64))

"""Law 4 for Qwen-Image.

Its pipelines bring each token of a guided answer to the length that it has in the prompt's own; ours guide as all
families do, so that is switched off in the oracle.
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
        **{"steps": 8, "guidance": 4.0, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=96, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


def unpacked(tokens: torch.Tensor, width: int, height: int) -> torch.Tensor:
    return diffusers.QwenImagePipeline._unpack_latents(tokens, height, width, 8)[:, :, 0]


@pytest.fixture
def plain_guidance(monkeypatch: pytest.MonkeyPatch) -> None:
    norm = torch.norm

    def without_lengths(x, *args, **options):
        lengths = norm(x, *args, **options)
        return torch.ones_like(lengths) if options == {"dim": -1, "keepdim": True} else lengths

    monkeypatch.setattr(torch, "norm", without_lengths)


@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_text_to_image_two_at_a_time(models, plain_guidance, negative: str, guidance: float) -> None:
    family, oracle = models("qwen")
    ours = latents(text_to_image.plan(family, a_request(negative=negative, sampling=sampling(guidance=guidance))))
    same = {"negative_prompt": negative, "true_cfg_scale": guidance, "width": 96, "height": 64}
    assert_same(ours, unpacked(told(oracle, **same), 96, 64))
    torch.testing.assert_close(decoded(family, ours), told(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)


@pytest.mark.parametrize("strength", [0.75, 0.5])
def test_image_to_image(models, photo, plain_guidance, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("qwen")
    request = ImageToImage(prompt=PROMPT, count=2, image=photo, strength=strength, sampling=sampling())
    oracle = with_template(as_pipeline(diffusers.QwenImageImg2ImgPipeline, oracle), oracle)
    same = {"negative_prompt": "", "true_cfg_scale": 4.0, "width": 64, "height": 64}
    assert_same(
        latents(image_to_image.plan(family, request)),
        unpacked(told(oracle, image=photo, strength=strength, **same), 64, 64),
    )


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_inpainting(models, photo, mask, plain_guidance, monkeypatch, strength: float) -> None:
    likeliest(monkeypatch)
    family, oracle = models("qwen")
    oracle = with_template(as_pipeline(diffusers.QwenImageInpaintPipeline, oracle), oracle)
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=sampling())
    same = {"negative_prompt": "", "true_cfg_scale": 4.0, "width": 64, "height": 64}
    theirs = told(oracle, image=photo, mask_image=mask, strength=strength, **same)
    assert_same(latents(inpainting.plan(family, request)), unpacked(theirs, 64, 64))


def with_template(pipeline, original):
    pipeline.prompt_template_encode_start_idx = original.prompt_template_encode_start_idx
    return pipeline


def test_the_frame_of_the_chat_is_that_of_the_pipeline(models) -> None:
    from pipelines.families.qwen import FRAME

    assert models("qwen").oracle.prompt_template_encode == "{}".join(FRAME)


def test_what_does_not_fit_is_left_out(models) -> None:
    family, _ = models("qwen")
    said = "xqz" * 400
    one, other = (latents(text_to_image.plan(family, a_request(prompt=each))) for each in (said, said + "blue boat"))
    assert torch.equal(one, other)

"""Law 4 for PixArt-Alpha and PixArt-Sigma; diffusers has no pipelines for their other tasks."""

from __future__ import annotations

import pytest
import torch

from pipelines import text_to_image
from pipelines.requests import Sampling, Size, TextToImage
from tests.pipelines.oracles import NEGATIVE, PROMPT, SEEDS, assert_same, decoded, latents, told

KINDS = [{}, {"alpha": True}]


def a_request(**options) -> TextToImage:
    sampling = Sampling(
        **{"steps": 8, "guidance": 4.5, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0]}
        | options.pop("sampling", {})
    )
    base = {"prompt": PROMPT, "size": Size(width=96, height=64), "count": 2, "sampling": sampling}
    return TextToImage(**base | options)


def drawn(oracle, **options) -> torch.Tensor:
    settings = {"width": 96, "height": 64, "use_resolution_binning": False, "clean_caption": False}
    return told(oracle, **settings | options)


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("guidance", [1.0, 4.5])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_text_to_image_two_at_a_time(models, options, negative: str, guidance: float) -> None:
    family, oracle = models("pixart", **options)
    ours = latents(text_to_image.plan(family, a_request(negative=negative, sampling={"guidance": guidance})))
    same = {"negative_prompt": negative, "guidance_scale": guidance}
    assert_same(ours, drawn(oracle, **same))
    torch.testing.assert_close(decoded(family, ours), drawn(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("said", ["A Red House", "red house " * 300])
def test_capital_letters_and_more_words_than_are_read(models, options, said: str) -> None:
    """Sigma reads 300 tokens, Alpha 120; letters are made small first."""
    family, oracle = models("pixart", **options)
    ours = latents(text_to_image.plan(family, a_request(prompt=said)))
    assert_same(ours, drawn(oracle, prompt=said, guidance_scale=4.5))


def test_alpha_is_told_the_size(models) -> None:
    """Its answer changes with what it is told; Sigma's network has no ear for it."""
    for options, told_size in ((KINDS[0], False), (KINDS[1], True)):
        family = models("pixart", **options).family
        assert (family._sizes(torch.zeros(2, 4, 8, 12))["resolution"] is not None) == told_size

"""A tiny autoencoder in place of the model's own, beside diffusers' own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny

from pipelines.loading import load
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from tests.tiny import make_sd_folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    AutoencoderTiny().save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_it_encodes_and_decodes_as_diffusers_does(tmp_path: Path, tiny: Path) -> None:
    family = load(make_sd_folder(tmp_path / "model"), device="cpu", vae=tiny)
    oracle = AutoencoderTiny.from_pretrained(tiny).eval()
    pixels = torch.rand(3, 64, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        latents = oracle.encode(pixels[None]).latents
        right = oracle.decode(latents).sample[0]
    torch.testing.assert_close(family.encode(pixels), latents[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(family.decode(latents[0]), right, atol=1e-5, rtol=1e-5)
    assert family.preview(latents[0]).shape == (3, 8, 6)


def test_pictures_are_made_with_it(tmp_path: Path, tiny: Path) -> None:
    family = load(make_sd_folder(tmp_path / "model"), device="cpu", vae=tiny)
    *_, last = generate(
        family, TextToImage(prompt="a tree", size=Size(width=64, height=64), sampling=Sampling(steps=2, seed=1))
    )
    assert last.image.size == (64, 64)
    assert family.report["vae"] == "tiny"

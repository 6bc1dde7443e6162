"""Tiny models and the diffusers pipelines made of the same parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from tests.tiny import PIPELINES


class Pair(NamedTuple):
    """One model twice: our family, and diffusers' pipeline."""

    family: Any
    oracle: Any


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory):
    """``models(inpainting=…, prediction_type=…)``, ``models("sdxl", …)`` → Pair; each kind is made once."""
    from pipelines.loading import load

    made: dict[tuple[Any, ...], Pair] = {}

    def make(kind: str = "sd", **options: Any) -> Pair:
        key = kind, *sorted(options.items())
        if key not in made:
            oracle = PIPELINES[kind](**options)
            folder = Path(tmp_path_factory.mktemp("model"))
            oracle.save_pretrained(folder)
            made[key] = Pair(load(folder, device="cpu"), oracle)
        return made[key]

    return make


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """A 64x64 picture with detail everywhere: gradients and noise."""
    down, across = np.mgrid[0:64, 0:64]
    channels = [across * 4, down * 4, (across + down) * 2]
    noise = np.random.default_rng(0).integers(0, 24, (64, 64, 3))
    return Image.fromarray((np.stack(channels, -1) * 0.9 + noise).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def mask() -> Image.Image:
    """Repaint a block in the middle, aligned with the latent cells."""
    picture = Image.new("L", (64, 64), 0)
    picture.paste(255, (16, 24, 48, 56))
    return picture

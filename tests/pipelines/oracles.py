"""What the parity tests share: our latents of a plan, diffusers' of a pipeline, and when they are the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

from pipelines.engine.engine import Engine

PROMPT, NEGATIVE = "a red house on the left", "boat"
SEEDS = (7, 8)


def latents(plan: Any) -> torch.Tensor:
    """The last latents of every trajectory."""
    engine, done = Engine(), {}
    for trajectory in plan:
        engine.add(trajectory)
    while engine.live:
        for advance in engine.step():
            if advance.latents is not None:
                done[advance.trajectory] = advance.latents
    return torch.stack([done[trajectory] for trajectory in plan])


def decoded(family: Any, made: torch.Tensor) -> torch.Tensor:
    """Our pixels, in [0, 1] as diffusers gives them."""
    return torch.stack([family.decode(each) for each in made]).clamp(-1, 1) / 2 + 0.5


def generators() -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in SEEDS]


def assert_same(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert float(theirs.std()) > 0.1
    torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-4)


def told(pipeline: Any, **options: Any) -> Any:
    """What a pipeline makes in two pictures of 8 steps, as latents."""
    settings = {
        "num_inference_steps": 8,
        "num_images_per_prompt": 2,
        "generator": generators(),
        "output_type": "latent",
    }
    return pipeline(**{"prompt": PROMPT, **settings, **options}).images


def likeliest(monkeypatch: pytest.MonkeyPatch) -> None:
    """diffusers draws the autoencoder's latents at random; we take the likeliest, and so does the oracle then."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())


def as_pipeline(kind: Any, pipeline: Any, **config: Any) -> Any:
    """The same parts in a pipeline of another class."""
    made = kind(**{**pipeline.components, **config})
    made.set_progress_bar_config(disable=True)
    return made

"""Inpainting as a wrapper around any sampler: keep the known region while the rest is denoised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from pipelines.engine.guidance import answered
from pipelines.engine.samplers import Estimate, Run, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level


def masked(run: Run, original: Tensor, mask: Tensor, noise: Tensor, share_left: Callable[[Level], float]) -> Run:
    """Hold ``original`` latents where ``mask`` is 0 and let the sampler paint where it is 1.

    Between the two a cell is held until no more than that share of the steps is left, as if it had a strength of its
    own (differential diffusion: Levin & Fried 2023, arXiv:2306.00950); ``share_left`` says it of a level.

    Before each estimate the known region is put back at the present level, always with the same ``noise`` (a fresh draw
    each time would jitter what the network sees); after it, the known part of x0 is the original itself, and so is
    the known part of the result.  The first estimate is taken at the trajectory's own start, as it stands.
    """
    started = False

    def ask(estimate: Estimate) -> Run:
        nonlocal started
        x, level = estimate
        free = (mask >= min(share_left(level), 1.0)) * (mask > 0)
        if started:
            x = torch.where(free, x, step_to(level, original, noise))
        started = True
        x0 = yield Estimate(x, level)
        return torch.where(free, x0, original)

    x = yield from answered(run, ask)
    return torch.where(mask > 0, x, original)

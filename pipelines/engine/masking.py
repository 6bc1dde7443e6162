"""Inpainting as a wrapper around any sampler: keep the known region while the rest is denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.engine.guidance import answered
from pipelines.engine.samplers import Estimate, Run, step_to

if TYPE_CHECKING:
    from torch import Tensor


def masked(run: Run, original: Tensor, mask: Tensor, noise: Tensor) -> Run:
    """Hold ``original`` latents where ``mask`` is 0 and let the sampler paint where it is 1.

    Before each estimate the known region is put back at the present level, always with the same ``noise`` (a fresh draw
    each time would jitter what the network sees); after it, the known part of x0 is the original itself, and so is
    the known part of the result.  The first estimate is taken at the trajectory's own start, as it stands.
    """
    started = False

    def ask(estimate: Estimate) -> Run:
        nonlocal started
        x, level = estimate
        if started:
            x = mask * x + (1 - mask) * step_to(level, original, noise)
        started = True
        x0 = yield Estimate(x, level)
        return mask * x0 + (1 - mask) * original

    x = yield from answered(run, ask)
    return mask * x + (1 - mask) * original

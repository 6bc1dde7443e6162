"""Ancestral samplers: the ODE past the next level, then fresh noise back up to it.

With all of the variance fresh (eta 1) a step goes on from ratio r = sigma / alpha past the next ratio r' to r'² / r.
Halfway there, in log(alpha / sigma), lies r' itself, so the second-order rules take their second estimate at the next
level.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, fresh, remaining, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Schedule


def euler_a(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """Euler ancestral; DDIM with eta 1 by another name (Song et al. 2020, arXiv:2010.02502, equation 16)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        x = following.alpha * x0 + following.sigma * kept * epsilon(x, x0, level)
        x = x + fresh(following, kept, noise)
    return x


def dpm2_a(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """DPM-Solver-2 with ancestral noise (k-diffusion's sample_dpm_2_ancestral)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept, slope = remaining(level, following), epsilon(x, x0, level)
        if following.sigma and level.alpha:
            guess = step_to(following, x0, slope)
            x0 = yield Estimate(guess, following)
            change = kept * following.ratio - level.ratio
            x = following.alpha * (x / level.alpha + change * epsilon(guess, x0, following))
        else:
            x = following.alpha * x0 + following.sigma * kept * slope
        x = x + fresh(following, kept, noise)
    return x


def dpmpp_2s_a(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """DPM-Solver++ (2S) with ancestral noise (arXiv:2211.01095, algorithm 1; sample_dpmpp_2s_ancestral)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        if following.sigma:
            x0 = yield Estimate(step_to(following, x0, epsilon(x, x0, level)), following)
        x = following.sigma / level.sigma * kept * x + following.alpha * (1 - kept**2) * x0
        x = x + fresh(following, kept, noise)
    return x

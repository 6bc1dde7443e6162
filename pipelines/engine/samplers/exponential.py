"""Exponential integrators of the ODE: its linear part solved exactly, x0 extrapolated in log(alpha / sigma)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, log_step, remaining

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Schedule


def dpmpp_2m(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """DPM-Solver++ (2M): second order from the estimate before (arXiv:2211.01095, algorithm 2)."""
    last, last_h = None, 0.0
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        data = x0 if last is None or math.isinf(h) else x0 + h / (2 * last_h) * (x0 - last)
        x = following.sigma / level.sigma * x + following.alpha * (1 - kept) * data
        last, last_h = x0, h
    return x


def res_multistep(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """Second-order exponential multistep with the exact weights of RES (Zhang et al. 2023, arXiv:2308.02157)."""
    last, last_h = None, 0.0
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        moved = (1 - kept) * x0
        if last is not None and not math.isinf(h):
            moved = moved + (h - (1 - kept)) / last_h * (x0 - last)  # ∫ exp(τ - h) τ dτ, over the last step's slope
        x = following.sigma / level.sigma * x + following.alpha * moved
        last, last_h = x0, h
    return x

"""Exponential integrators of the ODE: its linear part solved exactly, x0 extrapolated in log(alpha / sigma)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, log_step, remaining

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level, Schedule


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


def unipc(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """UniPC of order 2 with B(h) = exp(h) - 1 (Zhao et al. 2023, arXiv:2302.04867): predict, then correct for free.

    The estimate at the next level, needed there anyway, first corrects the step that led to it.
    """
    before: list[tuple[Tensor, Level]] = []  # estimates at the levels before, latest first
    left = x  # where the step to ``level`` started
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        if before:
            x = unified(left, level, before, x0)
        left, before = x, [(x0, level), *before[:1]]
        x = unified(x, following, before[: 2 if following.sigma else 1])
    return x


def unified(x: Tensor, following: Level, before: list[tuple[Tensor, Level]], arrived: Tensor | None = None) -> Tensor:
    """The step of UniPC from ``x``, at the level of ``before[0]``, to ``following``.

    Its order is the number of estimates ``before``, and one more with the one that was made where it ``arrived``.
    """
    (x0, level), *older = before
    kept = remaining(level, following)
    h = log_step(kept)
    moved = (1 - kept) * x0
    if not math.isinf(h):
        known = [(-log_step(remaining(at, level)) / h, value) for value, at in older if at.alpha]
        known += [] if arrived is None else [(1.0, arrived)]
        for weight, (place, value) in zip(unified_weights(h, [place for place, _ in known]), known, strict=True):
            moved = moved + (1 - kept) * weight / place * (value - x0)
    return following.sigma / level.sigma * x + following.alpha * moved


def unified_weights(h: float, places: list[float]) -> list[float]:
    """What the differences at these places weigh, of up to two: equation 9 of the paper, solved; one alone weighs 1/2.

    ``places`` are in units of the step ``h``: negative for estimates before it, 1 for the one at its end.
    """
    if len(places) < 2:
        return [0.5 for _ in places]
    gone = -math.expm1(-h)
    first = (1 - gone / h) / gone
    second = (1 - 2 * (1 - gone / h) / h) / gone
    before, end = places
    weight = (second - first * before) / (end - before)
    return [first - weight, weight]

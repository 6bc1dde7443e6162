"""Exponential integrators of the reverse SDE: as those of the ODE, with fresh noise at every step.

Over a step of length h in log(alpha / sigma) the SDE keeps exp(-2h) of ``x / alpha`` and takes the rest from x0
(SDE-DPM-Solver++, Lu et al. 2022, arXiv:2211.01095, equation 18).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, fresh, log_step, remaining

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level, Schedule


def dpmpp_sde(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """SDE-DPM-Solver++ (2S): a second estimate halfway.

    Both parts of the step see one Brownian path, so its increments are drawn apart and added; time is sigma / alpha.
    """
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        if not following.sigma or not level.alpha:
            x = drift(x, x0, level, following) + fresh(following, remaining(level, following), noise)
            continue
        halfway = schedule.halfway(level, following)
        first, second = noise(), noise()
        guess = drift(x, x0, level, halfway) + fresh(halfway, remaining(level, halfway), lambda: first)  # noqa: B023
        x0 = yield Estimate(guess, halfway)
        share = (level.ratio - halfway.ratio) / (level.ratio - following.ratio)
        both = math.sqrt(share) * first + math.sqrt(1 - share) * second
        x = drift(x, x0, level, following) + fresh(following, remaining(level, following), lambda: both)  # noqa: B023
    return x


def dpmpp_2m_sde(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """SDE-DPM-Solver++ (2M), midpoint rule: the slope of x0 from the estimate before."""
    last, last_h = None, 0.0
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        data = x0 if last is None or math.isinf(h) else x0 + h / (2 * last_h) * (x0 - last)
        x = drift(x, data, level, following) + fresh(following, kept, noise)
        last, last_h = x0, h
    return x


def dpmpp_2m_sde_heun(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """SDE-DPM-Solver++ (2M) with the exact weight of the slope instead of the midpoint's (k-diffusion's ``heun``)."""
    last, last_h = None, 0.0
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        x = drift(x, x0, level, following)
        if last is not None and not math.isinf(h):
            x = x + following.alpha * phi_2(2 * h) * h / last_h * (x0 - last)
        x = x + fresh(following, kept, noise)
        last, last_h = x0, h
    return x


def dpmpp_3m_sde(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """SDE-DPM-Solver++ (3M): slope and curvature of x0 from the two estimates before (k-diffusion)."""
    last: list[tuple[Tensor, float]] = []  # (x0, h) of the steps before, latest first
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        x = drift(x, x0, level, following)
        if last and not math.isinf(h):
            slope, curve = differences(x0, last, h)
            x = x + following.alpha * phi_2(2 * h) * slope
            if curve is not None:
                x = x - following.alpha * (phi_2(2 * h) / (2 * h) - 0.5) * curve
        x = x + fresh(following, kept, noise)
        last = [(x0, h), *last[:1]]
    return x


def drift(x: Tensor, x0: Tensor, level: Level, following: Level) -> Tensor:
    """The step without its noise."""
    kept = remaining(level, following)
    return following.sigma / level.sigma * kept * x + following.alpha * (1 - kept**2) * x0


def phi_2(h: float) -> float:
    """(exp(-h) - 1) / h + 1: the weight of a slope over an exponential step."""
    return math.expm1(-h) / h + 1


def differences(x0: Tensor, last: list[tuple[Tensor, float]], h: float) -> tuple[Tensor, Tensor | None]:
    """Slope and curvature of x0 over a step of length ``h``, by divided differences of what came before."""
    (before, before_h), *earlier = last
    first = before_h / h
    slope = (x0 - before) / first
    if not earlier or math.isinf(earlier[0][1]):
        return slope, None
    second = earlier[0][1] / h
    older = (before - earlier[0][0]) / second
    bend = (slope - older) / (first + second)
    return slope + first * bend, bend

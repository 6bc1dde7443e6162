"""Exponential integrators of the reverse SDE: as those of the ODE, with fresh noise at every step.

Over a step of length h in log(alpha / sigma) the SDE keeps exp(-h (1 + eta)) of ``x / alpha`` and takes the rest from
x0; ``eta`` 1 is SDE-DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095, equation 18), eta 0 the ODE.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.ancestral import landing
from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, fresh, log_step, remaining

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level, Schedule


def dpmpp_sde(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """SDE-DPM-Solver++ (2S): a second estimate halfway.

    Both parts of the step see one Brownian path, so its increments are drawn apart and added; time is sigma / alpha.
    """
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        if not following.sigma or not level.alpha:
            x = landed(x, x0, level, following, eta)
            x = x + fresh(landing(level, following, eta).up * s_noise, noise)
            continue
        halfway = schedule.halfway(level, following)
        first, second = (noise(), noise()) if eta * s_noise else (0.0, 0.0)
        guess = landed(x, x0, level, halfway, eta) + landing(level, halfway, eta).up * s_noise * first
        x0 = yield Estimate(guess, halfway)
        share = (level.ratio - halfway.ratio) / (level.ratio - following.ratio)
        both = math.sqrt(share) * first + math.sqrt(1 - share) * second
        x = landed(x, x0, level, following, eta) + landing(level, following, eta).up * s_noise * both
    return x


def landed(x: Tensor, x0: Tensor, level: Level, following: Level, eta: float) -> Tensor:
    """The step without its noise, by the ancestral split."""
    down = landing(level, following, eta).down
    return following.alpha * x0 + following.sigma * down * epsilon(x, x0, level)


def dpmpp_2m_sde(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """SDE-DPM-Solver++ (2M), midpoint rule: the slope of x0 from the estimate before."""
    last, last_h = None, 0.0
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        data = x0 if last is None or math.isinf(h) else x0 + h / (2 * last_h) * (x0 - last)
        x = drift(x, data, level, following, eta) + fresh(spread(following, kept, eta) * s_noise, noise)
        last, last_h = x0, h
    return x


def dpmpp_2m_sde_heun(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """SDE-DPM-Solver++ (2M) with the exact weight of the slope instead of the midpoint's (k-diffusion's ``heun``)."""
    last, last_h = None, 0.0
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        x = drift(x, x0, level, following, eta)
        if last is not None and not math.isinf(h):
            x = x + following.alpha * phi_2((1 + eta) * h) * h / last_h * (x0 - last)
        x = x + fresh(spread(following, kept, eta) * s_noise, noise)
        last, last_h = x0, h
    return x


def dpmpp_3m_sde(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """SDE-DPM-Solver++ (3M): slope and curvature of x0 from the two estimates before (k-diffusion)."""
    last: list[tuple[Tensor, float]] = []  # (x0, h) of the steps before, latest first
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        kept = remaining(level, following)
        h = log_step(kept)
        x = drift(x, x0, level, following, eta)
        if last and not math.isinf(h):
            slope, curve = differences(x0, last, h)
            weight = phi_2((1 + eta) * h)
            x = x + following.alpha * weight * slope
            if curve is not None:
                x = x - following.alpha * (weight / ((1 + eta) * h) - 0.5) * curve
        x = x + fresh(spread(following, kept, eta) * s_noise, noise)
        last = [(x0, h), *last[:1]]
    return x


def drift(x: Tensor, x0: Tensor, level: Level, following: Level, eta: float) -> Tensor:
    """The step without its noise."""
    kept = remaining(level, following)
    return following.sigma / level.sigma * kept**eta * x + following.alpha * (1 - kept ** (1 + eta)) * x0


def spread(following: Level, kept: float, eta: float) -> float:
    """How much fresh noise keeps the level's spread; none at the last level."""
    return following.sigma * math.sqrt(1 - kept ** (2 * eta))


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

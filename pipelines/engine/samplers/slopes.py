"""The probability-flow ODE by its slope.

In ``x / alpha`` and with time ``sigma / alpha`` the ODE is dx/dt = epsilon (Karras et al. 2022, arXiv:2206.00364,
equation 4 with s(t) = 1), so rules of order two and more are written there.  From a level without any picture (alpha
0), where that time is infinite, each of them makes an Euler step.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level, Schedule


def euler(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """One slope a step; DDIM with eta 0 by another name (Song et al. 2020, arXiv:2010.02502)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        x = step_to(following, x0, epsilon(x, x0, level))
    return x


def heun(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """Algorithm 1 of Karras et al. 2022: the slope at both ends of the step, averaged; two estimates a step."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        slope = epsilon(x, x0, level)
        guess = step_to(following, x0, slope)
        if not following.sigma or not level.alpha:
            x = guess
            continue
        x0 = yield Estimate(guess, following)
        x = along(x, level, following, (slope + epsilon(guess, x0, following)) / 2)
    return x


def dpm2(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """DPM-Solver-2 (Lu et al. 2022, arXiv:2206.00927, algorithm 1): the slope halfway, in log(alpha / sigma)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        slope = epsilon(x, x0, level)
        if not following.sigma or not level.alpha:
            x = step_to(following, x0, slope)
            continue
        halfway = schedule.halfway(level, following)
        guess = step_to(halfway, x0, slope)
        x0 = yield Estimate(guess, halfway)
        x = along(x, level, following, epsilon(guess, x0, halfway))
    return x


def lms(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """Linear multistep of up to order 4 (Adams-Bashforth on uneven steps): the polynomial through the last slopes."""
    slopes: list[Tensor] = []
    times: list[float] = []
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        slope = epsilon(x, x0, level)
        if not level.alpha:
            x = step_to(following, x0, slope)
            continue
        slopes, times = [slope, *slopes[:3]], [level.ratio, *times[:3]]
        weights = polynomial_weights(times, following.ratio)
        moved = sum(weight * slope for weight, slope in zip(weights, slopes, strict=True))
        x = following.alpha * (x / level.alpha + moved)
    return x


def along(x: Tensor, level: Level, following: Level, slope: Tensor) -> Tensor:
    """A straight step with this slope."""
    return following.alpha * (x / level.alpha + (following.ratio - level.ratio) * slope)


def polynomial_weights(times: list[float], end: float) -> list[float]:
    """∫ from ``times[0]`` to ``end`` of each Lagrange polynomial through ``times``, exactly."""
    weights = []
    for own in times:
        basis = [1.0]  # coefficients of the product, lowest power first
        for other in times:
            if other != own:
                lower = [-other * c for c in basis] + [0.0]
                higher = [0.0, *basis]
                basis = [(a + b) / (own - other) for a, b in zip(lower, higher, strict=True)]
        weights.append(sum(c * (end ** (k + 1) - times[0] ** (k + 1)) / (k + 1) for k, c in enumerate(basis)))
    return weights

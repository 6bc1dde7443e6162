"""The ODE by the slopes of several steps: a polynomial through the last ones is integrated over the next step.

As in ``slopes.py``, dx/dt = epsilon in ``x / alpha`` over ``sigma / alpha``.  A step from a level without any picture,
where that time is infinite, is an Euler step and leaves no slope behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Schedule

Integral = Callable[[Sequence[float], float, float], float]
"""∫ of a polynomial (coefficients, lowest power first), in the rule's own variable, from one time to another."""


def lms(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """Linear multistep of up to order 4: Adams-Bashforth on uneven steps."""
    return adams(x, schedule, IN_TIME)


def deis(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """DEIS-tAB3 (Zhang & Chen 2022, arXiv:2204.13902): the polynomial is one in log(sigma / alpha); order up to 3."""
    return adams(x, schedule, IN_LOG_TIME)


class Rule(NamedTuple):
    """What the polynomial is one in, how it is integrated, of how many slopes, and whether up to no noise at all."""

    variable: Callable[[float], float]
    integral: Integral
    order: int
    to_clean: bool


def adams(x: Tensor, schedule: Schedule, rule: Rule) -> Run:
    """Adams-Bashforth on uneven steps; an Euler step where the rule cannot go."""
    slopes: list[Tensor] = []
    times: list[float] = []
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        slope = epsilon(x, x0, level)
        if not level.alpha or not (following.sigma or rule.to_clean):
            x = step_to(following, x0, slope)
            continue
        slopes, times = [slope, *slopes[: rule.order - 1]], [level.ratio, *times[: rule.order - 1]]
        places = [rule.variable(time) for time in times]
        weights = [rule.integral(basis, times[0], following.ratio) for basis in lagrange(places)]
        moved = sum(weight * slope for weight, slope in zip(weights, slopes, strict=True))
        x = following.alpha * (x / level.alpha + moved)
    return x


def lagrange(places: Sequence[float]) -> list[list[float]]:
    """For each place the polynomial that is 1 there and 0 at the others, as coefficients, lowest power first."""
    polynomials = []
    for own in places:
        basis = [1.0]
        for other in places:
            if other != own:
                lower = [-other * c for c in basis] + [0.0]
                higher = [0.0, *basis]
                basis = [(a + b) / (own - other) for a, b in zip(lower, higher, strict=True)]
        polynomials.append(basis)
    return polynomials


def _in_time(polynomial: Sequence[float], start: float, end: float) -> float:
    return sum(c * (end ** (k + 1) - start ** (k + 1)) / (k + 1) for k, c in enumerate(polynomial))


def _in_log_time(polynomial: Sequence[float], start: float, end: float) -> float:
    """∫ p(log t) dt = t (p - p' + p'' - …)(log t)."""
    alternating, derivative, sign = [0.0] * len(polynomial), list(polynomial), 1
    while derivative:
        for k, c in enumerate(derivative):
            alternating[k] += sign * c
        derivative, sign = [k * c for k, c in enumerate(derivative)][1:], -sign

    def antiderivative(time: float) -> float:
        return time * sum(c * math.log(time) ** k for k, c in enumerate(alternating))

    return antiderivative(end) - antiderivative(start)


IN_TIME = Rule(lambda time: time, _in_time, order=4, to_clean=True)
IN_LOG_TIME = Rule(math.log, _in_log_time, order=3, to_clean=False)

"""The probability-flow ODE by its slope.

In ``x / alpha`` and with time ``sigma / alpha`` the ODE is dx/dt = epsilon (Karras et al. 2022, arXiv:2206.00364,
equation 4 with s(t) = 1), so rules of order two and more are written there.  From a level without any picture (alpha
0), where that time is infinite, each of them makes an Euler step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level, Schedule


class Churn:
    """A little noise put back before each step, so that a run forgives its errors (Karras et al. 2022, algorithm 2).

    ``s_churn`` over all steps together, between the noise levels ``s_tmin`` and ``s_tmax`` (sigma / alpha), its spread
    times ``s_noise``.
    """

    def __init__(
        self, schedule: Schedule, noise: Draw, s_churn: float, s_tmin: float, s_tmax: float, s_noise: float
    ) -> None:
        self.schedule, self.noise = schedule, noise
        self.gamma = min(s_churn / schedule.steps, math.sqrt(2) - 1)
        self.least, self.most, self.s_noise = s_tmin, s_tmax, s_noise

    def __call__(self, x: Tensor, level: Level) -> tuple[Tensor, Level]:
        """``x`` and its level after the churn."""
        if not self.gamma or not level.alpha or not self.least <= level.ratio <= self.most:
            return x, level
        higher = self.schedule.path.at_ratio(level.ratio * (1 + self.gamma))
        spread = math.sqrt(higher.ratio**2 - level.ratio**2) * self.s_noise
        return higher.alpha * (x / level.alpha + spread * self.noise()), higher


Step = Callable[["Tensor", "Level", "Level", "Schedule"], Run]
"""One step, from ``x`` at a level to the level that follows."""


def churning(step: Step) -> Callable[..., Run]:
    """The sampler that makes this step again and again, each time after a little churn if it is asked for."""

    def run(
        x: Tensor,
        schedule: Schedule,
        noise: Draw,
        s_churn: float = 0.0,
        s_tmin: float = 0.0,
        s_tmax: float = math.inf,
        s_noise: float = 1.0,
    ) -> Run:
        churned = Churn(schedule, noise, s_churn, s_tmin, s_tmax, s_noise)
        for start, following in pairwise(schedule):
            x, level = churned(x, start)
            x = yield from step(x, level, following, schedule)
        return x

    return run


def euler_step(x: Tensor, level: Level, following: Level, schedule: Schedule) -> Run:
    """One slope a step."""
    x0 = yield Estimate(x, level)
    return step_to(following, x0, epsilon(x, x0, level))


def heun_step(x: Tensor, level: Level, following: Level, schedule: Schedule) -> Run:
    """Algorithm 1 of Karras et al. 2022: the slope at both ends of the step, averaged; two estimates a step."""
    x0 = yield Estimate(x, level)
    slope = epsilon(x, x0, level)
    guess = step_to(following, x0, slope)
    if not following.sigma or not level.alpha:
        return guess
    x0 = yield Estimate(guess, following)
    return along(x, level, following, (slope + epsilon(guess, x0, following)) / 2)


def dpm2_step(x: Tensor, level: Level, following: Level, schedule: Schedule) -> Run:
    """DPM-Solver-2 (Lu et al. 2022, arXiv:2206.00927, algorithm 1): the slope halfway, in log(alpha / sigma)."""
    x0 = yield Estimate(x, level)
    slope = epsilon(x, x0, level)
    if not following.sigma or not level.alpha:
        return step_to(following, x0, slope)
    halfway = schedule.halfway(level, following)
    guess = step_to(halfway, x0, slope)
    x0 = yield Estimate(guess, halfway)
    return along(x, level, following, epsilon(guess, x0, halfway))


euler, heun, dpm2 = churning(euler_step), churning(heun_step), churning(dpm2_step)


def restart(x: Tensor, schedule: Schedule, noise: Draw, s_noise: float = 1.0) -> Run:
    """Heun, and once it is nearly done, back up into the noise and down again (Xu et al. 2023, arXiv:2306.14878).

    The noise that is added forgets errors made so far; the way down again costs a quarter of the steps once more.
    """
    top = schedule.path.at_ratio(min(RESTART_FROM, schedule.levels[0].ratio))
    turned = False
    for level, following in pairwise(schedule):
        if not turned and level.ratio <= RESTART_AT:
            turned = True
            spread = math.sqrt(top.ratio**2 - level.ratio**2) * s_noise
            x = top.alpha * (x / level.alpha + spread * noise())
            down = [top, *_evenly_down(schedule, top, level, max(schedule.steps // 4, 1))]
            for high, low in pairwise(down):
                x = yield from heun_step(x, high, low, schedule)
        x = yield from heun_step(x, level, following, schedule)
    return x


RESTART_AT, RESTART_FROM = 0.1, 2.0
"""The interval of the restart in sigma / alpha: what the paper uses for Stable Diffusion, in its first interval."""


def _evenly_down(schedule: Schedule, top: Level, bottom: Level, steps: int) -> list[Level]:
    """Levels after ``top`` down to ``bottom``, even in log(sigma / alpha)."""
    shares = (i / steps for i in range(1, steps))
    between = [schedule.path.at_ratio(top.ratio ** (1 - share) * bottom.ratio**share) for share in shares]
    return [*between, bottom]


def along(x: Tensor, level: Level, following: Level, slope: Tensor) -> Tensor:
    """A straight step with this slope."""
    return following.alpha * (x / level.alpha + (following.ratio - level.ratio) * slope)

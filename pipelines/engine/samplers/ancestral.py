"""Ancestral samplers: the ODE past the next level, then fresh noise back up to it.

``eta`` says how much of the noise that the reverse SDE would exchange is fresh: 0 none (the ODE), 1 all of it.  In
sigma / alpha a step from r to r' goes on to sqrt(r'² - up²), up = eta · r' · sqrt(1 - (r' / r)²).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, fresh, remaining, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level, Schedule


class Landing(NamedTuple):
    """Where a step lands before the fresh noise, as a share of the next level's sigma, and how much noise follows."""

    down: float
    up: float


def landing(level: Level, following: Level, eta: float) -> Landing:
    """The split of the next level's noise into kept and fresh; with eta 1, ``down`` is ``remaining`` itself."""
    share = min(eta * math.sqrt(1 - remaining(level, following) ** 2), 1.0)
    down = remaining(level, following) if eta == 1 else math.sqrt(1 - share**2)
    return Landing(down, following.sigma * share)


def euler_a(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """Euler ancestral: one slope a step. DDIM by another name (Song et al. 2020, arXiv:2010.02502, equation 16)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        down, up = landing(level, following, eta)
        x = following.alpha * x0 + following.sigma * down * epsilon(x, x0, level)
        x = x + fresh(up * s_noise, noise)
    return x


def ddim(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 0.0, s_noise: float = 1.0) -> Run:
    """DDIM (Song et al. 2020): without fresh noise unless asked for; with eta 0 it is Euler."""
    return euler_a(x, schedule, noise, eta, s_noise)


def ddpm(x: Tensor, schedule: Schedule, noise: Draw) -> Run:
    """DDPM (Ho et al. 2020, arXiv:2006.11239) on any number of steps: DDIM with eta 1."""
    return euler_a(x, schedule, noise)


def dpm2_a(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """DPM-Solver-2 with ancestral noise (k-diffusion's sample_dpm_2_ancestral)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        (down, up), slope = landing(level, following, eta), epsilon(x, x0, level)
        if following.sigma and level.alpha:
            halfway = middle(schedule, level, following, down)
            guess = step_to(halfway, x0, slope)
            x0 = yield Estimate(guess, halfway)
            change = down * following.ratio - level.ratio
            x = following.alpha * (x / level.alpha + change * epsilon(guess, x0, halfway))
        else:
            x = following.alpha * x0 + following.sigma * down * slope
        x = x + fresh(up * s_noise, noise)
    return x


def dpmpp_2s_a(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 1.0, s_noise: float = 1.0) -> Run:
    """DPM-Solver++ (2S) with ancestral noise (arXiv:2211.01095, algorithm 1; sample_dpmpp_2s_ancestral)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        down, up = landing(level, following, eta)
        if following.sigma:
            halfway = middle(schedule, level, following, down)
            x0 = yield Estimate(step_to(halfway, x0, epsilon(x, x0, level)), halfway)
        share = down * remaining(level, following)  # of x / alpha's noise that is left when the step has landed
        x = following.sigma / level.sigma * down * x + following.alpha * (1 - share) * x0
        x = x + fresh(up * s_noise, noise)
    return x


def middle(schedule: Schedule, level: Level, following: Level, down: float) -> Level:
    """The level halfway, in log(alpha / sigma), to where the step lands: with eta 1 that is the next level itself.

    So it is where the step begins without any picture, infinitely far up.
    """
    if not level.alpha or down == remaining(level, following):
        return following
    return schedule.path.at_ratio(math.sqrt(level.ratio * down * following.ratio))

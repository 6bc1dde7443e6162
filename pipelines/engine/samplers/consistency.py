"""Samplers of consistency models, which were trained to say in one step where the path ends.

Each step believes the estimate, and goes back into the noise as far as the next level.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, fresh, step_to

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Schedule


def lcm(x: Tensor, schedule: Schedule, noise: Draw, s_noise: float = 1.0) -> Run:
    """Multistep consistency sampling (Song et al. 2023, arXiv:2303.01469, algorithm 1; LCM, arXiv:2310.04378)."""
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        x = following.alpha * x0 + fresh(following.sigma * s_noise, noise)
    return x


def tcd(x: Tensor, schedule: Schedule, noise: Draw, eta: float = 0.3, s_noise: float = 1.0) -> Run:
    """Strategic stochastic sampling (Zheng et al. 2024, arXiv:2402.19159, algorithm 4); ``eta`` is the paper's gamma.

    Each step walks on past the next level, to (1 - eta) of its timestep, and returns with fresh noise.
    """
    for level, following in pairwise(schedule):
        x0 = yield Estimate(x, level)
        if not following.sigma:
            return x0
        beyond = schedule.path.at_timestep(math.floor((1 - eta) * following.timestep)) if eta else following
        x = following.alpha / beyond.alpha * step_to(beyond, x0, epsilon(x, x0, level))
        spread = math.sqrt(max(following.sigma**2 - (following.alpha / beyond.alpha * beyond.sigma) ** 2, 0.0))
        x = x + fresh(spread * s_noise, noise)
    return x

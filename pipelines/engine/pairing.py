"""Which samplers and spacings do not go together on a model, in a sentence each.

What is refused was found by running every pair on data whose answer is known (``tests/pipelines/engine``): those pairs
end far from it at usual numbers of steps.
"""

from __future__ import annotations

import math
from itertools import pairwise

from pipelines.engine.samplers import Sampler
from pipelines.engine.schedule import FlowPath, Path, Schedule
from pipelines.engine.spacings import Spacing

LEAP = 4.0
"""How many times longer than the step before it, in log(alpha / sigma), a step is too long to extrapolate over."""


def misfit(sampler: Sampler, spacing: Spacing, path: Path, schedule: Schedule) -> str | None:
    """Why this pair is refused on this path, and what to choose instead; None where it is sound."""
    if spacing.diffusion_only and isinstance(path, FlowPath):
        return (
            f"{spacing.label} spacing was made for diffusion models, but this model matches flows: "
            "choose Automatic, Uniform or Beta."
        )
    if sampler.extrapolates and leaps(schedule):
        return (
            f"{sampler.label} would overshoot in the long last step of {spacing.label} spacing: "
            "choose Karras, Exponential or Automatic."
        )
    return None


def leaps(schedule: Schedule) -> bool:
    """Whether some step is so much longer than the one before it that a rule that extrapolates overshoots there."""
    noisy = [level for level in schedule if level.alpha and level.sigma]
    steps = [math.log(level.ratio / following.ratio) for level, following in pairwise(noisy)]
    return any(step > LEAP * before for before, step in pairwise(steps))

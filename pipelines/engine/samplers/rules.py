"""The words that samplers are written in."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level

Run = Generator["Estimate", "Tensor", "Tensor"]
Draw = Callable[[], "Tensor"]


class Estimate(NamedTuple):
    """The question a sampler asks: what is x0, given ``x`` at this level?"""

    x: Tensor
    level: Level


def epsilon(x: Tensor, x0: Tensor, level: Level) -> Tensor:
    """The noise in ``x`` if ``x0`` is the picture in it."""
    return (x - level.alpha * x0) / level.sigma


def step_to(level: Level, x0: Tensor, noise: Tensor) -> Tensor:
    """The point of the path at ``level`` between this picture and this noise."""
    return level.alpha * x0 + level.sigma * noise


def remaining(level: Level, following: Level) -> float:
    """exp(-h), h the step in log(alpha / sigma): the share of sigma / alpha that is left after the step, 0 to 1."""
    return following.sigma * level.alpha / (following.alpha * level.sigma)


def log_step(kept: float) -> float:
    """h, from exp(-h); infinite where the step starts without any picture or ends without any noise."""
    return -math.log(kept) if kept else math.inf


def fresh(spread: float, noise: Draw) -> Tensor | float:
    """Fresh noise of this spread; none is drawn where there is none to add."""
    return spread * noise() if spread else 0.0

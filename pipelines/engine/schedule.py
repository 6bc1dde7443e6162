"""Levels of the noising path, and the schedule of one run through them.

A *path* holds what the model was trained on; a *spacing* (``spacings.py``) is the user's choice of where to put the
steps on it; a *schedule* is built from both, afresh for each run.  Everything here is Python floats in double
precision: printable, exact, no device.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple, Protocol


class Level(NamedTuple):
    """One point of the path ``x = alpha * x0 + sigma * noise``, and the timestep the network knows it by."""

    alpha: float
    sigma: float
    timestep: float

    @property
    def ratio(self) -> float:
        """sigma / alpha: how much noise there is to the picture; infinite where there is no picture."""
        return self.sigma / self.alpha if self.alpha else math.inf


CLEAN = Level(1.0, 0.0, 0.0)


class Path(Protocol):
    """A noising path as a model was trained on it."""

    @property
    def noise_range(self) -> tuple[float, float]:
        """Least and most noise, in the path's own measure of noise."""

    @property
    def first_timestep(self) -> float:
        """The timestep of the least noisy level."""

    @property
    def last_timestep(self) -> float:
        """The timestep of the noisiest level."""

    def at_timestep(self, timestep: float) -> Level:
        """The level the network knows by this timestep."""

    def at_noise(self, noise: float) -> Level:
        """The level with this much noise, in the path's own measure."""

    def at_ratio(self, ratio: float) -> Level:
        """The level with this sigma / alpha."""

    def uniform(self, steps: int) -> list[float]:
        """Timesteps at the even distances the model was published with, noisiest first."""

    def shifted(self, cells: int, shift: float | None, steps: int = 0) -> Path:
        """This path for latents of so many cells and so many steps, with the user's own ``shift`` if there is one.

        ValueError where a path cannot be shifted.
        """


@dataclass(frozen=True)
class DiffusionPath:
    """alpha² + sigma² = 1 over a table of cumulative alphas (Ho et al. 2020, arXiv:2006.11239).

    Its measure of noise is sigma / alpha, in which Karras et al. (2022, arXiv:2206.00364) place their levels.
    """

    alphas_cumprod: tuple[float, ...]
    even: Literal["leading", "trailing", "linspace"] = "leading"
    offset: int = 0

    first_timestep: ClassVar[float] = 0.0

    @cached_property
    def _noises(self) -> tuple[float, ...]:
        return tuple(math.sqrt((1 - a) / a) for a in self.alphas_cumprod)

    @property
    def noise_range(self) -> tuple[float, float]:
        return self._noises[0], self._noises[-1]

    @property
    def last_timestep(self) -> float:
        return len(self.alphas_cumprod) - 1

    def at_timestep(self, timestep: float) -> Level:
        below = min(int(timestep), len(self._noises) - 2)
        share = timestep - below
        return self._level((1 - share) * self._noises[below] + share * self._noises[below + 1], timestep)

    def at_noise(self, noise: float) -> Level:
        above = min(max(bisect_left(self._noises, noise), 1), len(self._noises) - 1)
        low, high = math.log(self._noises[above - 1]), math.log(self._noises[above])
        share = (math.log(noise) - low) / (high - low)
        return self._level(noise, above - 1 + min(max(share, 0.0), 1.0))

    at_ratio = at_noise

    def uniform(self, steps: int) -> list[float]:
        count = len(self.alphas_cumprod)
        if self.even == "leading":
            stride = count // steps if 2 * steps <= count else count / steps  # whole, as published, where it can be
            offset = min(self.offset, count - 1 - round((steps - 1) * stride))
            return [float(round(i * stride) + offset) for i in reversed(range(steps))]
        if self.even == "trailing":
            return [float(round(count - i * count / steps) - 1) for i in range(steps)]
        return [(count - 1) * (1 - i / max(steps - 1, 1)) for i in range(steps)]

    def shifted(self, cells: int, shift: float | None, steps: int = 0) -> DiffusionPath:
        if shift is not None:
            raise ValueError("only models that match flows have a shift")
        return self

    @staticmethod
    def _level(noise: float, timestep: float) -> Level:
        alpha = 1 / math.sqrt(1 + noise * noise)
        return Level(alpha, noise * alpha, timestep)


class Growth(NamedTuple):
    """How the shift of a flow grows with the picture: log(shift) at two numbers of tokens, a straight line between."""

    tokens: tuple[int, int] = (256, 4096)
    logs: tuple[float, float] = (0.5, 1.15)
    cells_a_token: int = 4  # latent cells, 2 x 2 of them for most networks

    def shift(self, cells: int, steps: int) -> float:
        """The shift for latents of so many cells."""
        (few, many), (low, high) = self.tokens, self.logs
        return math.exp(low + (high - low) * (cells / self.cells_a_token - few) / (many - few))


class Settling(NamedTuple):
    """How the shift of Flux.2 grows with the picture, and the more so the fewer steps there are, as published.

    log(shift) is a line over the tokens at 10 steps and another at 200, and in between them for other numbers; beyond
    4300 tokens it is the second alone.
    """

    cells_a_token: int = 1

    def shift(self, cells: int, steps: int) -> float:
        """The shift for latents of so many cells, and so many steps."""
        tokens = cells / self.cells_a_token
        at_200 = 0.00016927 * tokens + 0.45666666
        if tokens > 4300:
            return math.exp(at_200)
        at_10 = 8.73809524e-05 * tokens + 1.89833333
        return math.exp(at_200 + (at_200 - at_10) / 190 * (steps - 200))


@dataclass(frozen=True)
class FlowPath:
    """alpha = 1 - sigma (Lipman et al. 2022, arXiv:2210.02747), pushed towards noise by ``shift``.

    Larger pictures need more noise to hide what they show (Esser et al. 2024, arXiv:2403.03206, section 5.3.2), so
    some models let the shift grow with the picture.  Timesteps run from 0 to 1000; its measure of noise is sigma.
    ``even``: whether even timesteps end one stride before 0, or at the least noise the model was trained on, to be
    shifted once more (SD3).  ``terminal``: the noise of the last of them, to which all are stretched; 0 leaves them.
    """

    shift: float = 1.0
    growth: Growth | Settling | None = None
    even: Literal["trailing", "linspace"] = "trailing"
    terminal: float = 0.0

    noise_range: ClassVar[tuple[float, float]] = (0.001, 1.0)
    first_timestep: ClassVar[float] = 1.0
    last_timestep: ClassVar[float] = 1000.0

    def at_timestep(self, timestep: float) -> Level:
        time = timestep / 1000
        return self.at_noise(self.shift * time / (1 + (self.shift - 1) * time))

    def at_noise(self, noise: float) -> Level:
        return Level(1 - noise, noise, 1000 * noise)

    def at_ratio(self, ratio: float) -> Level:
        return self.at_noise(ratio / (1 + ratio))

    def uniform(self, steps: int) -> list[float]:
        if self.even == "trailing":
            return self._stretched([1000 * (1 - i / steps) for i in range(steps)])
        least = self.at_timestep(self.first_timestep).timestep
        return [1000 - (1000 - least) * i / max(steps - 1, 1) for i in range(steps)]

    def _stretched(self, timesteps: list[float]) -> list[float]:
        """Timesteps whose last is at the terminal noise, with the same proportions between what is left of noise."""
        last = self.at_timestep(timesteps[-1]).sigma
        if not self.terminal or last == 1:
            return timesteps
        stretch = (1 - self.terminal) / (1 - last)
        noises = (1 - (1 - self.at_timestep(timestep).sigma) * stretch for timestep in timesteps)
        return [1000 * noise / (self.shift - (self.shift - 1) * noise) for noise in noises]

    def shifted(self, cells: int, shift: float | None, steps: int = 0) -> FlowPath:
        if shift is None:
            shift = self.growth.shift(cells, steps) if self.growth else self.shift
        return replace(self, shift=shift, growth=None)


@dataclass(frozen=True)
class Schedule:
    """The levels of one run, noisiest first, steps + 1 of them; the last is without noise."""

    levels: tuple[Level, ...]
    path: Path

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def steps(self) -> int:
        """How many steps lead through the levels."""
        return len(self.levels) - 1

    def step_of(self, level: Level) -> int:
        """The number, from 1, of the step that ``level`` belongs to: one of the levels, or one between two of them."""
        return max(1, bisect_right(self._falling, -level.ratio))

    @cached_property
    def _falling(self) -> list[float]:
        """Minus the ratios, for bisection."""
        return [-level.ratio for level in self.levels]

    def share_left(self, level: Level) -> float:
        """The share of the steps that is not yet done where ``level`` is asked about: 1 in the first step."""
        return 1 - (self.step_of(level) - 1) / self.steps

    def halfway(self, level: Level, following: Level) -> Level:
        """The level of the path in the middle between two, in log(alpha / sigma)."""
        return self.path.at_ratio(math.sqrt(level.ratio * following.ratio))


def zero_terminal_snr(alphas_cumprod: Sequence[float]) -> tuple[float, ...]:
    """Rescale so that the last level holds no picture at all (Lin et al. 2023, arXiv:2305.08891, algorithm 1).

    The last value is 2**-24 rather than 0, as in diffusers, so that sigma / alpha stays finite.
    """
    roots = [math.sqrt(a) for a in alphas_cumprod]
    first, last = roots[0], roots[-1]
    rescaled = [((root - last) * first / (first - last)) ** 2 for root in roots]
    return (*rescaled[:-1], 2.0**-24)


def start_at(schedule: Schedule, strength: float) -> Schedule:
    """The last ``strength`` part of a schedule: at least one step of it, counted as diffusers counts (rounded down)."""
    return last_steps(schedule, max(int(schedule.steps * strength), 1))


def last_steps(schedule: Schedule, steps: int) -> Schedule:
    """The last so many steps of a schedule."""
    return replace(schedule, levels=schedule.levels[schedule.steps - min(steps, schedule.steps) :])

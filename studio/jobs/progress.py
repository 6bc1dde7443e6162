"""How far a run of several pictures is, and how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


class Progress:
    """Counts the steps of all pictures of a run together.

    ``steps`` of each picture are a guess until one says how many there really are: strength shortens a run.

    Pictures that share a network call report in a burst.  The pace is therefore measured between rounds: one ends when
    a picture of it reports again.
    """

    def __init__(self, steps: Sequence[int], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = [0] * len(steps)
        self._wished = steps
        self._real: dict[int, int] = {}
        self._share = 1.0
        self._round: set[int] = set()
        self._heard = 0.0
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None

    @property
    def step(self) -> int:
        """Steps behind us, over all pictures."""
        return sum(self._at)

    @property
    def steps(self) -> int:
        """Steps of all pictures."""
        guessed = (round(steps * self._share) for place, steps in enumerate(self._wished) if place not in self._real)
        return sum(self._real.values()) + sum(guessed)

    def advance(self, index: int, step: int, steps: int) -> None:
        """Picture ``index`` has ``step`` of ``steps`` behind it."""
        if index in self._round:
            self._end_round()
        self._round.add(index)
        self._real[index] = steps
        self._share = steps / self._wished[index]
        self._at[index] = step
        self._heard = self._clock()

    def _end_round(self) -> None:
        self._round.clear()
        self._last = self._heard, self.step
        if self._first is None:
            self._first = self._last

    @property
    def seconds_left(self) -> float | None:
        """From the pace since the first round, when loading and encoding were over; None before there is a second."""
        if self._first is None or self._last is None or self._last == self._first:
            return None
        (began, first), (now, step) = self._first, self._last
        pace = (now - began) / max(step - first, 1)
        return max(0.0, pace * (self.steps - step) - (self._clock() - now))

"""One run on one engine, with an eye on the clock: what is done where it does not answer."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from types import NoneType
from typing import Any

from studio.workers.messages import Cancel, Finished, Refused
from studio.workers.process import Process

LAST = (Finished, Refused, NoneType)
"""What the events of a run end with; None is the death of the engine."""

SILENCE = object()
"""Nothing came for a while."""

TICK = 0.05
SOON = 0.25
"""Seconds beyond its slowest step that an engine has to stop before its run is told to be over without it."""

LONGEST = 10.0
"""Seconds that a stop takes at most, however slow the steps are."""

DEAF = 5.0
"""Seconds beyond its slowest step that an engine has to stop before it is ended."""


class Turn:
    """``loading()``: whether a model is just being loaded.  ``patience``: seconds without an event, or a byte read
    while the model loads, after which the engine hangs and is ended."""

    def __init__(
        self, process: Process, events: queue.SimpleQueue[Any], loading: Callable[[], bool], patience: float
    ) -> None:
        self.process = process
        self.last: Any = SILENCE
        self._events = events
        self._loading = loading
        self._patience = patience
        self._heard = time.monotonic()
        self._slowest: float | None = None
        self._told: float | None = None
        self._appetite: tuple[int, ...] = ()

    @property
    def over(self) -> bool:
        """Whether its last event has come."""
        return isinstance(self.last, LAST)

    def next(self) -> Any:
        """The next event, or SILENCE."""
        try:
            self.last = self._events.get(timeout=TICK)
        except queue.Empty:
            self._look()
            return SILENCE
        now = time.monotonic()
        self._slowest = 0.0 if self._slowest is None else max(self._slowest, now - self._heard)
        self._heard = now
        return self.last

    def _look(self) -> None:
        """End an engine that has done nothing for too long."""
        if self._loading() and (appetite := self.process.appetite()) != self._appetite:
            self._appetite, self._heard = appetite, time.monotonic()
        if time.monotonic() - self._heard > self._patience:
            self.process.kill(f"did nothing for {self._patience:g} seconds and was ended")

    def overdue(self, run: str) -> bool:
        """Tell the engine to stop, if it has not been told; whether it has had its time since."""
        now = time.monotonic()
        if self._told is None:
            self._told = now
            self.process.send(Cancel(run))
        return now - self._told > min((self._slowest or 0.0) + SOON, LONGEST)

    def finish(self) -> None:
        """Let an engine that was told to stop come to its end; one that does not listen is ended.

        A model that is loading may go on loading: the next run needs it.
        """
        began = time.monotonic()
        while not self.over:
            self.next()
            began = time.monotonic() if self._loading() else began
            if time.monotonic() - began > (self._slowest or 0.0) + DEAF:
                self.process.kill("did not stop when it was told to and was ended")

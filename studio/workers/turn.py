"""One run on an engine, with an eye on the clock: what is done where that does not answer."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from types import NoneType
from typing import Any

from studio.workers.messages import Cancel, Finished, Model, Refused
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
    """One run on a ``process``, with the ``model`` that it needs.

    ``loading()``: whether a model is just being loaded.  ``patience``: seconds without an event, or a byte read while
    the model loads, after which the engine hangs and is ended.

    ``alone``: whether no other run was in the engine when it died.  ``left``: nobody waits for this run any more.
    """

    def __init__(self, run: str, model: Model, process: Process, loading: Callable[[], bool], patience: float) -> None:
        self.run = run
        self.model = model
        self.process = process
        self.last: Any = SILENCE
        self.alone = True
        self.left = False
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
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

    def hear(self, message: Any) -> None:
        """Whatever the engine tells of any run is a sign of life; what is about this one is kept for ``next``.

        Called in the process's reader thread, with None at its death.
        """
        now = time.monotonic()
        self._slowest = 0.0 if self._slowest is None else max(self._slowest, now - self._heard)
        self._heard = now
        if message is None or message.run == self.run:
            self._events.put(message)

    def next(self) -> Any:
        """The next event, or SILENCE."""
        try:
            self.last = self._events.get(timeout=TICK)
        except queue.Empty:
            self._look()
            return SILENCE
        return self.last

    def _look(self) -> None:
        """End an engine that has done nothing for too long."""
        if self._loading() and (appetite := self.process.appetite()) != self._appetite:
            self._appetite, self._heard = appetite, time.monotonic()
        if time.monotonic() - self._heard > self._patience:
            self.process.kill(f"did nothing for {self._patience:g} seconds and was ended")

    def overdue(self) -> bool:
        """Tell the engine to stop this run, if it has not been told; whether it has had its time since.

        One that loads has none: it does not hear before it is done.
        """
        now = time.monotonic()
        if self._told is None:
            self._told = now
            self.process.send(Cancel(self.run))
        return self._loading() or now - self._told > min((self._slowest or 0.0) + SOON, LONGEST)

    def finish(self, needed: Callable[[], bool], given_up: Callable[[], bool]) -> None:
        """Let an engine that was told to stop come to this run's end; one that does not listen is ended.

        ``needed()``: whether the engine works for others too; then it is left to them.  ``given_up()``: whether it was
        ended because it loads a model that nobody waits for; until then a model that is loading may go on.
        """
        began = time.monotonic()
        while not self.over and not given_up():
            self.next()
            began = time.monotonic() if self._loading() or needed() else began
            if time.monotonic() - began > (self._slowest or 0.0) + DEAF:
                self.process.kill("did not stop when it was told to and was ended")

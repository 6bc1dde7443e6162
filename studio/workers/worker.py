"""What the jobs see of the engine: run a request, cancel it, ask how it is."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any, Literal

from pipelines.errors import StudioError
from pipelines.requests import Request
from studio.workers.messages import (
    Cancel,
    EngineLost,
    Finished,
    Loading,
    Made,
    Model,
    Prepare,
    Preview,
    Progress,
    Ready,
    Refused,
    Run,
    Unready,
)
from studio.workers.process import Process

LAST = (Finished, Refused, NoneType)
"""What the events of a run end with; None is the death of the engine."""

State = Literal["loading", "ready", "failed"]


CLOSING = "The studio was closed before this was done: start it and try again."


@dataclass(frozen=True)
class Status:
    """How the engine is.  ``message``: why it failed.  ``on``: device, precision, attention, once a model is loaded."""

    state: State = "loading"
    message: str | None = None
    on: Mapping[str, str] = field(default_factory=dict)


class Worker:
    """One engine in a child process; when that dies, the run fails and a new one takes its place.

    ``load`` and ``generate`` name the functions that the child works with.
    """

    def __init__(
        self,
        *,
        device: str = "auto",
        attention: str = "auto",
        load: str = "pipelines.loading:load",
        generate: str = "pipelines.run:generate",
    ) -> None:
        self.device = device
        self.attention = attention
        self.status = Status()
        self._functions = (load, generate)
        self._process: Process | None = None
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process id of the engine, if it has been started."""
        return self._process.pid if self._process else None

    def start(self, folder: Path) -> None:
        """Start the engine and let it load a model; returns at once."""
        self._living().send(Prepare(self._model(folder)))

    def run(self, run: str, request: Request, folder: Path) -> Generator[Progress | Preview | Made]:
        """Make the pictures of ``request``, telling how it goes; a cancelled run just ends.

        Closing the iterator cancels.  StudioError with the reason where it fails; EngineLost where the engine died.
        """
        process = self._living()
        events = self._events
        process.send(Run(run, request, self._model(folder)))
        event: Any = run
        try:
            while not isinstance(event := events.get(), LAST):
                yield event
        finally:
            if not isinstance(event, LAST):
                process.send(Cancel(run))
                while not isinstance(events.get(), LAST):
                    pass
        if isinstance(event, Refused):
            raise StudioError(event.sentence)
        if event is None:
            self._replace(process, folder)

    def cancel(self, run: str) -> None:
        """Let that run stop before its next step."""
        if self._process:
            self._process.send(Cancel(run))

    def close(self) -> None:
        """End the engine; a run under way is lost."""
        with self._lock:
            self._closed = True
            process = self._process
        if process:
            process.close()

    def _model(self, folder: Path) -> Model:
        return Model(folder, self.device, self.attention)

    def _living(self) -> Process:
        """The engine's process, a new one where there is none or it has died."""
        with self._lock:
            if self._closed:
                raise EngineLost(CLOSING)
            if self._process is None or not self._process.alive:
                events = self._events = queue.SimpleQueue()
                self.status = Status()
                self._process = Process(*self._functions, lambda message: self._hear(message, events))
            return self._process

    def _replace(self, process: Process, folder: Path) -> None:
        """After a death in the middle of a run: load anew behind the page, and say what happened."""
        if self._closed:
            raise EngineLost(CLOSING)
        self.start(folder)
        raise EngineLost(f"The engine {process.how_it_ended()}; it has been started again, so try once more.")

    def _hear(self, message: Any, events: queue.SimpleQueue[Any]) -> None:
        """Sort what comes: how the engine is, or how the run goes.  Called in the process's reader thread."""
        if isinstance(message, Loading):
            self.status = Status()
        elif isinstance(message, Ready):
            self.status = Status("ready", on=message.on)
        elif isinstance(message, Unready):
            self.status = Status("failed", message.sentence)
        else:
            if message is None and events is self._events:
                self.status = Status("failed", "The engine has stopped; it starts again with the next job.")
            events.put(message)

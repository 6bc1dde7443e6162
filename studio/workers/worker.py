"""What the jobs see of the engine: run a request, cancel it, ask how it is."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import StudioError
from pipelines.requests import Request
from studio.workers.messages import (
    Cancel,
    EngineLost,
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
from studio.workers.turn import TICK, Turn

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

    ``load`` and ``generate`` name the functions that the child works with.  ``patience``: seconds without a sign of
    life after which the engine is ended.  ``save_every``: seconds between two times that a run is kept on disk.
    """

    def __init__(
        self,
        *,
        device: str = "auto",
        attention: str = "auto",
        load: str = "pipelines.loading:load",
        generate: str = "pipelines.run:generate",
        patience: float = 600.0,
        save_every: float = 5.0,
    ) -> None:
        self.device = device
        self.attention = attention
        self.patience = patience
        self.save_every = save_every
        self.status = Status()
        self._functions = (load, generate)
        self._process: Process | None = None
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped: set[str] = set()
        self._leaving: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process id of the engine, if it has been started."""
        return self._process.pid if self._process else None

    def start(self, folder: Path) -> None:
        """Start the engine and let it load a model; returns at once."""
        self._living().send(Prepare(self._model(folder)))

    def run(
        self, run: str, request: Request, folder: Path, *, done: frozenset[int] = frozenset(), saved: Path | None = None
    ) -> Generator[Progress | Preview | Made]:
        """Make the pictures of ``request``, but for those that are ``done``, telling how it goes.

        A cancelled run just ends, soon, also where the engine does not listen.  Closing the iterator cancels.
        ``saved``: the file that the run is kept in.  StudioError with the reason where it fails; EngineLost where the
        engine died.
        """
        try:
            self._wait_for_last(run)
            if run in self._stopped:
                return
            turn = self._turn()
            turn.process.send(Run(run, request, self._model(folder), done, saved, self.save_every))
            try:
                yield from self._events_of(turn, run)
            finally:
                if not turn.over:
                    turn.process.send(Cancel(run))
                    self._leave(turn)
        finally:
            self._stopped.discard(run)
        if isinstance(turn.last, Refused):
            raise StudioError(turn.last.sentence)
        if turn.last is None:
            self._replace(turn.process, folder)

    def _events_of(self, turn: Turn, run: str) -> Generator[Progress | Preview | Made]:
        """What the engine tells until it is over, or was told to stop and has had its time."""
        while True:
            event = turn.next()
            if turn.over or (run in self._stopped and turn.overdue(run)):
                return
            if isinstance(event, Progress | Preview | Made):
                yield event

    def _turn(self) -> Turn:
        process = self._living()
        return Turn(process, self._events, lambda: self.status.state == "loading", self.patience)

    def _leave(self, turn: Turn) -> None:
        """Let the engine come to the end of a run that nobody waits for."""
        self._leaving = threading.Thread(target=turn.finish, name="engine-leaving", daemon=True)
        self._leaving.start()

    def _wait_for_last(self, run: str) -> None:
        """Until the engine is done with an earlier run, or this one is cancelled."""
        while self._leaving is not None and self._leaving.is_alive() and run not in self._stopped:
            self._leaving.join(TICK)

    def cancel(self, run: str) -> None:
        """Let that run stop before its next step; whoever waits for its events passes that on."""
        self._stopped.add(run)

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
        raise EngineLost(f"The engine {process.how_it_ended()}.")

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

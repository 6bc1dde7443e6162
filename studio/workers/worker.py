"""What the jobs see of the engine: run requests, cancel them, ask how it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
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
from studio.workers.turn import TICK, Turn

State = Literal["loading", "ready", "idle", "failed"]

CLOSING = "The studio was closed before this was done: start it and try again."


@dataclass(frozen=True)
class Status:
    """How the engine is; idle: the next run starts it.  ``message``: why it failed.  ``on``: device, precision and so
    on, once a model is loaded.
    """

    state: State = "loading"
    message: str | None = None
    on: Mapping[str, str] = field(default_factory=dict)


class Worker:
    """One engine in a child process; when that dies, its runs fail and a new one takes its place.

    Safe to use from any thread, and by several at a time: runs of one model share the engine's steps.

    ``load`` and ``together`` name what the child works with.  ``patience``: seconds without a sign of life after which
    the engine is ended.  ``save_every``: seconds between two times that a run is kept on disk.
    """

    def __init__(
        self,
        *,
        device: str = "auto",
        precision: str = "auto",
        attention: str = "auto",
        memory: str = "auto",
        models: Path | None = None,
        vae: str | None = None,
        load: str = "pipelines.loading:load",
        together: str = "pipelines.together:Together",
        patience: float = 600.0,
        save_every: float = 5.0,
    ) -> None:
        self._model = partial(
            Model, device=device, precision=precision, attention=attention, memory=memory, models=models, vae=vae
        )
        self.patience = patience
        self.save_every = save_every
        self.status = Status()
        self._names = (load, together)
        self._starting = ThreadPoolExecutor(1, "engine-starting")  # a thread that lasts, see ``Process``
        self._process: Process | None = None
        self._turns: dict[str, Turn] = {}
        self._loads: Model | None = None
        self._stopped: dict[str, bool] = {}
        self._lock = threading.Lock()
        self._telling = threading.Lock()  # so that the engine hears of runs in the order in which they got their places
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process id of the engine, if it has been started."""
        return self._process.pid if self._process else None

    def start(self, folder: Path) -> None:
        """Start the engine and let it load a model; returns at once."""
        with self._lock:
            process = self._living()
        process.send(Prepare(self._model(folder)))

    def run(
        self, run: str, request: Request, folder: Path, *, done: frozenset[int] = frozenset(), saved: Path | None = None
    ) -> Generator[Progress | Preview | Made]:
        """Make the pictures of ``request``, but for those that are ``done``, telling how it goes.

        A cancelled run just ends, soon, also where the engine does not listen.  Closing the iterator cancels.
        ``saved``: the file that the run is kept in.  StudioError with the reason where it fails; EngineLost where the
        engine died.
        """
        try:
            self._wait_for_those_left(run)
            if run in self._stopped:
                return
            with self._telling:
                turn = self._turn(run, self._model(folder))
                turn.process.send(Run(run, request, turn.model, done, saved, self.save_every))
            try:
                yield from self._events_of(turn)
            finally:
                last = turn.last
                if not turn.over:
                    turn.process.send(Cancel(run))
                    self._leave(turn, self._stopped.get(run, False))
        finally:
            self._stopped.pop(run, None)
        if isinstance(last, Refused):
            raise StudioError(last.sentence)
        if last is None:
            self._replace(turn, folder)

    def _events_of(self, turn: Turn) -> Generator[Progress | Preview | Made]:
        """What the engine tells until it is over, or was told to stop and has had its time."""
        while True:
            event = turn.next()
            if turn.over or (turn.run in self._stopped and turn.overdue()):
                return
            if isinstance(event, Progress | Preview | Made):
                yield event

    def _turn(self, run: str, model: Model) -> Turn:
        """A place in the engine for a run, which hears of its death from now on."""
        with self._lock:
            process = self._living()
            turn = Turn(run, model, process, lambda: self.status.state == "loading", self.patience)
            self._turns[run] = turn
            return turn

    def _leave(self, turn: Turn, wanted: bool) -> None:
        """Let the engine come to the end of a run that nobody waits for; ``wanted``: as ``cancel`` has it."""
        turn.left = True
        turns = self._turns

        def needed() -> bool:
            return any(not each.left for each in list(turns.values()))

        def given_up() -> bool:
            return not wanted and self._give_up(turn, needed)

        threading.Thread(target=turn.finish, args=(needed, given_up), name="engine-leaving", daemon=True).start()

    def _give_up(self, turn: Turn, needed: Callable[[], bool]) -> bool:
        """End the engine if it loads the model of a run that was left, for nobody else; whether that was so.

        Nothing else stops it in the middle, whatever it is reading, and nothing half-loaded stays.
        """
        with self._lock:
            if self._process is not turn.process or self._loads != turn.model or needed():
                return False
            self._process, self._turns, self._loads = None, {}, None
            self.status = Status("idle")
        turn.process.kill("loaded a model that nobody waited for and was ended")
        turn.process.close()
        return True

    def _wait_for_those_left(self, run: str) -> None:
        """Until the engine is done with what nobody waits for, or this run is cancelled: it may have to be ended."""
        while any(turn.left for turn in list(self._turns.values())) and run not in self._stopped:
            time.sleep(TICK)

    def cancel(self, run: str, wanted: bool = False) -> None:
        """Let that run stop before its next step, or its model's loading; whoever waits for its events passes that on.

        ``wanted``: whether a run that comes next needs that model too, so that it shall go on loading.
        """
        self._stopped[run] = wanted

    def close(self) -> None:
        """End the engine; a run under way is lost."""
        with self._lock:
            self._closed = True
            process = self._process
        if process:
            process.close()
        self._starting.shutdown(wait=False)

    def _living(self) -> Process:
        """The engine's process, a new one where there is none or it has died.  Under the lock."""
        if self._closed:
            raise EngineLost(CLOSING)
        if self._process is None or not self._process.alive:
            turns = self._turns = {}
            self.status, self._loads = Status(), None
            hear = partial(self._hear, turns)
            self._process = self._starting.submit(Process, *self._names, hear).result()
        return self._process

    def _replace(self, turn: Turn, folder: Path) -> None:
        """After a death in the middle of a run: load anew behind the page, and say what happened."""
        if self._closed:
            raise EngineLost(CLOSING)
        if self._process is turn.process:  # others that were in it have not seen to it yet
            self.start(folder)
        raise EngineLost(f"The engine {turn.process.how_it_ended()}.", turn.alone)

    def _hear(self, turns: dict[str, Turn], message: Any) -> None:
        """Sort what comes: how the engine is, or how the runs go.  Called in the process's reader thread."""
        if isinstance(message, Loading | Ready | Unready):
            self._note(turns, message)
        elif message is None:
            self._bury(turns)
        else:
            with self._lock:
                hearing = list(turns.values())
                if isinstance(message, Finished | Refused):
                    turns.pop(message.run, None)
            for turn in hearing:
                turn.hear(message)

    def _note(self, turns: dict[str, Turn], message: Loading | Ready | Unready) -> None:
        """How the engine is from now on, unless it is one that was given up."""
        with self._lock:
            if turns is not self._turns:
                return
            self._loads = message.model if isinstance(message, Loading) else None
            if isinstance(message, Ready):
                self.status = Status("ready", on=message.on)
            else:
                self.status = Status("failed", message.sentence) if isinstance(message, Unready) else Status()

    def _bury(self, turns: dict[str, Turn]) -> None:
        """Tell all runs of an engine that it is dead."""
        with self._lock:
            if turns is self._turns:
                self.status = Status("failed", "The engine has stopped; it starts again with the next job.")
            lost = list(turns.values())
            turns.clear()
        for turn in lost:
            turn.alone = len(lost) == 1
            turn.hear(None)

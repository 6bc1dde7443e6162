"""The engine's process: commands in on stdin, events out on stdout, words for the log on stderr.

Started as ``python -m studio.workers.child LOAD TOGETHER``, the dotted names of what loads a model and of what runs
requests on it (``pipelines.loading:load``, ``pipelines.together:Together``; tests name their own).

    listener thread    reads commands; notes cancels at once; ends the process when the studio is gone (on Linux the
                       kernel does, also while something here lets no other thread run)
    main thread        lets runs join between steps, in the order they came, and looks for cancels between events
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import pickle
import queue
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import Any, BinaryIO, cast

from pipelines.errors import StudioError
from pipelines.events import Ended, Picture, Step
from studio.explain import sentence
from studio.settings import QUIET
from studio.workers.going import Going, Send
from studio.workers.messages import Cancel, Finished, Loading, Model, Prepare, Ready, Refused, Run, Unready
from studio.workers.stock import Stock

DEVICE_FAULT = "AcceleratorError"
"""What torch raises once something has gone wrong on the device itself: only a new process can work with it again."""

PR_SET_PDEATHSIG = 1
"""From the kernel's prctl.h: the signal to get when the thread that started this process is gone."""


def main(load: str, together: str) -> None:
    """Serve until the studio is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the studio, which then ends this process
    os.environ |= QUIET
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    commands, events = _take_pipes()
    engine = Engine(load, together, lambda message: _write(events, message))
    threading.Thread(target=_listen, args=(commands, engine), daemon=True).start()
    while True:
        engine.receive()
        engine.step()


class Engine:
    """One model at work, and the runs on it; others that were before it rest in ``Stock``.

    A run joins those under way if it is of their model.  One of another model waits until they are over, and so does
    whatever comes behind it.  ``inbox`` and ``cancelled`` are filled by the listener.
    """

    def __init__(self, load: str, together: str, send: Send) -> None:
        self.inbox: queue.SimpleQueue[Prepare | Run] = queue.SimpleQueue()
        self.cancelled: set[str] = set()
        self._stock = Stock(lambda model: _loaded(load, model))
        self._together_name = together
        self._send = send
        self._waiting: deque[Prepare | Run] = deque()
        self._going: dict[str, Going] = {}
        self._model: Model | None = None
        self._together: Any = None

    def receive(self) -> None:
        """Take up what was commanded; wait for it where there is nothing else to do."""
        cancelled = set(self.cancelled)  # now, so that whatever these are about has been put into the inbox
        while not self.inbox.empty() or not (self._going or self._waiting):
            self._waiting.append(self.inbox.get())
        for run in [each.run for each in self._waiting if isinstance(each, Run) and each.run in cancelled]:
            self._waiting = deque(each for each in self._waiting if not (isinstance(each, Run) and each.run == run))
            self._send(Finished(run))
        self.cancelled -= cancelled - self._going.keys()
        while self._waiting and (not self._going or self._waiting[0].model == self._model):
            self._begin(self._waiting.popleft())

    def step(self) -> None:
        """Carry all runs one step further, but for those that are cancelled on the way."""
        self._heed()
        if not self._going:
            return
        try:
            for run, event in self._together.step():
                self._hear(run, event)
                self._heed()
        except Exception as error:  # what is not the fault of one is that of all
            for run in list(self._going):
                self._together.drop(run)
                self._end(run, error)

    def _begin(self, command: Prepare | Run) -> None:
        """Have the model loaded and let a run join; how that went is said on the way."""
        try:
            self._ensure(command.model)
            self._stock.make_room()
            if isinstance(command, Run):
                going = Going(command, self._send)
                self._together.add(command.run, command.request, resume=going.kept.read(), done=command.done)
                self._going[command.run] = going
        except Exception as error:
            if isinstance(command, Run):
                self._send(Refused(command.run, sentence(error)))

    def _ensure(self, model: Model) -> None:
        """Have ``model`` at work, and no other; StudioError where it cannot be."""
        if self._together is not None and self._model == model:
            return
        self._together = None
        try:
            family = self._stock.get(model, loading=lambda: self._send(Loading(model)))
            self._together = _named(self._together_name)(family)
            self._together.wanted = lambda run: run not in self.cancelled
        except Exception as error:
            reason = sentence(error)
            self._send(Unready(reason))
            raise StudioError(reason) from error
        self._model = model
        self._send(Ready(dict(family.report)))

    def _heed(self) -> None:
        """Let go of what was cancelled."""
        for run in self._going.keys() & set(self.cancelled):
            self._together.drop(run)
            self._end(run)

    def _hear(self, run: str, event: Step | Picture | Ended) -> None:
        if isinstance(event, Ended):
            self._end(run, event.error)
            return
        try:
            self._going[run].hear(event)
        except Exception as error:
            self._together.drop(run)
            self._end(run, error)

    def _end(self, run: str, error: Exception | None = None) -> None:
        """Say how a run went; where it broke, what led there is kept."""
        if error is None:
            del self._going[run]
            self._send(Finished(run))
            return
        if not isinstance(error, StudioError):
            with suppress(Exception):  # what went wrong first is what counts
                self._going[run].kept.write()
        reason = sentence(error)
        if type(error).__name__ == DEVICE_FAULT:
            os._exit(1)
        del self._going[run]
        self._send(Refused(run, reason))
        error.__traceback__ = None  # and with it what its frames hold
        gc.collect()


def _loaded(load: str, model: Model) -> Any:
    how = {name: value for name, value in vars(model).items() if name != "folder"}
    return _named(load)(model.folder, **how)


def _named(name: str) -> Any:
    """What a dotted name such as ``pipelines.loading:load`` stands for; importing it is when torch comes in."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Stdin and stdout for ourselves; what others print to stdout goes to stderr."""
    events = cast(BinaryIO, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    return sys.stdin.buffer, events


def _listen(commands: BinaryIO, engine: Engine) -> None:
    """Read until the studio closes the pipe or dies; then end at once, also in the middle of a step."""
    try:
        while True:
            command = pickle.load(commands)
            if isinstance(command, Cancel):
                engine.cancelled.add(command.run)
            else:
                engine.inbox.put(command)
    finally:
        os._exit(0)


def _write(events: BinaryIO, message: Any) -> None:
    try:
        pickle.dump(message, events)
        events.flush()
    except OSError:  # nobody is left to read it
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])

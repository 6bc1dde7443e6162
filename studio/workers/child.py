"""The engine's process: commands in on stdin, events out on stdout, words for the log on stderr.

Started as ``python -m studio.workers.child LOAD GENERATE``, the dotted names of what loads a model and what runs a
request (``pipelines.loading:load``, ``pipelines.run:generate``; tests name their own).

    listener thread    reads commands; notes cancels at once; ends the process when the studio is gone (on Linux the
                       kernel does, also while something here lets no other thread run)
    main thread        carries commands out one after another, and looks for a cancel between events
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import io
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any, BinaryIO, cast

from PIL import Image

from pipelines.errors import StudioError
from pipelines.events import Picture, Step
from studio.explain import sentence
from studio.settings import QUIET
from studio.workers.keeping import Kept
from studio.workers.messages import (
    Cancel,
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

PREVIEW_PAUSE = 0.125
"""Seconds between previews, over all pictures of a run."""

DEVICE_FAULT = "AcceleratorError"
"""What torch raises once something has gone wrong on the device itself: only a new process can work with it again."""

PR_SET_PDEATHSIG = 1
"""From the kernel's prctl.h: the signal to get when the thread that started this process is gone."""

Send = Callable[[Any], None]


def main(load: str, generate: str) -> None:
    """Serve until the studio is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the studio, which then ends this process
    os.environ |= QUIET
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    commands, events = _take_pipes()
    inbox: queue.SimpleQueue[Prepare | Run] = queue.SimpleQueue()
    cancelled: set[str] = set()
    threading.Thread(target=_listen, args=(commands, inbox, cancelled), daemon=True).start()
    engine = Engine(load, generate, lambda message: _write(events, message), cancelled)
    while True:
        command = inbox.get()
        if isinstance(command, Run):
            engine.run(command)
        else:
            engine.prepare(command.model)


class Engine:
    """At most one loaded model, and what is done with it."""

    def __init__(self, load: str, generate: str, send: Send, cancelled: set[str]) -> None:
        self.load_name = load
        self.generate_name = generate
        self.send = send
        self.cancelled = cancelled
        self.model: Model | None = None
        self.family: Any = None

    def prepare(self, model: Model) -> None:
        """Load ``model``; how that went is said on the way."""
        with suppress(StudioError):
            self._ensure(model)

    def run(self, run: Run) -> None:
        """Carry one run out and say how it went."""
        try:
            self._ensure(run.model)
            self._generate(run)
        except Exception as error:
            reason = sentence(error)
            if type(error).__name__ == DEVICE_FAULT:
                os._exit(1)
            self.send(Refused(run.run, reason))
            del error  # and with it what the frames of its traceback hold
            gc.collect()
        else:
            self.send(Finished(run.run))
        self.cancelled.discard(run.run)

    def _ensure(self, model: Model) -> None:
        """Have ``model`` loaded, and no other, since two may not fit; StudioError where it cannot be."""
        if self.family is not None and self.model == model:
            return
        self.family = None
        self.send(Loading())
        try:
            self.family = _named(self.load_name)(model.folder, device=model.device, attention=model.attention)
        except Exception as error:
            reason = sentence(error)
            self.send(Unready(reason))
            raise StudioError(reason) from error
        self.model = model
        self.send(Ready(dict(self.family.report)))

    def _generate(self, run: Run) -> None:
        previews, kept = Previews(run), Kept(run)
        generate = _named(self.generate_name)
        with closing(generate(self.family, run.request, resume=kept.read(), done=run.done)) as events:
            while run.run not in self.cancelled:
                event = _next(events, kept)
                if event is None:
                    return
                for message in _translate(run, event, previews):
                    self.send(message)


class Previews:
    """Draws a preview now and then: each picture of a run as often as the others."""

    def __init__(self, run: Run) -> None:
        self.pause = PREVIEW_PAUSE * run.request.count
        self.last: dict[int, float] = {}

    def draw(self, step: Step) -> bytes | None:
        """A small JPEG, or None where it is too soon, or the picture itself comes next."""
        now = time.monotonic()
        if step.step == step.steps or now - self.last.get(step.index, -self.pause) < self.pause:
            return None
        self.last[step.index] = now
        return _jpeg(step.preview())


def _next(events: Iterator[Step | Picture], kept: Kept) -> Step | Picture | None:
    """The next event, None at the end; what led there is kept, above all where it goes wrong."""
    try:
        event = next(events, None)
    except StudioError:
        raise
    except Exception:
        with suppress(Exception):  # what went wrong first is what counts
            kept.write()
        raise
    if event is not None:
        kept.hear(event)
    return event


def _translate(run: Run, event: Step | Picture, previews: Previews) -> Iterator[Any]:
    if isinstance(event, Picture):
        yield Made(run.run, event.index, event.seed, event.image, event.proof, event.spared)
        return
    yield Progress(run.run, event.index, event.step, event.steps)
    jpeg = previews.draw(event)
    if jpeg is not None:
        yield Preview(run.run, event.index, jpeg)


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=85, subsampling=0)
    return file.getvalue()


def _named(name: str) -> Any:
    """What a dotted name such as ``pipelines.run:generate`` stands for; importing it is when torch comes in."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Stdin and stdout for ourselves; what others print to stdout goes to stderr."""
    events = cast(BinaryIO, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    return sys.stdin.buffer, events


def _listen(commands: BinaryIO, inbox: queue.SimpleQueue[Prepare | Run], cancelled: set[str]) -> None:
    """Read until the studio closes the pipe or dies; then end at once, also in the middle of a step."""
    try:
        while True:
            command = pickle.load(commands)
            if isinstance(command, Cancel):
                cancelled.add(command.run)
            else:
                inbox.put(command)
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

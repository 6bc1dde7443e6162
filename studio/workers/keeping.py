"""How far a run is, kept on disk by the engine, so that the next engine goes on where this one ended."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pipelines.errors import StudioError
from pipelines.events import Picture, Step
from studio.library.files import write_whole
from studio.workers.messages import Run


class Kept:
    """What the network said so far for the pictures of a run.

    It is written now and then, and before a picture is decoded; a run that takes no time is never written at all.  The
    network's last word is left out: with all of them there would be nothing left to ask.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._answers: dict[int, Sequence[Any]] = {}
        self._began = self._written = time.monotonic()

    def read(self) -> dict[int, Any]:
        """What an earlier engine kept of this run; nothing where that is damaged or was of another request."""
        path = self._run.saved
        if path is not None and path.is_file():
            with suppress(StudioError, OSError):
                self._answers.update(_resuming().unpack(self._run.request, path.read_bytes()))
        return {index: told for index, told in self._answers.items() if index not in self._run.done}

    def hear(self, event: Step | Picture) -> None:
        """Note what is new, and write it if it is time."""
        if isinstance(event, Picture):
            self._answers.pop(event.index, None)
            return
        self._answers[event.index] = event.answers[:-1]
        since = self._began if event.step == event.steps else self._written
        if time.monotonic() - since > self._run.save_every:
            self.write()

    def write(self) -> None:
        """Write what there is; a full disk is no reason to stop."""
        told = {index: answers for index, answers in self._answers.items() if answers}
        if self._run.saved is not None and told:
            with suppress(StudioError):
                write_whole(self._run.saved, _resuming().pack(self._run.request, told))
        self._written = time.monotonic()


def _resuming() -> Any:
    """Imported when there is something to keep, since torch comes with it."""
    return importlib.import_module("pipelines.resuming")

"""Models that have been loaded, kept for the next time that they are asked for as long as there is memory for them."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psutil

from studio.workers.messages import Model

SPARE = 0.25
"""Share of the machine's memory that is left free: for what a network's calls take, other programs, files on disk."""

GROWTH = 2
"""How many times its bytes on disk a model may take: numbers of 16 bits become 32 on a processor."""


class Resting(Protocol):
    """What a model has to offer so that it can be kept while another one works."""

    def rest(self) -> bool:
        """Leave the device to others; whether that could be done."""

    def wake(self) -> None:
        """Come back to it."""


class Stock:
    """``load``: loads a model as its message says.  ``free``: what memory there is, of which ``total``, in bytes."""

    def __init__(
        self,
        load: Callable[[Model], Any],
        free: Callable[[], int] = lambda: psutil.virtual_memory().available,
        total: int | None = None,
    ) -> None:
        self._load = load
        self._free = free
        self._spare = SPARE * (psutil.virtual_memory().total if total is None else total)
        self._resting: OrderedDict[Hashable, Resting] = OrderedDict()
        self._working: tuple[Hashable, Resting] | None = None

    def get(self, model: Model, loading: Callable[[], None]) -> Any:
        """The model at work from now on: the one that is kept, or loaded after ``loading()``; the last one rests."""
        self._rest()
        key = (model, state_of(model.folder))
        found = self._resting.pop(key, None)
        if found is None:
            loading()
            self.make_room(GROWTH * size_of(model.folder))
            found = self._load(model)
        else:
            found.wake()
        self._working = key, found
        return found

    def make_room(self, wanted: int = 0) -> None:
        """Let go of those that rest, the longest first, until so many bytes are free beside what shall be spared."""
        dropped = False
        while self._resting and self._free() < wanted + self._spare:
            self._resting.popitem(last=False)
            dropped = True
            gc.collect()
        if dropped:
            give_back()

    def _rest(self) -> None:
        if self._working is None:
            return
        (key, family), self._working = self._working, None
        if family.rest():
            self._resting[key] = family
        else:
            del family
            gc.collect()
            give_back()


def files_of(folder: Path) -> list[Path]:
    """The files that a model is read from."""
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]


def state_of(folder: Path) -> Hashable:
    """What changes when one of a model's files is another."""
    with suppress(OSError):
        return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files_of(folder))
    return None


def size_of(folder: Path) -> int:
    """Bytes of a model's weights on disk; 0 where they cannot be read, which loading will tell."""
    with suppress(OSError):
        return sum(path.stat().st_size for path in files_of(folder) if path.suffix == ".safetensors")
    return 0


def give_back() -> None:
    """Have the C library return to the system what is free; glibc keeps it for later otherwise."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)

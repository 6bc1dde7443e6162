"""What crosses the pipe between the studio and its engine: frozen values, pickled one after another.

Pickle is safe here because both ends are ours, started from the same files; nothing from outside is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipelines.adapters.used import Used
from pipelines.errors import StudioError
from pipelines.events import Proof
from pipelines.requests import Request


class EngineLost(StudioError):
    """The engine's process ended in the middle of a run; ``alone``: of no other, so that it was this one's doing."""

    def __init__(self, sentence: str, alone: bool = True) -> None:
        super().__init__(sentence)
        self.alone = alone


@dataclass(frozen=True)
class Model:
    """Which model to have loaded, and how, as ``pipelines.loading.load`` has it."""

    folder: Path
    device: str = "auto"
    precision: str = "auto"
    attention: str = "auto"
    memory: str = "auto"
    models: Path | None = None
    vae: str | None = None


# To the engine


@dataclass(frozen=True)
class Prepare:
    """Load the model now, so that the first run need not wait for it."""

    model: Model


@dataclass(frozen=True)
class Run:
    """Make the pictures of ``request``; answered by events of that ``run``, the last ``Finished`` or ``Refused``.

    Several may be under way at a time, as long as they are of one model; others wait, and what comes behind them too.

    ``done``: the indices of pictures that are there already.  ``saved``: where the engine keeps how far it is, at most
    every ``save_every`` seconds, and looks first for what an earlier engine kept.
    """

    run: str
    request: Request
    model: Model
    done: frozenset[int] = frozenset()
    saved: Path | None = None
    save_every: float = 5.0


@dataclass(frozen=True)
class Cancel:
    """Stop that run before its next step; one that is unknown or over is left in peace."""

    run: str


# From the engine


@dataclass(frozen=True)
class Loading:
    """A model is being loaded, and which."""

    model: Model


@dataclass(frozen=True)
class Ready:
    """A model is loaded; ``on`` says in words what is really on: device, precision, attention, memory."""

    on: Mapping[str, str]


@dataclass(frozen=True)
class Unready:
    """The model could not be loaded, and why."""

    sentence: str


@dataclass(frozen=True)
class Progress:
    """Picture ``index`` has ``step`` of ``steps`` behind it."""

    run: str
    index: int
    step: int
    steps: int


@dataclass(frozen=True)
class Preview:
    """A small JPEG of what picture ``index`` is becoming; ``place`` as in ``pipelines.events.Step``."""

    run: str
    index: int
    jpeg: bytes
    place: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Made:
    """Picture ``index`` is done, with all that ``pipelines.events.Picture`` says of it."""

    run: str
    index: int
    seed: int
    image: Image.Image
    proof: Proof | None = None
    spared: str = ""
    adapters: tuple[Used, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finished:
    """The run is over: all its pictures are made, or it was cancelled."""

    run: str


@dataclass(frozen=True)
class Refused:
    """The run failed, and why."""

    run: str
    sentence: str

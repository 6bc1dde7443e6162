"""What a run tells whoever watches it, as frozen values that are safe to hand to another thread.

A run of a request is a stream of these: many ``Step``, then one ``Picture`` per picture as each is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.adapters.used import Used
    from pipelines.engine.engine import Answers, Place


@dataclass(frozen=True)
class Step:
    """Picture ``index`` (0 is the first) has ``step`` of ``steps`` levels behind it.

    ``preview()`` makes a small picture of the present estimate, one pixel per latent cell; it costs only when called.
    ``answers``: what the network said for this picture so far, for ``pipelines.resuming``.
    ``place``: the part of the picture worked on that a preview shows, as ``Walk`` has it.
    """

    index: int
    step: int
    steps: int
    preview: Callable[[], Image]
    answers: Answers = ()
    place: Place | None = None


@dataclass(frozen=True)
class Proof:
    """How much of a picture its mask locked, and that it was kept (``pipelines.locking``).

    ``locked``, ``ring`` and ``repainted``: shares of the pixels, together 1, that keep their bytes, that are a mixture
    of old and new, and that are new.  ``before`` and ``after``: SHA-256, as hexadecimal text, of the samples of the old
    picture and of the new one, both in the new one's mode, row by row, with all that is not locked set to 0.
    """

    locked: float
    ring: float
    repainted: float
    before: str
    after: str


@dataclass(frozen=True)
class Picture:
    """Picture ``index`` is done; ``seed`` is its own, so ``request.alone(index)`` makes it again.

    ``proof``: that it keeps what its mask does not cover, where there was one.  ``spared``: in words, how memory was
    saved after it had run short; the picture may then differ by rounding from one that was made at ease.  ``adapters``:
    what was on beside the model.  ``notes``: sentences about how it came to be that whoever asked for it should know.
    """

    index: int
    seed: int
    image: Image
    proof: Proof | None = None
    spared: str = ""
    adapters: tuple[Used, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """A request is over: all its pictures are made, or ``error`` says why not.  Only ``pipelines.together`` says so."""

    error: Exception | None = None

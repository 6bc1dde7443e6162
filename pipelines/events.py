"""What a run tells whoever watches it, as frozen values that are safe to hand to another thread.

A run of a request is a stream of these: many ``Step``, then one ``Picture`` per picture as each is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.engine.engine import Answers


@dataclass(frozen=True)
class Step:
    """Picture ``index`` (0 is the first) has ``step`` of ``steps`` levels behind it.

    ``preview()`` makes a small picture of the present estimate, one pixel per latent cell; it costs only when called.
    ``answers``: what the network said for this picture so far, for ``pipelines.resuming``.
    """

    index: int
    step: int
    steps: int
    preview: Callable[[], Image]
    answers: Answers = ()


@dataclass(frozen=True)
class Picture:
    """Picture ``index`` is done; ``seed`` is its own, so ``request.alone(index)`` makes it again."""

    index: int
    seed: int
    image: Image

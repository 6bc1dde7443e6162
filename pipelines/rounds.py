"""How a canvas is extended by any amount: in rounds that the model can compose, each seeing as much picture as it can.

    round 1 ─ a strip on one side, and the picture beside it     round 2 ─ the next strip, which sees the first …

A strip is no wider than half of what the model was trained on, so that the other half of what it sees is picture.
Longer ones are denoised through windows that overlap (``pipelines.engine.windows``).  Geometry only; no torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import NamedTuple, Protocol

from pipelines.parts import Margins

COMFORT = 2.25
"""How many times the pixels that a model was trained on it still composes well, and quickly, in one piece."""

AXIS = {"left": 0, "right": 0, "top": 1, "bottom": 1}
"""Which of (width, height) a side adds to."""


class Trained(Protocol):
    """What must be known of a model, all in pixels."""

    @property
    def native(self) -> int:
        """The side it was trained at."""

    @property
    def multiple(self) -> int:
        """What sizes must be a multiple of."""

    @property
    def downscale(self) -> int:
        """The side of a latent cell."""


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Round:
    """One extension: the ``margins`` it adds, the ``size`` of the canvas then, and where the model works on it.

    ``region`` is a part of that canvas; ``windows`` are parts of the region, denoised together.
    """

    margins: Margins
    size: tuple[int, int]
    region: Box
    windows: tuple[Box, ...]

    @property
    def fresh(self) -> int:
        """How many pixels it paints."""
        width, height = self.size
        return width * height - (width - self.margins.left - self.margins.right) * (
            height - self.margins.top - self.margins.bottom
        )


def plan_rounds(size: tuple[int, int], margins: Margins, model: Trained, strips: bool = False) -> tuple[Round, ...]:
    """The rounds that add ``margins`` to a picture of ``size`` (width, height); none where there is nothing to add.

    What a model composes in one piece is one round, unless ``strips`` are wanted: then every round sees a strip and so
    much of the picture beside it as the model was trained on, whatever lies beyond.
    """
    whole = (size[0] + margins.left + margins.right, size[1] + margins.top + margins.bottom)
    if not margins:
        return ()
    if not strips and whole[0] * whole[1] <= COMFORT * model.native**2:
        everything = Box(0, 0, *whole)
        return (Round(margins, whole, everything, (everything,)),)
    return tuple(_rounds(size, margins, model))


def _rounds(size: tuple[int, int], margins: Margins, model: Trained) -> Iterator[Round]:
    """First the sides beside which there is more picture; opposite ones in turns."""
    canvas = list(size)
    axes = (("left", "right"), ("top", "bottom"))
    for sides in axes if size[1] >= size[0] else reversed(axes):
        for side, added in _in_turns(sides, margins, model):
            canvas[AXIS[side]] += added
            yield strip(side, added, (canvas[0], canvas[1]), model)


def _in_turns(sides: Sequence[str], margins: Margins, model: Trained) -> Iterator[tuple[str, int]]:
    """The parts of opposite margins: the first of each, then the second of each …"""
    parts = [
        [(side, part) for part in divided(getattr(margins, side), model.native // 2, model.multiple)] for side in sides
    ]
    for turn in zip_longest(*parts):
        yield from filter(None, turn)


def divided(margin: int, most: int, multiple: int) -> list[int]:
    """A margin in nearly equal parts of at most so much, all but the last in multiples; none of nothing."""
    if not margin:
        return []
    count = math.ceil(margin / max(most // multiple * multiple, multiple))
    part = math.ceil(margin / count / multiple) * multiple
    ends = [*range(0, margin, part), margin]
    return [end - start for start, end in pairwise(ends)]


def strip(side: str, added: int, size: tuple[int, int], model: Trained) -> Round:
    """The round that has ``added`` to a side of a canvas, which is of ``size`` by now."""
    across, along = size[AXIS[side]], size[1 - AXIS[side]]
    depth = min(across, model.native)
    region = _box(side, 0 if side in ("left", "top") else across - depth, 0, depth, along)
    windows = tuple(_box(side, 0, start, depth, length) for start, length in _along(along, depth, model))
    return Round(Margins(**{side: added}), size, region, windows)


def _box(side: str, across: int, along: int, depth: int, length: int) -> Box:
    """What begins ``across`` and ``along`` a side, and is ``depth`` deep and ``length`` long."""
    return Box(across, along, depth, length) if AXIS[side] == 0 else Box(along, across, length, depth)


def _along(length: int, depth: int, model: Trained) -> list[tuple[int, int]]:
    """Start and length of the windows along a strip, on the model's cells; one where a single piece will do."""
    if length * depth <= COMFORT * model.native**2:
        return [(0, length)]
    cell, window = model.downscale, model.native // model.downscale
    first = starts(math.ceil(length / cell), window, window // 4)
    return [(start * cell, min(model.native, length - start * cell)) for start in first]


def starts(length: int, window: int, overlap: int) -> list[int]:
    """Where windows begin that cover ``length``: as few as reach, evenly spread, sharing ``overlap`` or more."""
    if length <= window:
        return [0]
    count = math.ceil((length - overlap) / (window - overlap))
    return [round(index * (length - window) / (count - 1)) for index in range(count)]

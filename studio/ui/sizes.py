"""Sizes by their shape: about as many pixels as the model was trained on, in the multiples that it can make."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import gradio as gr

from pipelines.parts import MIN_SIDE
from studio.ui.component import component

if TYPE_CHECKING:
    from studio.models import ModelCard

SHAPES = ((1, 1), (4, 3), (3, 2), (16, 9), (3, 4), (2, 3), (9, 16))
SMALL = 512
"""Pixels on a side: smaller pictures have too few for steps of 64 to hit a shape."""


def size_of(shape: tuple[int, int], native: int) -> tuple[int, int]:
    """Width and height in pixels, near ``native`` squared, in multiples of 64, or of 16 where the pictures are small.

    All families can make both; larger models were trained on sizes in steps of 64.
    """
    step = 64 if native >= SMALL else 16
    wide, high = shape
    sides = (native * math.sqrt(wide / high), native * math.sqrt(high / wide))
    width, height = (max(round(side / step) * step, MIN_SIDE) for side in sides)
    return width, height


def shapes(task: str, card: ModelCard) -> gr.HTML:
    """A row of small buttons that set width and height, and one that swaps them."""
    sizes = [(f"{wide}:{high}", *size_of((wide, high), card.native)) for wide, high in SHAPES]
    rows = [{"label": label, "width": width, "height": height} for label, width, height in sizes]
    return component("shapes", f"{task}-shapes", task=task, sizes=rows)

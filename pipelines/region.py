"""Where in a picture the work is done, and at what size: a small edit of a large picture should cost the small edit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from pipelines.engine.engine import Place
from pipelines.families.family import Facts
from pipelines.masks import to_weights
from pipelines.parts import PADDING
from pipelines.rounds import COMFORT

CONTEXT = 0.25
"""How much is shown beside what is to change, as a share of its length; at least an eighth of the native side."""


@dataclass(frozen=True)
class Region:
    """The part of a picture that is worked on, in the picture's pixels, and the size at which the model sees it.

    ``working`` is (width, height) in pixels, not yet a multiple of anything.
    """

    left: int
    top: int
    width: int
    height: int
    working: tuple[int, int]

    def cut(self, picture: Image.Image) -> Image.Image:
        """This part of a picture."""
        box = (self.left, self.top, self.left + self.width, self.top + self.height)
        return picture if picture.size == (self.width, self.height) else picture.crop(box)

    def to_working(self, part: Image.Image) -> Image.Image:
        """The part at its working size."""
        return part if part.size == self.working else part.resize(self.working, Image.Resampling.LANCZOS)

    def weights(self, mask: Image.Image) -> Tensor:
        """The part's mask as weights (1, height, width) at its working size; what touches a pixel there is not lost."""
        width, height = self.working
        weights = to_weights(mask)
        return weights if mask.size == self.working else F.adaptive_max_pool2d(weights, (height, width))

    def from_working(self, painted: Image.Image) -> Image.Image:
        """A painting of working size at the size of the part."""
        size = (self.width, self.height)
        return painted if painted.size == size else painted.resize(size, Image.Resampling.LANCZOS)

    def place(self, width: int, height: int) -> Place:
        """Where in the picture a canvas of so many pixels lies, whose left top part is this one at its working size."""
        across, down = self.width / self.working[0], self.height / self.working[1]
        return self.left, self.top, width * across, height * down

    def put(self, part: Image.Image, picture: Image.Image) -> Image.Image:
        """The whole picture with the part put back into its place."""
        if part.size == picture.size:
            return part
        whole = picture.copy() if picture.mode == part.mode else picture.convert(part.mode)
        whole.paste(part, (self.left, self.top))
        return whole


def find_region(
    mask: Image.Image, reach: int, facts: Facts, area: str = "automatic", padding: int | None = None
) -> Region:
    """The region for what is white in ``mask`` (not empty) and ``reach`` pixels around it, of one of ``AREAS``.

    A region that is too large for the model, as for white parts far from each other, is worked on at a smaller size.
    """
    padding = PADDING if padding is None else padding
    if area == "whole":
        return Region(0, 0, *mask.size, _comfortable(mask.size, facts, enlarge=True))
    if area == "masked":
        return _region(mask, lambda length: reach + padding, facts.native, facts)
    if area == "closeup":
        return _region(mask, lambda length: reach + padding, 1, facts, enlarge=True)
    if mask.width * mask.height <= COMFORT * facts.native**2:
        return Region(0, 0, *mask.size, working=mask.size)
    least = facts.native // 8
    return _region(mask, lambda length: reach + max(math.ceil(CONTEXT * length), least), facts.native, facts)


def _region(
    mask: Image.Image, context: Callable[[int], int], least: int, facts: Facts, enlarge: bool = False
) -> Region:
    """The white part's box with ``context(its length)`` pixels on either side, at least ``least`` long."""
    left, top, right, bottom = mask.getbbox() or (0, 0, *mask.size)
    left, width = _span(left, right, mask.width, context(right - left), least)
    top, height = _span(top, bottom, mask.height, context(bottom - top), least)
    return Region(left, top, width, height, _comfortable((width, height), facts, enlarge))


def _comfortable(size: tuple[int, int], facts: Facts, enlarge: bool = False) -> tuple[int, int]:
    """A size at which the model sees a part of ``size``: smaller where it must be, larger only if it may be."""
    pixels = size[0] * size[1]
    scale = min(1.0, math.sqrt(COMFORT / pixels) * facts.native)
    if enlarge:
        scale = max(scale, facts.native / math.sqrt(pixels))
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def _span(start: int, end: int, limit: int, context: int, least: int) -> tuple[int, int]:
    """Start and length, within [0, limit), of [start, end) with its context and at least ``least`` long."""
    start, end = max(start - context, 0), min(end + context, limit)
    length = min(max(end - start, least), limit)
    start = (start + end - length) // 2
    return min(max(start, 0), limit - length), length

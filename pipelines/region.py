"""Where in a picture the work is done, and at what size: a small edit of a large picture should cost the small edit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from pipelines.families.family import Facts

COMFORT = 2.25
"""How many times the pixels that a model was trained on it still composes well, and quickly, in one piece."""

CONTEXT = 0.25
"""How much is shown beside what is to change, as a share of its length; at least an eighth of the native side."""


@dataclass(frozen=True)
class Region:
    """The part of a picture that is worked on, in the picture's pixels, and the size at which the model sees it.

    ``working`` is (width, height) in pixels, no larger than the part itself and not yet a multiple of anything.
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

    def shrink(self, part: Image.Image) -> Image.Image:
        """The part at its working size."""
        return part if part.size == self.working else part.resize(self.working, Image.Resampling.LANCZOS)

    def shrink_weights(self, weights: Tensor) -> Tensor:
        """Weights (1, height, width) of the part at its working size; what touches a pixel there is not lost."""
        width, height = self.working
        return weights if weights.shape[1:] == (height, width) else F.adaptive_max_pool2d(weights, (height, width))

    def enlarge(self, painted: Image.Image) -> Image.Image:
        """A painting of working size at the size of the part."""
        size = (self.width, self.height)
        return painted if painted.size == size else painted.resize(size, Image.Resampling.LANCZOS)

    def put(self, part: Image.Image, picture: Image.Image) -> Image.Image:
        """The whole picture with the part put back into its place."""
        if part.size == picture.size:
            return part
        whole = picture.convert(part.mode)
        whole.paste(part, (self.left, self.top))
        return whole


def find_region(mask: Image.Image, reach: int, facts: Facts) -> Region:
    """The region for what is white in ``mask`` (not empty) and ``reach`` pixels around it.

    All of a picture that the model can compose in one piece; of a larger one the white part's box with some context, at
    least as large as what the model was trained on.  A region that is still too large, as for white parts far from each
    other, is worked on at a smaller size.
    """
    most = COMFORT * facts.native**2
    if mask.width * mask.height <= most:
        return Region(0, 0, *mask.size, working=mask.size)
    left, top, right, bottom = mask.getbbox() or (0, 0, *mask.size)
    left, width = _span(left, right, mask.width, reach, facts.native)
    top, height = _span(top, bottom, mask.height, reach, facts.native)
    scale = min(1.0, math.sqrt(most / (width * height)))
    return Region(left, top, width, height, (max(round(width * scale), 1), max(round(height * scale), 1)))


def _span(start: int, end: int, limit: int, reach: int, native: int) -> tuple[int, int]:
    """Start and length, within [0, limit), of [start, end) with its context and at least ``native`` long."""
    context = reach + max(math.ceil(CONTEXT * (end - start)), native // 8)
    start, end = max(start - context, 0), min(end + context, limit)
    length = min(max(end - start, native), limit)
    start = (start + end - length) // 2
    return min(max(start, 0), limit - length), length

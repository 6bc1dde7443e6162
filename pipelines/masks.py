"""Masks: white / 1.0 = repaint, black / 0.0 = keep, everywhere.

Outside they are grey pictures (mode L), inside weights (1, height, width) in [0, 1].  Whatever is done to a mask is
done around its white part only, for most masks are small and some pictures are large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageFilter

from pipelines.checks import check_whole
from pipelines.depth import eight_bits, low_bytes, with_low_bytes
from pipelines.errors import InvalidRequest

if TYPE_CHECKING:
    from torch import Tensor

Box = tuple[int, int, int, int]


def as_mask(picture: Image.Image) -> Image.Image:
    """Any picture read as a mask, mode L: colours become their lightness, what is transparent is black, which keeps."""
    picture = eight_bits(picture)
    if not picture.has_transparency_data:
        return picture.convert("L")
    clear = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, (0, 0, 0, 255)), clear).convert("L")


def inverted(mask: Image.Image) -> Image.Image:
    """What was kept is repainted, and what was repainted is kept."""
    return ImageChops.invert(mask)


def from_alpha(picture: Image.Image) -> Image.Image:
    """Repaint what is transparent in a picture, the more the clearer it is; InvalidRequest where nothing can be."""
    if not picture.has_transparency_data:
        raise InvalidRequest("The picture has no transparency to take a mask from: give it some, or a mask of its own.")
    return inverted(picture.convert("RGBA").getchannel("A"))


def opaque(picture: Image.Image) -> Image.Image:
    """The picture's colours without its transparency."""
    solid = picture.convert("RGB")
    low = low_bytes(picture)
    return with_low_bytes(solid, low and low.convert("RGB"))


def from_colour(picture: Image.Image, colour: str, tolerance: int = 0) -> Image.Image:
    """Repaint what has a colour (``#ff00ff``, or a name of CSS), whatever its transparency.

    ``tolerance``: how far from it a pixel may be, 0 to 255; the distance of two colours is the largest difference among
    red, green and blue.
    """
    check_whole("tolerance", tolerance, 0, 255)
    apart = ImageChops.difference(eight_bits(picture).convert("RGB"), Image.new("RGB", picture.size, _read(colour)))
    red, green, blue = apart.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point([255 * (n <= tolerance) for n in range(256)])


def _read(colour: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        raise InvalidRequest(f"Unknown colour {colour!r}: write it as #rrggbb, such as #ff00ff.") from error


def grown(mask: Image.Image, pixels: int) -> Image.Image:
    """A mask made larger by so many pixels on every side, or smaller; the picture's edge does not count as one."""
    box = around(mask, abs(pixels))
    if not pixels or box is None:
        return mask
    part = np.asarray(mask.crop(box))
    wider = _widest(part, pixels) if pixels > 0 else 255 - _widest(255 - part, -pixels)
    return _alone(Image.fromarray(wider), mask.size, box)


def feather(mask: Image.Image, width: int) -> Image.Image:
    """A mask softened outwards: itself where it was white, a ramp over at most ``width`` pixels outside, 0 beyond.

    Grown by half the width, then averaged over a square that reaches as far, so that the ramp ends where it says.
    """
    reach = width // 2
    box = around(mask, 2 * reach)
    if not reach or box is None:
        return mask
    part = mask.crop(box)
    ramp = Image.fromarray(_widest(np.asarray(part), reach)).filter(ImageFilter.BoxBlur(reach))
    return _alone(ImageChops.lighter(part, ramp), mask.size, box)


def hardened(mask: Image.Image) -> Image.Image:
    """All that is not black made white."""
    return mask.point([0] + [255] * 255)


def around(mask: Image.Image, reach: int) -> Box | None:
    """The box (left, top, right, bottom) of all that is not black, ``reach`` pixels wider; None where all is black."""
    box = mask.getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    return max(left - reach, 0), max(top - reach, 0), min(right + reach, mask.width), min(bottom + reach, mask.height)


def _alone(part: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    """A part of a mask in its place, with black around it."""
    whole = Image.new("L", size)
    whole.paste(part, box)
    return whole


def _widest(values: np.ndarray, reach: int) -> np.ndarray:
    """The maximum over a square, one direction after the other: each pass doubles how far a pixel has seen."""
    size = 2 * reach + 1
    for axis in (0, 1):
        ends = [(reach, reach) if side == axis else (0, 0) for side in (0, 1)]
        values, seen = np.moveaxis(np.pad(values, ends), axis, 0), 1
        while seen < size:
            step = min(seen, size - seen)
            values, seen = np.maximum(values[:-step], values[step:]), seen + step
        values = np.moveaxis(values, 0, axis)
    return values


def to_weights(mask: Image.Image) -> Tensor:
    """A mask as weights (1, height, width) in [0, 1]."""
    import torch

    return torch.from_numpy(np.asarray(mask, dtype=np.float32))[None] / 255


def to_cells(weights: Tensor, downscale: int) -> Tensor:
    """The latent cells (1, h, w) that a mask touches: 1 where any of a cell's pixels is to change, else 0.

    By maximum, not by average: a half-covered cell that kept its content would show it through the mask.
    """
    return (to_graded_cells(weights, downscale) > 0).float()


def to_graded_cells(weights: Tensor, downscale: int) -> Tensor:
    """The most that any pixel of a latent cell is to change, (1, h, w) in [0, 1]."""
    import torch.nn.functional as F

    return F.max_pool2d(weights[None], downscale)[0]

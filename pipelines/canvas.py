"""Pixel geometry: pictures to tensors and back, growing a canvas, fitting it to what a model can take.

Outside, pictures are PIL; inside, pixels are float32 tensors (3, height, width) in [-1, 1].
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from pipelines.depth import DEEP, eight_bits, low_bytes, with_low_bytes
from pipelines.requests import Margins

MIRROR_LIMIT = 2
"""A margin wider than this many times the picture would show more seams than picture: the edge is drawn out instead."""


def plain(picture: Image.Image) -> Image.Image:
    """The picture as grey or colours, with or without transparency (mode L, LA, RGB or RGBA), or as 16-bit grey."""
    if picture.mode in ("L", "LA", "RGB", "RGBA", DEEP) and "transparency" not in picture.info:
        return picture
    return keep_facts(picture.convert("RGBA" if picture.has_transparency_data else "RGB"), picture)


def keep_facts(result: Image.Image, picture: Image.Image) -> Image.Image:
    """``result`` with the colour profile and the resolution that say how ``picture`` is to be shown."""
    result.info = {name: picture.info[name] for name in ("icc_profile", "dpi") if name in picture.info}
    return result


def to_pixels(picture: Image.Image) -> Tensor:
    """RGB pixels of any PIL picture; transparency is left out."""
    array = np.asarray(eight_bits(picture).convert("RGB"), dtype=np.float32)
    return torch.from_numpy(array).permute(2, 0, 1) / 255 * 2 - 1


def to_picture(pixels: Tensor) -> Image.Image:
    """An RGB picture of pixels in [-1, 1]; what lies outside is clamped."""
    array = (pixels / 2 + 0.5).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray((array * 255).round().astype(np.uint8))


def fit(picture: Image.Image, multiple: int) -> Image.Image:
    """The (plain) picture with its right and bottom edges drawn out to the next ``multiple`` of pixels."""
    right, bottom = -picture.width % multiple, -picture.height % multiple
    return _pad(picture, Margins(right=right, bottom=bottom), "edge") if right or bottom else picture


def fit_weights(weights: Tensor, multiple: int) -> Tensor:
    """Weights (1, height, width) drawn out in the same way."""
    below, right = -weights.shape[1] % multiple, -weights.shape[2] % multiple
    return F.pad(weights, (0, right, 0, below), mode="replicate")


def grow(picture: Image.Image, margins: Margins) -> tuple[Image.Image, Image.Image]:
    """The canvas with ``margins`` around a (plain) ``picture``, and the mask of what is new.

    New pixels show the picture mirrored, which gives the autoencoder plausible colours beside the old edge; new pixels
    of a picture with transparency are opaque.
    """
    wide = margins.left + margins.right > MIRROR_LIMIT * picture.width
    high = margins.top + margins.bottom > MIRROR_LIMIT * picture.height
    grown = _pad(picture, margins, "edge" if wide or high else "symmetric")
    mask = Image.new("L", grown.size, 255)
    mask.paste(0, (margins.left, margins.top, margins.left + picture.width, margins.top + picture.height))
    if "A" in grown.getbands():
        alpha = grown.getchannel("A")
        alpha.paste(255, mask=mask)
        grown.putalpha(alpha)
    low = low_bytes(picture)
    return with_low_bytes(keep_facts(grown, picture), low and grow(low, margins)[0]), mask


def _pad(picture: Image.Image, margins: Margins, mode: str) -> Image.Image:
    array = np.asarray(picture)
    sides = [(margins.top, margins.bottom), (margins.left, margins.right)] + [(0, 0)] * (array.ndim - 2)
    return Image.fromarray(np.pad(array, sides, mode=mode))  # type: ignore[call-overload]

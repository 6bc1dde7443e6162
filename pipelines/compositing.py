"""Paste-back: the painted picture within the mask, the old one outside it, byte for byte."""

from __future__ import annotations

import numpy as np
from PIL import Image

from pipelines.depth import DEEP


def paste(original: Image.Image, painted: Image.Image, soft: Image.Image) -> Image.Image:
    """``painted`` (RGB) where ``soft`` (a mask) is white, the (plain) ``original`` where it is black, else a mixture.

    Transparency of the original is kept, and so are its 16 bits of grey: what is painted becomes grey as well then.
    """
    if original.mode == DEEP:
        return _paste_deep(original, painted, soft)
    picture = original.convert("RGB")
    picture.paste(painted, mask=soft)
    if "A" in original.getbands():
        picture.putalpha(original.getchannel("A"))
    return picture


def _paste_deep(original: Image.Image, painted: Image.Image, soft: Image.Image) -> Image.Image:
    """The same for 16-bit grey, which Pillow cannot blend."""
    pixels, share = np.array(original), np.asarray(soft)
    changed = share > 0
    old, new = pixels[changed].astype(np.float32), np.asarray(painted.convert("L"))[changed] * np.float32(257)
    pixels[changed] = np.rint(old + share[changed] / np.float32(255) * (new - old))
    return Image.fromarray(pixels)

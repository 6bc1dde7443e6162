"""Paste-back: the painted picture within the mask, the old one outside it, byte for byte."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor


def paste(original: Image.Image, painted: Image.Image, weights: Tensor) -> Image.Image:
    """``painted`` (RGB) where ``weights`` (1, height, width) are 1, ``original`` where they are 0, a mixture between.

    Transparency of the original is kept.  Where a weight is 0 the bytes are the original's own.
    """
    old = np.asarray(original.convert("RGB"))
    share = weights[0].cpu().numpy()[..., None]
    mixed = np.rint(old + share * (np.asarray(painted, dtype=np.float32) - old)).astype(np.uint8)
    picture = Image.fromarray(np.where(share > 0, mixed, old))
    if "A" in original.getbands():
        picture.putalpha(original.getchannel("A"))
    return picture

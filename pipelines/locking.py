"""The pixel lock: what lies outside a mask and its feather keeps its bytes, and here that is proved.

The proof is made from a request and its picture alone, whichever way the picture came about; so whoever has the two can
make it again.
"""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from pipelines.canvas import plain
from pipelines.depth import samples
from pipelines.errors import LockBroken
from pipelines.events import Proof
from pipelines.masks import around, grown, hardened
from pipelines.requests import Inpaint


def prove(request: Inpaint, picture: Image.Image) -> Proof:
    """The proof that ``picture`` keeps what ``request`` locks; LockBroken where it does not."""
    if picture.size != request.image.size:
        raise LockBroken("The picture came out of another size than the one it was made from: please report this.")
    wanted = grown(request.mask, request.grow)
    new = hardened(wanted) if request.graded else wanted
    free = grown(wanted, request.feather)
    before = plain(request.image)
    if before.mode != picture.mode:
        before = before.convert(picture.mode)
    pixels = free.width * free.height
    locked, repainted = free.histogram()[0] / pixels, new.histogram()[255] / pixels
    proof = Proof(locked, 1 - locked - repainted, repainted, _digest(before, free), _digest(picture, free))
    if proof.before != proof.after:
        raise LockBroken("A pixel outside the mask has changed, so the picture is not handed out: please report this.")
    return proof


def _digest(picture: Image.Image, free: Image.Image) -> str:
    """The SHA-256 of a picture's samples, row by row, with 0 for what is not black in ``free``."""
    left, top, right, bottom = around(free, 0) or (0, 0, 0, 0)
    pixels = samples(picture)
    beside = pixels[top:bottom].copy()
    beside[:, left:right][np.asarray(free.crop((left, top, right, bottom))) > 0] = 0
    digest = hashlib.sha256()
    for rows in (pixels[:top], beside, pixels[bottom:]):
        digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()

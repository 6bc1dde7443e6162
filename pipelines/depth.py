"""Pictures of 16 bits a channel.

Pillow has grey ones, mode I;16.  Of colours it has none, so that one is a picture of its samples' high bytes (RGB or
RGBA) which carries that of their low bytes, of the same mode, in ``info``.  Neither torch, Pillow nor NumPy is imported
until there is such a picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

DEEP = "I;16"
LOW = "low_bytes"


def low_bytes(picture: Image) -> Image | None:
    """The picture of the low bytes; None of a picture that has but 8 bits a channel, or is grey.

    Pillow hands ``info`` on where it cuts or resizes; low bytes of another size are those of what it was made from.
    """
    low: Image | None = picture.info.get(LOW)
    return low if low is not None and low.size == picture.size else None


def with_low_bytes(picture: Image, low: Image | None) -> Image:
    """The same picture, made to carry its low bytes where there are any."""
    if low is not None:
        picture.info[LOW] = low
    return picture


def keep_low_bytes(result: Image, original: Image, soft: Image, corner: tuple[int, int]) -> Image:
    """``result`` with the low bytes of the ``original`` where it was not repainted, if it has any.

    ``soft``: the mask of a part that lies at ``corner``.  A new sample of 8 bits is spread over 16, times 257, which is
    to repeat it as the low byte.
    """
    old = low_bytes(original)
    if old is None:
        return result
    low = old.copy()
    part = result.crop((*corner, corner[0] + soft.width, corner[1] + soft.height))
    low.paste(part, corner, soft.point([0] + [255] * 255))
    if "A" in low.getbands():
        low.putalpha(old.getchannel("A"))
    return with_low_bytes(result, low)


def eight_bits(picture: Image) -> Image:
    """16-bit grey scaled to mode L, which Pillow's own conversion would clip; any other picture as it is."""
    if picture.mode != DEEP:
        return picture
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.rint(np.asarray(picture) / np.float32(257)).astype(np.uint8))


def samples(picture: Image) -> np.ndarray:
    """Its samples as they are, (height, width) or (height, width, channels), of 8 bits or of 16."""
    import numpy as np

    high, low = np.asarray(picture), low_bytes(picture)
    return high if low is None else high.astype(np.uint16) << 8 | np.asarray(low)

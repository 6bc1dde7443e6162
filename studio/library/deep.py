"""PNG files of 16 bits a channel in colour, of which Pillow itself reads the high bytes only and writes none."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.depth import samples, with_low_bytes

Source = str | Path | io.BytesIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {"RGB": 2, "RGBA": 6}
BYTES_SWAPPED = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L", "LA;16B": "RGBA"}
"""How Pillow takes samples of 16 bits apart, and how it would if they began with the low byte.

Of grey with transparency it cannot, but takes the two bytes of both for four channels.
"""


def load(picture: Image.Image, source: Source) -> Image.Image:
    """All that is in an opened file; ``source`` is the same file, to be opened once more where it is deep."""
    tiles = getattr(picture, "tile", [])
    deep = picture.format == "PNG" and len(tiles) == 1 and tiles[0].args in BYTES_SWAPPED
    picture.load()
    return with_low_bytes(picture.copy(), _low_bytes(source) if deep else None)


def _low_bytes(source: Source) -> Image.Image:
    """The picture of the low bytes in a file, of the mode that Pillow gives the file."""
    with Image.open(source, formats=("PNG",)) as picture:
        (tile,) = picture.tile
        picture.tile = [tile._replace(args=BYTES_SWAPPED[str(tile.args)])]
        picture.load()
        if tile.args != "LA;16B":
            return picture.copy()
        _, grey, _, alpha = picture.split()
        merged = Image.merge("RGBA", (grey, grey, grey, alpha))
        merged.info = picture.info
        return merged


def png(picture: Image.Image, chunks: PngInfo, **options: object) -> bytes:
    """A picture that carries its low bytes as a PNG file of 16 bits a channel.

    Everything but header and pixels is as Pillow writes it for a picture of one pixel.
    """
    small = io.BytesIO()
    picture.crop((0, 0, 1, 1)).save(small, "PNG", pnginfo=chunks, **options)
    head = struct.pack(">IIBBBBB", *picture.size, 16, COLOUR_TYPES[picture.mode], 0, 0, 0)
    own = {b"IHDR": head, b"IDAT": zlib.compress(_filtered(samples(picture)), 4)}
    return SIGNATURE + b"".join(_chunk(kind, own.get(kind, data)) for kind, data in _chunks(small.getvalue()))


def _filtered(values: np.ndarray) -> bytes:
    """Rows of (height, width, channels) as PNG has them, each less the one above (filter type 2)."""
    rows = values.astype(">u2").reshape(len(values), -1).view(np.uint8)
    rows[1:] = rows[1:] - rows[:-1]
    return np.insert(rows, 0, 2, axis=1).tobytes()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

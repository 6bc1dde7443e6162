"""The parts of a picture file by the names that its format gives them; the pixels stay packed.

PNG: its chunks.  JPEG: its segments before the pixels, as APP0 … APP15, or their marker in hexadecimal.  WebP: the
chunks of its RIFF.  A file that ends too early, or is none of these, has the parts that can still be told.  Pillow is
not asked, which would have to decode the pixels to come to the text behind them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
START_OF_SCAN = 0xDA
MOST_TEXT = 16 * 2**20
"""Bytes that a packed text is unpacked to at most."""

Part = tuple[str, bytes]


def parts(data: bytes) -> Iterator[Part]:
    """Name and content of each part of a PNG, JPEG or WebP file."""
    if data.startswith(PNG):
        return _chunks(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _riff(data)
    return _segments(data) if data.startswith(b"\xff\xd8") else iter(())


def has_credentials(data: bytes) -> bool:
    """Whether a file holds a C2PA manifest; its signature is not looked at.

    C2PA 2.1, appendix A: a caBX chunk in PNG, a JUMBF box in APP11 segments of JPEG, a C2PA chunk in WebP.
    """
    return any(name in ("caBX", "C2PA") or (name == "APP11" and b"jumb" in content) for name, content in parts(data))


def texts(data: bytes) -> dict[str, str]:
    """The text chunks of a PNG file by their keywords (PNG 3rd edition, 11.3.3): tEXt, zTXt and iTXt."""
    found: dict[str, str] = {}
    for name, content in parts(data):
        if name in ("tEXt", "zTXt", "iTXt"):
            keyword, _, rest = content.partition(b"\0")
            found[keyword.decode("latin-1")] = _text(name, rest)
    return found


def _text(name: str, rest: bytes) -> str:
    """What follows the keyword, unpacked; as much of it as can be."""
    if name == "tEXt":
        return rest.decode("latin-1")
    if name == "zTXt":
        return _unpacked(rest[1:]).decode("latin-1")
    text = rest[2:].split(b"\0", 2)[-1]  # behind two bytes, a language and the keyword in that language
    return (_unpacked(text) if rest[:1] == b"\1" else text).decode("utf-8", "replace")


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MOST_TEXT)
    except zlib.error:
        return b""


def _chunks(data: bytes) -> Iterator[Part]:
    place = len(PNG)
    while place + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        yield name.decode("latin-1"), data[place + 8 : place + 8 + length]
        place += 12 + length


def _riff(data: bytes) -> Iterator[Part]:
    place = 12
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        yield name.decode("latin-1"), data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2  # chunks begin at even places


def _segments(data: bytes) -> Iterator[Part]:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != START_OF_SCAN:
        marker, length = struct.unpack_from(">xBH", data, place)
        name = f"APP{marker - 0xE0}" if 0xE0 <= marker <= 0xEF else f"{marker:02X}"
        yield name, data[place + 4 : place + 2 + length]
        place += 2 + max(length, 2)

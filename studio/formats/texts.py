"""What a picture file says in words, wherever its format keeps them.

PNG has text chunks.  JPEG and WebP have EXIF: A1111's way is the tag UserComment, Fooocus and ComfyUI write others.
All three have XMP.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pipelines.errors import UnreadableImage
from studio.formats import xmp
from studio.formats.containers import has_credentials, texts

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 256 * 2**20
"""Of a file that is read; a PNG of the largest picture with 16 bits a channel stays below."""

EXIF_IFD = 0x8769
USER_COMMENT = 0x9286
MAKER_NOTE = 0x927C
MAKE, MODEL, SOFTWARE = 0x010F, 0x0110, 0x0131
ENCODED = {b"UNICODE\0": "", b"ASCII\0\0\0": "ascii", b"\0" * 8: "utf-8"}
"""What stands before a UserComment, and what it is then written in; UTF-16 in either order where empty."""


@dataclass(frozen=True)
class Texts:
    """``chunks``: text chunks by keyword.  ``exif``: EXIF's tags that hold text, UserComment decoded.

    ``xmp``: what is understood of XMP.  ``credentials``: whether the file holds a C2PA manifest.  ``size``: in pixels.
    """

    chunks: Mapping[str, str] = field(default_factory=dict)
    exif: Mapping[int, str] = field(default_factory=dict)
    xmp: xmp.Xmp = field(default_factory=xmp.Xmp)
    credentials: bool = False
    size: tuple[int, int] = (0, 0)

    @property
    def parameters(self) -> str:
        """What A1111, Fooocus and SwarmUI write, each in its own way: the chunk of that name, or the UserComment."""
        return self.chunks.get("parameters", self.exif.get(USER_COMMENT, ""))


def read_texts(path: Path) -> Texts:
    """The words in a file; UnreadableImage where it is missing or no picture.  The pixels may be damaged."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES)
    except FileNotFoundError as error:
        raise UnreadableImage(f"There is no file {path}: check the path.") from error
    except OSError as error:
        raise UnreadableImage(f"{path} cannot be opened ({error.strerror}): give a picture file.") from error
    return checked_texts(str(path), data)


def checked_texts(name: str, data: bytes) -> Texts:
    """The words in a file's bytes; UnreadableImage where they are no picture, which is then called ``name``."""
    try:
        return texts_of(data)
    except Exception as error:
        raise UnreadableImage(f"{name} is not a picture that can be read: PNG, JPEG and WebP are accepted.") from error


def texts_of(data: bytes) -> Texts:
    """The words in a file's bytes; whatever Pillow raises where they are no picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            chunks = texts(data)
            packet = chunks.get(xmp.KEYWORD) or picture.info.get("xmp", "")
            return Texts(chunks, _exif(picture), xmp.read(packet), has_credentials(data), picture.size)


def printable(text: str) -> str:
    """A text from a file as a terminal may show it, in which control characters would be commands."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def user_comment(text: str) -> bytes:
    """The value of UserComment as A1111 writes it, and as its readers expect: UTF-16, high byte first."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def _exif(picture: Image.Image) -> dict[int, str]:
    try:
        exif = picture.getexif()
        tags = dict(exif) | dict(exif.get_ifd(EXIF_IFD))
    except Exception:
        return {}
    return {tag: text for tag, value in tags.items() if (text := _decoded(value))}


def _decoded(value: Any) -> str:
    """A tag's text: text as it is, bytes by what they say of themselves."""
    if isinstance(value, str):
        return value.strip("\0")
    if not isinstance(value, bytes):
        return ""
    head, rest = value[:8], value[8:]
    encoding = ENCODED.get(head)
    if encoding is None:
        return value.decode("utf-8", "ignore").strip("\0")
    return rest.decode(encoding or _utf16(rest), "replace").strip("\0")


def _utf16(data: bytes) -> str:
    """Which byte comes first: of Latin letters and blanks, which any of these texts has, the high one is 0."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return "utf-16-be" if data[0::2].count(0) >= data[1::2].count(0) else "utf-16-le"

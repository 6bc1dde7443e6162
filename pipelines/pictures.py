"""What a request does with its pictures before anything is made of them; imports neither torch nor Pillow by itself."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from pipelines.depth import low_bytes, with_low_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

ORIENTATION = 0x0112
"""The tag of EXIF that says how a picture is to be turned."""


def picture_key(picture: Image) -> str:
    """SHA-256 of a picture's mode, size and pixels, as hexadecimal text."""
    head = f"{picture.mode} {picture.width}x{picture.height}\n".encode()
    colours = picture.palette.tobytes() + repr(picture.info.get("transparency")).encode() if picture.palette else b""
    low = low_bytes(picture)
    return hashlib.sha256(head + picture.tobytes() + (low.tobytes() if low else colours)).hexdigest()


def upright(picture: Image) -> Image:
    """The picture turned as its EXIF orientation says, and no longer saying so."""
    if picture.getexif().get(ORIENTATION, 1) == 1:
        return picture
    from PIL import ImageOps

    turned, low = ImageOps.exif_transpose(picture), low_bytes(picture)
    return with_low_bytes(turned, low and ImageOps.exif_transpose(low))


def pictures_in(value: Any) -> list[Image]:
    """The pictures among a request's values, and in the parts of it that have some."""
    if hasattr(value, "tobytes"):
        return [value]
    if isinstance(value, tuple):
        return [picture for each in value for picture in pictures_in(each)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [picture for own in vars(value).values() for picture in pictures_in(own)]
    return []


def plain_value(value: Any) -> Any:
    """A value of a request as JSON has it: pictures are named by their pixels."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain_value(own) for name, own in vars(value).items()}
    if isinstance(value, tuple) and any(map(dataclasses.is_dataclass, value)):
        return [plain_value(each) for each in value]
    if hasattr(value, "tobytes"):
        return {"sha256": picture_key(value)}
    return value

"""What a picture says of where it comes from, and keeping that when the picture is worked on.

Marks are the source type in XMP and content credentials (C2PA).  Credentials are bound to the bytes of their own file,
so that no copy can have them; that they were there is kept, and told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.formats import xmp
from studio.formats.containers import has_credentials
from studio.formats.texts import Texts
from studio.formats.xmp import EDITED, MADE, TERMS, Xmp

if TYPE_CHECKING:
    from PIL.Image import Image

MEANINGS = {
    MADE: "made wholly by a model",
    EDITED: "made by a model over or around a picture that it did not make",
    TERMS + "algorithmicMedia": "made by a program without a model",
    TERMS + "compositeSynthetic": "put together of pictures, some of them made by a model",
    TERMS + "compositeCapture": "put together of photos",
    TERMS + "digitalCapture": "a photo",
    TERMS + "computationalCapture": "a photo that a camera put together of several",
    TERMS + "negativeFilm": "a photo on film",
    TERMS + "digitalCreation": "drawn by a person",
    TERMS + "humanEdits": "worked on by a person",
}
"""IPTC's terms, as of 2025, in our words."""


def keep_origin(picture: Image, data: bytes) -> Image:
    """The same picture, made to carry the marks of its file in ``info``, and nothing else that its XMP says."""
    said = xmp.read(picture.info.pop("xmp", b"") or b"")
    kept = Xmp(said.source_type, credentials=said.credentials or has_credentials(data))
    if kept != Xmp():
        picture.info["xmp"] = kept.packet().encode()
    return picture


def origin(picture: Image) -> Xmp:
    """The marks of the file that a picture was opened from."""
    said = xmp.read(picture.info.get("xmp", b""))
    return Xmp(said.source_type, credentials=said.credentials)


def told(texts: Texts) -> list[str]:
    """The marks of a file, a line each."""
    lines = []
    if texts.xmp.source_type:
        term = texts.xmp.source_type
        meaning = f" ({MEANINGS[term]})" if term in MEANINGS else ""
        lines.append(f"IPTC digital source type: {term.removeprefix(TERMS)}{meaning}.")
    if texts.credentials:
        lines.append("Content credentials (C2PA) are in the file; whether their signature holds is not checked here.")
    if texts.xmp.credentials:
        lines.append("Content credentials (C2PA) were in the file that this is a copy of.")
    return lines

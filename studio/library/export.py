"""A picture as a file for elsewhere, JPEG, WebP or PNG: marked as made by a model, with its recipe if wanted."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.depth import eight_bits
from pipelines.errors import InvalidRequest, OutputError
from studio.formats import ours
from studio.formats.texts import EXIF_IFD, USER_COMMENT, Texts, read_texts, user_comment
from studio.formats.xmp import KEYWORD, Xmp
from studio.library.door import open_picture
from studio.library.files import write_whole

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
QUALITY = 92


def export(source: Path, target: Path, quality: int = QUALITY, recipe: bool = True) -> None:
    """Write the picture of one file into another, of the format that its name ends in, 8 bits a channel.

    ``quality``: 1 to 100; a WebP of 100 is lossless.  ``recipe``: whether prompt and settings go along; that a model
    made the picture is said in any case.  A file that is there already is not written over.
    """
    kind = KINDS.get(target.suffix.lower())
    if kind is None:
        raise InvalidRequest(f"{target.name} should end in one of {', '.join(KINDS)}, which says the format.")
    if target.exists():
        raise OutputError(f"There is a file {target} already: choose another name.")
    write_whole(target, exported(source, kind, quality, recipe))


def exported(source: Path, kind: str, quality: int = QUALITY, recipe: bool = True) -> bytes:
    """The same as the bytes of a file.  ``kind``: PNG, JPEG or WEBP."""
    picture = eight_bits(open_picture(source))
    if kind == "JPEG" and picture.mode == "RGBA":
        raise InvalidRequest("JPEG has no transparency: choose WebP (.webp) or PNG (.png).")
    return _encoded(picture, kind, quality, read_texts(source), recipe)


def _encoded(picture: Image.Image, kind: str, quality: int, texts: Texts, recipe: bool) -> bytes:
    xmp = Xmp(texts.xmp.source_type, ours.text(texts) if recipe else "", texts.xmp.credentials or texts.credentials)
    options: dict[str, Any] = {"lossless": quality == 100, "method": 4} if kind == "WEBP" else {}
    options |= {name: picture.info[name] for name in ("icc_profile", "dpi") if name in picture.info}
    if kind == "PNG":
        options |= {"pnginfo": _chunks(xmp, texts.parameters if recipe else "")}
    else:
        options |= {"quality": quality, "xmp": xmp.packet().encode()}
        options |= {"exif": _exif(texts.parameters)} if recipe and texts.parameters else {}
    file = io.BytesIO()
    try:
        picture.save(file, kind, **options)
    except ValueError as error:
        raise InvalidRequest(f"The recipe is too long for a file of this format ({error}): choose PNG.") from error
    return file.getvalue()


def _chunks(xmp: Xmp, text: str) -> PngInfo:
    chunks = PngInfo()
    if text:
        chunks.add_text("parameters", text)
    if xmp.recipe:
        chunks.add_itxt(ours.CHUNK, xmp.recipe)
    chunks.add_itxt(KEYWORD, replace(xmp, recipe="").packet())
    return chunks


def _exif(text: str) -> bytes:
    """EXIF with the text in its UserComment, where A1111 writes and reads it."""
    exif = Image.Exif()
    exif.get_ifd(EXIF_IFD)[USER_COMMENT] = user_comment(text)
    return exif.tobytes()

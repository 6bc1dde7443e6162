"""Everything needed to make a picture again, kept in the picture's own file.

It is canonical JSON in a PNG text chunk (iTXt, so any script survives) named ``diffusion-studio``; in files of other
formats that were made from one of ours, it stands in XMP.  Beside it are a text that A1111 and its like read, and the
mark that a model made the picture.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.adapters.used import Used
from pipelines.depth import low_bytes
from pipelines.errors import UnreadableImage
from pipelines.events import Proof
from pipelines.pictures import picture_key
from pipelines.requests import Request
from studio.formats import xmp
from studio.formats.marks import origin
from studio.formats.ours import CHUNK
from studio.formats.parameters import parameters
from studio.formats.xmp import EDITED, MADE, Xmp
from studio.library import deep
from studio.settings import version

FORMATS = ("PNG", "JPEG", "WEBP")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """``request``: of this one picture.  ``model``: its reference.  ``on``: device, precision, attention as was.
    ``file``: the model's mark, as ``Models.mark`` has it.

    ``proof``: that the picture keeps what its mask does not cover.  ``pixels``: SHA-256 of the picture itself, as
    ``pipelines.pictures`` has it.  ``source_type``: how it came to be, as an IPTC term.  ``adapters``: LoRAs and the
    like that were on, by name, weight and the hash of their file.
    """

    request: Request
    model: str
    title: str
    on: Mapping[str, str] = field(default_factory=dict)
    created: str = field(default_factory=_now)
    studio: str = field(default_factory=version)
    proof: Proof | None = None
    pixels: str = ""
    source_type: str = ""
    adapters: tuple[Used, ...] = ()
    file: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Canonical: sorted keys, no spaces."""
        proof = None if self.proof is None else vars(self.proof)
        data = vars(self) | {"request": self.request.to_dict(), "on": dict(self.on), "proof": proof}
        data |= {"adapters": [vars(each) for each in self.adapters]}
        return json.dumps(
            data | {"origin": _origin(self.request)}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )


def _origin(request: Request) -> dict[str, Any]:
    """The marks of the picture that was worked on, so that they are not lost with it; empty where it had none."""
    source = getattr(request, "image", None)
    found = Xmp() if source is None else origin(source)
    told = {"source_type": found.source_type, "credentials": found.credentials}
    return {name: value for name, value in told.items() if value}


def source_key(data: Mapping[str, Any]) -> str:
    """The SHA-256 of the picture that a request, as plain data, works on; empty where it begins with none."""
    image = data.get("image")
    return str(image.get("sha256", "")) if isinstance(image, Mapping) else ""


def source_type(task: str, of_ours: bool) -> str:
    """How a result came to be.  ``of_ours``: whether the picture it was made from is wholly a model's."""
    return MADE if task == "text_to_image" or of_ours else EDITED


def png(picture: Image.Image, recipe: Recipe | None = None) -> bytes:
    """A picture as a PNG file, pixels, mode, profile and resolution exact, with its texts before the pixels."""
    chunks = _said(picture, recipe)
    file = io.BytesIO()
    options = {"dpi": picture.info["dpi"]} if "dpi" in picture.info else {}
    if low_bytes(picture) is not None:
        return deep.png(picture, chunks, **options)
    try:
        picture.save(file, "PNG", pnginfo=chunks, compress_level=4, **options)
    except OSError as error:
        raise UnreadableImage(f"A picture of mode {picture.mode} cannot be kept: convert it to RGB.") from error
    return file.getvalue()


def _said(picture: Image.Image, recipe: Recipe | None) -> PngInfo:
    """The text chunks of a result, or of an input, which keeps the marks that it came with."""
    chunks = PngInfo()
    if recipe is None:
        kept = origin(picture)
        if kept != Xmp():
            chunks.add_itxt(xmp.KEYWORD, kept.packet())
        return chunks
    chunks.add_itxt(CHUNK, recipe.to_json())
    chunks.add_text("parameters", parameters(recipe.request, picture.size, recipe.title, recipe.studio))
    chunks.add_itxt(xmp.KEYWORD, Xmp(recipe.source_type or source_type(recipe.request.task, False)).packet())
    return chunks


def pixels(path: Path) -> str:
    """The SHA-256 of the pixels that a PNG file really has; UnreadableImage where they are damaged."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return picture_key(deep.load(picture, path))
    except Exception as error:
        raise UnreadableImage(f"{path} is damaged, so its pixels cannot be read.") from error


def read(path: Path) -> dict[str, Any]:
    """The recipe in a file, as plain data; UnreadableImage where there is none."""
    return head(path)[0]


def head(path: Path) -> tuple[dict[str, Any], tuple[int, int]]:
    """The recipe in a file, and the picture's width and height; UnreadableImage where there is none."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            text = picture.info.get(CHUNK) or xmp.read(picture.info.get("xmp", b"")).recipe
            if not text:
                raise UnreadableImage(f"{path} holds no recipe: another program made it, or saved it again.")
            data, size = json.loads(text), picture.size
    except UnreadableImage:
        raise
    except FileNotFoundError as error:
        raise UnreadableImage(f"There is no file {path}: check the path.") from error
    except Exception as error:
        raise UnreadableImage(f"{path} is damaged, so its recipe cannot be read.") from error
    if not isinstance(data, dict):
        raise UnreadableImage(f"{path} is damaged, so its recipe cannot be read.")
    return data, size

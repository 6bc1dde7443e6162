"""Everything needed to make a picture again, kept in the picture's own file.

It is canonical JSON in a PNG text chunk (iTXt, so any script survives) named ``diffusion-studio``.
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

from pipelines.depth import low_bytes
from pipelines.errors import UnreadableImage
from pipelines.events import Proof
from pipelines.requests import Request
from studio.library import deep
from studio.settings import version

CHUNK = "diffusion-studio"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """``request``: of this one picture.  ``model``: its reference.  ``on``: device, precision, attention as was.

    ``proof``: that the picture keeps what its mask does not cover.
    """

    request: Request
    model: str
    title: str
    on: Mapping[str, str] = field(default_factory=dict)
    created: str = field(default_factory=_now)
    studio: str = field(default_factory=version)
    proof: Proof | None = None

    def to_json(self) -> str:
        """Canonical: sorted keys, no spaces."""
        proof = None if self.proof is None else vars(self.proof)
        data = vars(self) | {"request": self.request.to_dict(), "on": dict(self.on), "proof": proof}
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def png(picture: Image.Image, recipe: Recipe | None = None) -> bytes:
    """A picture as a PNG file, pixels, mode, profile and resolution exact, with its recipe before the pixels."""
    chunks = PngInfo()
    if recipe is not None:
        chunks.add_itxt(CHUNK, recipe.to_json())
    file = io.BytesIO()
    options = {"dpi": picture.info["dpi"]} if "dpi" in picture.info else {}
    if low_bytes(picture) is not None:
        return deep.png(picture, chunks, **options)
    try:
        picture.save(file, "PNG", pnginfo=chunks, compress_level=4, **options)
    except OSError as error:
        raise UnreadableImage(f"A picture of mode {picture.mode} cannot be kept: convert it to RGB.") from error
    return file.getvalue()


def read(path: Path) -> dict[str, Any]:
    """The recipe in a file, as plain data; UnreadableImage where there is none."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            data = json.loads(picture.info[CHUNK])
    except FileNotFoundError as error:
        raise UnreadableImage(f"There is no file {path}: check the path.") from error
    except KeyError as error:
        raise UnreadableImage(f"{path} holds no recipe: another program made it, or saved it again.") from error
    except Exception as error:
        raise UnreadableImage(f"{path} is damaged, so its recipe cannot be read.") from error
    if not isinstance(data, dict):
        raise UnreadableImage(f"{path} is damaged, so its recipe cannot be read.")
    return data

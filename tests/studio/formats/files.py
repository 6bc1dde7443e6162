"""Files as other programs write them, made with Pillow alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

Tags = Mapping[int, str | bytes]


def png(path: Path, chunks: Mapping[str, str], size: tuple[int, int] = (16, 16)) -> Path:
    """A PNG with text chunks: tEXt where the text is Latin-1, iTXt elsewhere."""
    info = PngInfo()
    for name, text in chunks.items():
        info.add_text(name, text)
    Image.new("RGB", size, "teal").save(path, pnginfo=info)
    return path


def photo(path: Path, main: Tags | None = None, inner: Tags | None = None) -> Path:
    """A JPEG or WebP with EXIF tags: of the picture itself, and of EXIF's own part."""
    exif = Image.Exif()
    for tag, value in (main or {}).items():
        exif[tag] = value
    for tag, value in (inner or {}).items():
        exif.get_ifd(0x8769)[tag] = value
    Image.new("RGB", (16, 16), "teal").save(path, exif=exif.tobytes())
    return path

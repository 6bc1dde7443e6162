"""Small copies of pictures, each made when it is first asked for and kept beside the index.

    outputs/.studio/thumbnails/<id>-<side>.webp

An id never gets another picture, so that a copy is right for as long as it is there; thrown away, it is made again.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from PIL import Image

from pipelines.depth import eight_bits
from pipelines.errors import InvalidRequest, OutputError
from studio.library.door import open_picture
from studio.library.files import remove, write_whole

SIDES = (320, 1280)
"""Pixels of the longer side: as a tile, and as a whole screen.  A picture that is smaller stays as it is."""

QUALITY = 84


class Thumbnails:
    """Of the pictures in ``outputs``."""

    def __init__(self, outputs: Path) -> None:
        self.folder = outputs / ".studio" / "thumbnails"

    def place(self, id: str, side: int) -> Path:
        """Where a copy is once it is made.  ``id`` must be one that the library knows."""
        if side not in SIDES:
            raise InvalidRequest(f"Thumbnails have a side of {' or '.join(map(str, SIDES))} pixels, not {side}.")
        return self.folder / f"{id}-{side}.webp"

    def kept(self, id: str, side: int) -> bytes | None:
        """A copy that was made before; None where there is none, or where a crash has left only a part of it."""
        try:
            data = self.place(id, side).read_bytes()
        except OSError:
            return None
        return data if len(data) == 8 + int.from_bytes(data[4:8], "little") else None  # the length that RIFF says

    def make(self, id: str, source: Path, side: int) -> bytes:
        """Make a copy of the picture in a file, and keep it if there is room; UnreadableImage where it is damaged."""
        data = shrunk(source, side)
        with contextlib.suppress(OutputError):
            write_whole(self.place(id, side), data, lasting=False)
        return data

    def forget(self, id: str) -> None:
        """Remove the copies of a picture that is no more."""
        for side in SIDES:
            remove(self.place(id, side))


def shrunk(source: Path, side: int) -> bytes:
    """A file's picture as a WebP file that fits into a square, 8 bits a channel."""
    picture = eight_bits(open_picture(source))
    picture = picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGB")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=2, icc_profile=picture.info.get("icc_profile"))
    return file.getvalue()

"""A grid's sheets as files, in a folder of their own beside the pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.formats import xmp
from studio.formats.xmp import EDITED, MADE, Xmp
from studio.grids.grid import Grid
from studio.grids.sheet import sheets
from studio.library.files import write_whole

FOLDER = "grids"


def save(grid: Grid, pictures: Sequence[Image.Image | None], outputs: Path) -> list[Path]:
    """Write the sheets of a grid, marked as made by a model; OutputError where that fails."""
    stamp = datetime.now(UTC).astimezone()
    named = "-".join(axis.name for axis in grid.axes)
    name = f"{stamp:%Y-%m-%d_%H%M%S}.{stamp.microsecond // 1000:03d}_{named}"
    paths = []
    for number, sheet in enumerate(sheets(grid.labels, pictures), 1):
        path = outputs / FOLDER / f"{name}_{number}.png"
        write_whole(path, png(sheet, grid.requests[0].task))
        paths.append(path)
    return paths


def png(sheet: Image.Image, task: str) -> bytes:
    """The file of a sheet, marked as made by a model that was given this task."""
    chunks = PngInfo()
    chunks.add_itxt(xmp.KEYWORD, Xmp(MADE if task == "text_to_image" else EDITED).packet())
    file = io.BytesIO()
    sheet.save(file, "PNG", pnginfo=chunks)
    return file.getvalue()

"""The one door for pictures from outside: files, uploads.  What passes it is safe to work on.

Only bytes come in: nothing is fetched by address, and nothing is unpickled.  Their number, the format, the number of
parts and of pixels are judged before anything is decoded, since a small file can claim to be enormous, or ask for hours
of work (`headers.py`).  Damaged files make Pillow raise five unrelated kinds of exception, so any of them is caught
here: of a million (`benchmarks/fuzz.py`) none crashed, hung or got past.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from pipelines.checks import MAX_SIDE
from pipelines.depth import DEEP, low_bytes
from pipelines.errors import UnreadableImage
from pipelines.masks import as_mask
from pipelines.pictures import upright
from studio.formats.marks import keep_origin
from studio.library.deep import load
from studio.library.headers import check_parts

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = MAX_SIDE * MAX_SIDE
MOST_BYTES = 256 * 2**20
"""Twice what the largest picture has with four channels of 16 bits."""

Source = str | Path | bytes


def open_picture(source: Source) -> Image.Image:
    """A picture from a file or from a file's bytes, upright: RGB, or RGBA where it has transparency.

    16-bit grey stays so (mode I;16), and colours of 16 bits carry their low bytes (``pipelines.depth``).
    UnreadableImage where it is missing, damaged, too large or of another format than PNG, JPEG and WebP.
    """
    return _open(source, _as_picture)


def open_mask(source: Source) -> Image.Image:
    """A mask: mode L, white = repaint.  Colours become their lightness; what is transparent is black, which keeps."""
    return _open(source, as_mask)


def _as_picture(picture: Image.Image) -> Image.Image:
    if picture.mode == DEEP:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _open(source: Source, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """A picture past all that can go wrong, in its conversion too: it may give transparency to colours it has not."""
    name = "The upload" if isinstance(source, bytes) else str(source)
    try:
        return convert(_decoded(name, _bytes(name, source)))
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImage(f"{name} is not a picture that can be read: PNG, JPEG and WebP are accepted.") from error
    except FileNotFoundError as error:
        raise UnreadableImage(f"There is no file {name}: check the path.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise UnreadableImage(f"{name} cannot be opened ({error.strerror}): give a picture file.") from error
    except Exception as error:
        raise UnreadableImage(f"{name} is damaged and cannot be read: save or download it again.") from error


def _bytes(name: str, source: Source) -> bytes:
    """All of a file, but no more than a picture may have: a pipe or a device may never end."""
    if isinstance(source, bytes):
        data = source
    else:
        with Path(source).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadableImage(f"{name} is larger than {MOST_BYTES // 2**20} MB: shrink the picture.")
    return data


def _decoded(name: str, data: bytes) -> Image.Image:
    check_parts(name, data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _check_size(name, picture)
            _check_frames(name, picture)
            opened = keep_origin(upright(load(picture, io.BytesIO(data))), data)
    if "transparency" in opened.info and (opened.mode == DEEP or low_bytes(opened)):
        raise UnreadableImage(f"{name} has 16 bits and one colour of clear: save it with an alpha channel.")
    return opened


def _check_size(name: str, picture: Image.Image) -> None:
    width, height = picture.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadableImage(f"{name} is {width}x{height}; sides may be at most {MAX_SIDE} pixels: shrink it.")


def _check_frames(name: str, picture: Image.Image) -> None:
    """Refuse animations; the second picture in a photo (a thumbnail, a map of its lights) is nobody's frame."""
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format != "MPO":
        raise UnreadableImage(f"{name} is an animation of {frames} frames: save the one that is meant as a picture.")

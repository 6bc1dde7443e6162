"""The one door for pictures from outside: files, uploads.  What passes it is safe to work on.

The formats and the number of pixels are judged by the header, before anything is decoded; a small file can claim to be
enormous.  Over 300,000 damaged files Pillow raised five unrelated kinds of exception, so any of them is caught here.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from pipelines.checks import MAX_SIDE
from pipelines.depth import DEEP, low_bytes
from pipelines.errors import UnreadableImage
from pipelines.masks import as_mask
from pipelines.pictures import upright
from studio.library.deep import load

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = MAX_SIDE * MAX_SIDE

Source = str | Path | bytes


def open_picture(source: Source) -> Image.Image:
    """A picture from a file or from a file's bytes, upright: RGB, or RGBA where it has transparency.

    16-bit grey stays so (mode I;16), and colours of 16 bits carry their low bytes (``pipelines.depth``).
    UnreadableImage where it is missing, damaged, too large or of another format than PNG, JPEG and WebP.
    """
    picture = _open(source)
    if picture.mode == DEEP:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def open_mask(source: Source) -> Image.Image:
    """A mask: mode L, white = repaint.  Colours become their lightness; what is transparent is black, which keeps."""
    return as_mask(_open(source))


def _open(source: Source) -> Image.Image:
    name = "The upload" if isinstance(source, bytes) else str(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(_file(source), formats=FORMATS) as picture:
                _check_size(name, picture)
                opened = upright(load(picture, _file(source)))
        if "transparency" in opened.info and (opened.mode == DEEP or low_bytes(opened)):
            raise UnreadableImage(f"{name} has 16 bits and one colour of clear: save it with an alpha channel.")
        return opened
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


def _file(source: Source) -> io.BytesIO | str | Path:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _check_size(name: str, picture: Image.Image) -> None:
    width, height = picture.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadableImage(f"{name} is {width}x{height}; sides may be at most {MAX_SIDE} pixels: shrink it.")

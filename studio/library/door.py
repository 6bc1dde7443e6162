"""The one door for pictures from outside: files, uploads.  What passes it is safe to work on.

The formats and the number of pixels are judged by the header, before anything is decoded; a small file can claim to be
enormous.  Over 300,000 damaged files Pillow raised five unrelated kinds of exception, so any of them is caught here.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from pipelines.checks import MAX_SIDE
from pipelines.errors import UnreadableImage

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = MAX_SIDE * MAX_SIDE

Source = str | Path | bytes


def open_picture(source: Source) -> Image.Image:
    """A picture from a file or from a file's bytes, upright: RGB, or RGBA where it has transparency.

    UnreadableImage where it is missing, damaged, too large or of another format than PNG, JPEG and WebP.
    """
    return _to_colour(_open(source))


def open_mask(source: Source) -> Image.Image:
    """A mask: mode L, white = repaint.  Colours become their lightness; what is transparent is black, which keeps."""
    picture = _to_colour(_open(source))
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture)
    return picture.convert("L")


def _open(source: Source) -> Image.Image:
    name = "The upload" if isinstance(source, bytes) else str(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as picture:
                _check_size(name, picture)
                picture.load()
                return ImageOps.exif_transpose(picture)
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


def _check_size(name: str, picture: Image.Image) -> None:
    width, height = picture.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadableImage(f"{name} is {width}x{height}; sides may be at most {MAX_SIDE} pixels: shrink it.")


def _to_colour(picture: Image.Image) -> Image.Image:
    """RGB or RGBA.  16-bit grey is scaled: Pillow's own conversion would clip all above 255 to white."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")

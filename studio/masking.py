"""Where the mask of the command line comes from: a file, the picture itself, or what is drawn by numbers.

Light on purpose, as ``studio.arguments`` is: Pillow is imported when there is a mask to make.
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import InvalidRequest, UnreadableImage
from studio.options import Length, length, whole

if TYPE_CHECKING:
    from PIL.Image import Image

SOURCES = {
    "mask": "--mask FILE",
    "mask_alpha": "--mask-alpha",
    "mask_colour": "--mask-colour COLOUR",
    "mask_strokes": "--mask-strokes FILE",
    "mask_box": "--mask-box X,Y,W,H",
}
"""By the names of their options, and as they are given."""

USUAL_TOLERANCE = 16
MOST_BYTES = 4 * 2**20
"""Of a file of strokes."""


def add_masks(parser: argparse.ArgumentParser) -> None:
    """The options that say what is repainted."""
    group = parser.add_argument_group("what is repainted (one of these)")
    group.add_argument(
        "--mask", metavar="FILE", help="what is white in a picture of the same size, or a folder of such"
    )
    group.add_argument("--mask-alpha", action="store_true", default=None, help="what is transparent, made opaque")
    group.add_argument("--mask-colour", metavar="COLOUR", help='what has a colour, such as "#ff00ff"')
    group.add_argument("--mask-strokes", metavar="FILE", help="what is drawn in a JSON file (pipelines/strokes.py)")
    group.add_argument(
        "--mask-box", type=_box, metavar="X,Y,W,H", help="a rectangle, in pixels or N%% of the picture's sides"
    )
    tolerance = f"how far from the colour, 0 to 255, in each of red, green and blue ({USUAL_TOLERANCE})"
    group.add_argument("--tolerance", type=whole, metavar="N", help=tolerance)
    group.add_argument("--invert", action="store_true", help="repaint what is kept, and keep the rest")


def masked(options: Namespace, picture: Image) -> tuple[Image, Image]:
    """The picture and its mask; where transparency is the mask, it has done its service and the picture is opaque."""
    from pipelines import masks

    source = source_of(options)
    if source == "mask_alpha":
        mask, picture = masks.from_alpha(picture), masks.opaque(picture)
    elif source == "mask_colour":
        tolerance = USUAL_TOLERANCE if options.tolerance is None else options.tolerance
        mask = masks.from_colour(picture, options.mask_colour, tolerance)
    else:
        mask = _drawn(source, options, picture)
    return picture, masks.inverted(mask) if options.invert else mask


def _drawn(source: str, options: Namespace, picture: Image) -> Image:
    from PIL import Image

    from pipelines.strokes import read
    from studio.library import open_mask

    if source == "mask":
        return open_mask(options.mask)
    if source == "mask_strokes":
        return read(_text(Path(options.mask_strokes))).mask(*picture.size)
    x, y, width, height = (length.pixels(side) for length, side in zip(options.mask_box, picture.size * 2, strict=True))
    if min(width, height) < 1:
        raise InvalidRequest("--mask-box needs a width and a height of at least one pixel: give X,Y,WIDTH,HEIGHT.")
    mask = Image.new("L", picture.size)
    mask.paste(255, (x, y, x + width, y + height))
    return mask


def source_of(options: Namespace) -> str:
    """The one option that was given; InvalidRequest where there is none, or more than one."""
    given = [name for name in SOURCES if getattr(options, name) is not None]
    ways = list(SOURCES.values())
    if not given:
        raise InvalidRequest(f"inpaint needs a mask: give one of {', '.join(ways[:-1])} or {ways[-1]}.")
    if len(given) > 1:
        named = " and ".join(SOURCES[name].split()[0] for name in given)
        raise InvalidRequest(f"inpaint takes one mask, but is given {named}: leave all but one out.")
    if options.tolerance is not None and given != ["mask_colour"]:
        raise InvalidRequest("--tolerance is that of --mask-colour: give a colour, or leave it out.")
    return given[0]


def _box(text: str) -> tuple[Length, ...]:
    parts = text.split(",")
    if len(parts) != 4:
        raise argparse.ArgumentTypeError(f"must be X,Y,WIDTH,HEIGHT such as 10,20,25%,100, but is {text!r}.")
    return tuple(length(part.strip()) for part in parts)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableImage(f"{path} is larger than {MOST_BYTES // 2**20} MB: draw simpler strokes.")
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise UnreadableImage(f"There is no file {path}: check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableImage(f"{path} cannot be read: give a JSON file of strokes.") from error

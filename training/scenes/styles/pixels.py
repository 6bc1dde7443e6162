"""Pixel art: few large squares, few colours, and ordered dithering between them."""

import numpy as np
from PIL import Image, ImageChops, ImageEnhance

from training.scenes.facts import Facts
from training.scenes.styles.fields import image, share
from training.scenes.styles.fields import pixels as channels_of

SQUARE = 4  # pixels a side: two squares to a cell of the autoencoder
SHADES, PAINTS = 20, 12  # colours of the palette for the scene, and for its things
BAYER = np.array(((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)), dtype=np.float32) / 16 - 0.47


def pixel_art(picture: Image.Image, mask: Image.Image, facts: Facts, chance: np.random.Generator) -> Image.Image:
    """Drawn small: things keep colours of their own and a dark outline, so that they are seen at once."""
    small, stencil = picture.reduce(SQUARE), mask.reduce(SQUARE).point(lambda value: 255 if value > 110 else 0)
    small = ImageEnhance.Color(small).enhance(1.15)
    palette = _palette(small, stencil)
    tiles = np.tile(BAYER, (small.height // 4 + 1, small.width // 4 + 1))[: small.height, : small.width, None]
    dithered = image(channels_of(small) + tiles * (17 - 12 * share(stencil)))
    drawn = dithered.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    if not facts.flowers:
        drawn.paste(drawn.point(lambda value: round(value * 0.45)), mask=_outline(stencil))
    return drawn.resize(picture.size, Image.Resampling.NEAREST)


def _palette(small: Image.Image, stencil: Image.Image) -> Image.Image:
    """A picture that holds the palette: the commonest colours of the scene, and those of its things."""
    colours = _commonest(small, SHADES)
    things = channels_of(small)[channels_of(stencil) > 0]
    if len(things):
        colours += _commonest(image(things[None]), PAINTS)
    palette = Image.new("P", (1, 1))
    palette.putpalette((colours * (256 * 3 // len(colours) + 1))[: 256 * 3])
    return palette


def _commonest(picture: Image.Image, number: int) -> list[int]:
    """Channels of so many colours, one after the other."""
    few = picture.quantize(number, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    return few.getpalette()[: 3 * len(few.getcolors())]


def _outline(stencil: Image.Image) -> Image.Image:
    """The squares just outside the things, above, below and beside them."""
    moved = [ImageChops.offset(stencil, dx, dy) for dx, dy in ((1, 0), (-1, 0), (0, -1), (0, 1))]
    grown = stencil
    for other in moved:
        grown = ImageChops.lighter(grown, other)
    return ImageChops.subtract(grown, stencil)

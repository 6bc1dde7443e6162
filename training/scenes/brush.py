"""A brush that paints on a canvas twice as fine as the picture, under the light of the hour.

Its unit of length is 1/256 of the picture's smaller side, so whatever is painted fits pictures of every size.
"""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from training.scenes.palette import Colour, Light, mix

SIDE = 256  # pixels of a side of the usual picture, and units of the smaller side of any
FINE = 2  # the canvas is this many times finer; reducing it in the end smooths every edge

Point = tuple[float, float]


class Brush:
    """Shapes on a canvas. Colours are shaded by the light unless they `glow` by themselves (lamps, sun, sky).

    `veil` is the share of haze that lies over all that is painted next.
    """

    def __init__(self, canvas: Image.Image, light: Light) -> None:
        self.canvas = canvas
        self.light = light
        self.scale = min(canvas.size) / SIDE
        self.width, self.height = canvas.width / self.scale, canvas.height / self.scale
        self.veil = 0.0
        self._pen = ImageDraw.Draw(canvas)

    def shade(self, colour: Colour, glow: bool = False) -> tuple[int, int, int]:
        """The colour as it looks in this light, ready for Pillow."""
        tint = (1.0, 1.0, 1.0) if glow else self.light.tint
        lit = tuple(channel * share for channel, share in zip(colour, tint, strict=True))
        return tuple(round(channel) for channel in (mix(lit, self.light.haze, self.veil) if self.veil else lit))

    def polygon(self, points: Sequence[Point], colour: Colour, glow: bool = False) -> None:
        self._pen.polygon(self._fine(points), fill=self.shade(colour, glow))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, glow: bool = False) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, glow)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour, glow: bool = False) -> None:
        (left, top), (right, bottom) = self._fine([(x - rx, y - ry), (x + rx, y + ry)])
        self._pen.ellipse((left, top, right, bottom), fill=self.shade(colour, glow))

    def line(self, points: Sequence[Point], colour: Colour, width: float, glow: bool = False) -> None:
        wide = max(1, round(width * self.scale))
        self._pen.line(self._fine(points), fill=self.shade(colour, glow), width=wide, joint="curve")

    def ramp(self, outline: Sequence[Point], far: Colour, near: Colour, glow: bool = False) -> None:
        """Fill an outline with a smooth change of colour from its top to its bottom."""
        top, bottom = min(y for _, y in outline), max(y for _, y in outline)
        steps = Image.new("RGB", (1, 2))
        steps.putdata([self.shade(far, glow), self.shade(near, glow)])
        height = max(1, round((bottom - top) * self.scale))
        band = steps.resize((self.canvas.width, height), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
        stencil = Image.new("1", band.size)
        ImageDraw.Draw(stencil).polygon(self._fine([(x, y - top) for x, y in outline]), fill=1)
        self.canvas.paste(band, (0, round(top * self.scale)), stencil)

    def _fine(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.scale, y * self.scale) for x, y in points]

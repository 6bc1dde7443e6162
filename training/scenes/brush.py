"""A brush that paints in picture coordinates on a canvas twice as fine, under the light of the hour."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from training.scenes.palette import Colour, Light

SIDE = 256  # pixels of the finished picture
FINE = 2  # the canvas is this many times finer; reducing it in the end smooths every edge

Point = tuple[float, float]


class Brush:
    """Shapes on a canvas. Colours are shaded by the light unless they `glow` by themselves (lamps, sun, sky)."""

    def __init__(self, canvas: Image.Image, light: Light) -> None:
        self.canvas = canvas
        self.light = light
        self._pen = ImageDraw.Draw(canvas)

    def shade(self, colour: Colour, glow: bool = False) -> tuple[int, int, int]:
        """The colour as it looks in this light, ready for Pillow."""
        tint = (1.0, 1.0, 1.0) if glow else self.light.tint
        return tuple(round(channel * share) for channel, share in zip(colour, tint, strict=True))

    def polygon(self, points: Sequence[Point], colour: Colour, glow: bool = False) -> None:
        self._pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=self.shade(colour, glow))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, glow: bool = False) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, glow)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour, glow: bool = False) -> None:
        corners = ((x - rx) * FINE, (y - ry) * FINE, (x + rx) * FINE, (y + ry) * FINE)
        self._pen.ellipse(corners, fill=self.shade(colour, glow))

    def line(self, points: Sequence[Point], colour: Colour, width: float, glow: bool = False) -> None:
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._pen.line(fine, fill=self.shade(colour, glow), width=round(width * FINE), joint="curve")

    def ramp(self, outline: Sequence[Point], far: Colour, near: Colour, glow: bool = False) -> None:
        """Fill an outline with a smooth change of colour from its top to its bottom."""
        top, bottom = min(y for _, y in outline), max(y for _, y in outline)
        steps = Image.new("RGB", (1, 2))
        steps.putdata([self.shade(far, glow), self.shade(near, glow)])
        height = max(1, round((bottom - top) * FINE))
        band = steps.resize((self.canvas.width, height), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
        stencil = Image.new("1", band.size)
        ImageDraw.Draw(stencil).polygon([(x * FINE, (y - top) * FINE) for x, y in outline], fill=1)
        self.canvas.paste(band, (0, round(top * FINE)), stencil)

"""What people built: houses, towers, windmills, lighthouses.

Each painter is given where a thing stands (x, and y of its foot), how tall it is, and its colour.
"""

from math import cos, pi, sin

from training.scenes.brush import Brush
from training.scenes.palette import PAINT, STONE, WOOD, Colour, darker

GLOW: Colour = (255, 226, 130)
BRICK: Colour = (164, 74, 54)


def house(brush: Brush, x: float, y: float, tall: float, colour: Colour, roof: str = "") -> None:
    wide, eaves = tall * 0.5, y - tall * 0.56
    tiles = PAINT[roof] if roof else STONE if colour == PAINT["red"] else BRICK
    brush.box(x + wide * 0.45, y - tall, x + wide * 0.68, eaves, darker(tiles, 0.3))
    brush.box(x - wide, eaves, x + wide, y, colour)
    brush.box(x + wide * 0.62, eaves, x + wide, y, darker(colour, 0.16))
    top = y - tall * 0.96
    brush.polygon(
        [(x - wide * 1.2, eaves), (x - wide * 0.72, top), (x + wide * 0.72, top), (x + wide * 1.2, eaves)], tiles
    )
    brush.box(x - wide * 1.2, eaves - 2, x + wide * 1.2, eaves + 2, darker(tiles, 0.25))
    brush.box(x - wide * 0.17, y - tall * 0.36, x + wide * 0.17, y, WOOD)
    for middle in (-0.58, 0.58):
        _window(brush, x + wide * middle, y - tall * 0.3, tall * 0.1)


def _window(brush: Brush, x: float, y: float, size: float) -> None:
    """A pane in a frame; when the lamps are lit it shines, whatever the hour does to colours."""
    brush.box(x - size * 1.2, y - size * 1.2, x + size * 1.2, y + size * 1.2, (250, 246, 236))
    lit = brush.light.lamps
    brush.box(x - size, y - size, x + size, y + size, GLOW if lit else (86, 120, 160), glow=lit)


def tower(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    """A castle's tower: battlements, narrow windows, a gate and a flag."""
    half, top = tall * 0.17, y - tall * 0.72
    brush.line([(x, top), (x, y - tall)], WOOD, 2)
    brush.polygon([(x, y - tall), (x + tall * 0.17, y - tall * 0.95), (x, y - tall * 0.9)], PAINT["blue"])
    brush.box(x - half, top, x + half, y, colour)
    brush.box(x + half * 0.45, top, x + half, y, darker(colour, 0.18))
    brush.box(x - half * 1.3, top, x + half * 1.3, top + tall * 0.09, darker(colour, 0.08))
    for index in range(4):
        left = x + half * (-1.3 + index * 0.72)
        brush.box(left, top - tall * 0.07, left + half * 0.44, top + 1, darker(colour, 0.08))
    brush.box(x - half * 0.4, y - tall * 0.16, x + half * 0.4, y, WOOD)
    brush.oval(x, y - tall * 0.16, half * 0.4, half * 0.4, WOOD)
    for up in (0.34, 0.53):
        lit = brush.light.lamps
        pane = GLOW if lit else darker(STONE, 0.55)
        brush.box(x - half * 0.18, y - tall * (up + 0.09), x + half * 0.18, y - tall * up, pane, glow=lit)


def lighthouse(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    white, half, neck = PAINT["white"], tall * 0.15, tall * 0.09
    for index in range(5):
        low, high = index / 5, (index + 1) / 5
        bottom, top = half + (neck - half) * low, half + (neck - half) * high
        y0, y1 = y - tall * 0.76 * low, y - tall * 0.76 * high
        paint = white if index % 2 else colour
        brush.polygon([(x - bottom, y0), (x + bottom, y0), (x + top, y1), (x - top, y1)], paint)
        brush.polygon(
            [(x + bottom * 0.4, y0), (x + bottom, y0), (x + top, y1), (x + top * 0.4, y1)], darker(paint, 0.18)
        )
    brush.box(x - neck * 1.5, y - tall * 0.79, x + neck * 1.5, y - tall * 0.76, STONE)
    brush.box(x - neck * 0.8, y - tall * 0.9, x + neck * 0.8, y - tall * 0.79, GLOW, glow=True)
    brush.polygon(
        [(x - neck * 1.2, y - tall * 0.9), (x, y - tall), (x + neck * 1.2, y - tall * 0.9)], darker(colour, 0.15)
    )


def windmill(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    half, neck, hub = tall * 0.2, tall * 0.12, (x, y - tall * 0.64)
    brush.polygon([(x - half, y), (x + half, y), (x + neck, hub[1]), (x - neck, hub[1])], colour)
    brush.polygon(
        [(x + half * 0.4, y), (x + half, y), (x + neck, hub[1]), (x + neck * 0.4, hub[1])], darker(colour, 0.16)
    )
    brush.polygon([(x - neck * 1.2, hub[1]), (x, y - tall * 0.84), (x + neck * 1.2, hub[1])], (110, 70, 56))
    brush.box(x - half * 0.25, y - tall * 0.2, x + half * 0.25, y, WOOD)
    for quarter in range(4):
        angle = pi * (quarter / 2 + 0.2)
        dx, dy = cos(angle) * tall * 0.4, sin(angle) * tall * 0.4
        brush.polygon(
            [hub, (hub[0] + dx, hub[1] + dy), (hub[0] + dx - dy * 0.24, hub[1] + dy + dx * 0.24)], (236, 224, 200)
        )
        brush.line([hub, (hub[0] + dx, hub[1] + dy)], WOOD, 2)
    brush.oval(*hub, 3, 3, WOOD)

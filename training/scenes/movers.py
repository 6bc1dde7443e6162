"""What moves: boats on the water, balloons and birds in the air, people.

Each painter is given where a thing stands (x, and y of its foot), how tall it is, and its colour.
"""

from training.scenes.brush import Brush
from training.scenes.palette import WOOD, Colour, darker, lighter, mix


def boat(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    wide, deck = tall * 0.42, y - tall * 0.17
    brush.oval(x, y + 2, wide * 1.05, 3, mix(WOOD, (40, 80, 120), 0.5))
    brush.polygon([(x - wide, deck), (x + wide, deck), (x + wide * 0.68, y + 2), (x - wide * 0.68, y + 2)], WOOD)
    brush.box(x - wide, deck - 1, x + wide, deck + 2, lighter(WOOD, 0.3))
    brush.line([(x, deck), (x, y - tall)], darker(WOOD), 2.4)
    brush.polygon([(x + 3, y - tall * 0.98), (x + wide * 0.95, deck - 4), (x + 3, deck - 4)], colour)
    brush.polygon([(x - 3, y - tall * 0.86), (x - 3, deck - 4), (x - wide * 0.72, deck - 4)], darker(colour, 0.14))


def balloon(brush: Brush, x: float, top: float, tall: float, colour: Colour) -> None:
    """Here the place is that of its top."""
    r = tall * 0.36
    middle, basket = top + r, top + tall * 0.88
    for side in (-1, 1):
        brush.line([(x + side * r * 0.5, middle + r * 0.8), (x + side * 4, basket)], WOOD, 1.4)
    brush.polygon(
        [
            (x - r * 0.94, middle + r * 0.34),
            (x + r * 0.94, middle + r * 0.34),
            (x + 5, top + tall * 0.78),
            (x - 5, top + tall * 0.78),
        ],
        colour,
    )
    brush.oval(x, middle, r, r, colour)
    brush.oval(x, middle, r * 0.55, r * 0.98, lighter(colour, 0.42))
    brush.polygon(
        [
            (x - r * 0.52, middle + r * 0.34),
            (x + r * 0.52, middle + r * 0.34),
            (x + 3, top + tall * 0.78),
            (x - 3, top + tall * 0.78),
        ],
        lighter(colour, 0.42),
    )
    brush.oval(x, middle, r * 0.2, r * 0.98, colour)
    brush.box(x - 6, basket, x + 6, top + tall, (150, 104, 62))


def birds(brush: Brush, x: float, top: float, tall: float, colour: Colour) -> None:
    """A flock of five, each two bent wings; the place is that of its top."""
    for dx, dy, size in ((0, 0.2, 1), (-0.62, 0.5, 0.85), (0.6, 0.44, 0.9), (-0.2, 0.78, 0.8), (0.36, 0.92, 0.75)):
        span = tall * 0.27 * size
        px, py = x + dx * tall * 0.8, top + dy * tall * 0.8
        for side in (-1, 1):
            bend = (px + side * span * 0.55, py - span * 0.5)
            wing = [
                (px, py + 1.6),
                bend,
                (px + side * span, py - span * 0.12),
                (px + side * span * 0.5, py - span * 0.14),
            ]
            brush.polygon(wing, colour, glow=True)
        brush.oval(px, py + 1, span * 0.16, span * 0.2, colour, glow=True)


def figure(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    """A person in a long coat and a hat, seen from afar."""
    skin, dark = (232, 190, 158), (58, 52, 66)
    hip, neck = y - tall * 0.3, y - tall * 0.76
    for side in (-1, 1):
        brush.line([(x + side * tall * 0.07, hip - 2), (x + side * tall * 0.09, y)], dark, tall * 0.1)
        brush.oval(x + side * tall * 0.11, y, tall * 0.08, tall * 0.035, darker(dark))
        hand = (x + side * tall * 0.25, y - tall * 0.4)
        brush.line([(x + side * tall * 0.1, neck + tall * 0.06), hand], darker(colour, 0.14), tall * 0.12)
        brush.oval(*hand, tall * 0.055, tall * 0.055, skin)
    brush.polygon(
        [(x - tall * 0.13, neck), (x + tall * 0.13, neck), (x + tall * 0.22, hip + 3), (x - tall * 0.22, hip + 3)],
        colour,
    )
    brush.polygon(
        [(x + 1, neck), (x + tall * 0.13, neck), (x + tall * 0.22, hip + 3), (x + 2, hip + 3)], darker(colour, 0.12)
    )
    brush.oval(x, neck - tall * 0.09, tall * 0.115, tall * 0.125, skin)
    brush.box(x - tall * 0.11, y - tall, x + tall * 0.11, neck - tall * 0.11, dark)
    brush.box(x - tall * 0.2, neck - tall * 0.15, x + tall * 0.2, neck - tall * 0.105, dark)

"""What grows: trees, pines, palms, cacti, bushes.

Each painter is given where a thing stands (x, and y of its foot), how tall it is, and its colour.
"""

from math import cos, pi, sin

from training.scenes.brush import Brush
from training.scenes.palette import WOOD, Colour, darker, lighter


def tree(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    brush.polygon([(x - 5, y), (x + 5, y), (x + 3, y - tall * 0.5), (x - 3, y - tall * 0.5)], WOOD)
    crown = (
        (-0.24, 0.52, 0.2),
        (0.24, 0.52, 0.2),
        (0, 0.46, 0.22),
        (-0.15, 0.72, 0.21),
        (0.16, 0.7, 0.21),
        (0, 0.8, 0.2),
    )
    for dx, up, r in crown:
        brush.oval(x + dx * tall + 1.5, y - up * tall + 3, r * tall, r * tall, darker(colour, 0.28))
    for dx, up, r in crown:
        brush.oval(x + dx * tall, y - up * tall, r * tall * 0.92, r * tall * 0.92, colour)
    for dx, up, r in (crown[0], crown[3], crown[5]):
        brush.oval(
            x + (dx - 0.03) * tall, y - (up + 0.03) * tall, r * tall * 0.55, r * tall * 0.5, lighter(colour, 0.2)
        )


def pine(brush: Brush, x: float, y: float, tall: float, snowy: bool) -> None:
    green = (44, 108, 78)
    brush.box(x - 4, y - tall * 0.2, x + 4, y, WOOD)
    for foot, top, wide in ((0.12, 0.55, 0.3), (0.34, 0.76, 0.24), (0.58, 1.0, 0.17)):
        left, right, tip = x - wide * tall, x + wide * tall, (x, y - top * tall)
        brush.polygon([tip, (right, y - foot * tall), (left, y - foot * tall)], green)
        brush.polygon([tip, (right, y - foot * tall), (x + 2, y - foot * tall)], darker(green, 0.22))
        if snowy:
            low = y - (foot + (top - foot) * 0.45) * tall
            brush.polygon(
                [tip, (x + wide * tall * 0.55, low), (x, low - 4), (x - wide * tall * 0.55, low)], (250, 252, 255)
            )


def palm(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    crown = (x + tall * 0.12, y - tall * 0.82)
    brush.line([(x - tall * 0.05, y), (x, y - tall * 0.3), (x + tall * 0.06, y - tall * 0.6), crown], (146, 104, 66), 6)
    for angle in (-0.15, 0.12, 0.36, 0.64, 0.88, 1.15):
        dx, dy = cos(pi * angle), -sin(pi * angle)
        bend = (crown[0] + dx * tall * 0.24, crown[1] + dy * tall * 0.2 - tall * 0.05)
        tip = (crown[0] + dx * tall * 0.42, crown[1] + dy * tall * 0.2 + tall * 0.1)
        low = (bend[0], bend[1] + tall * 0.09)
        brush.polygon([crown, bend, tip, low], colour if dx < 0 else darker(colour, 0.2))
    brush.oval(crown[0], crown[1] + 2, 4, 4, (120, 76, 46))


def cactus(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    dark, bar = darker(colour, 0.25), tall * 0.11
    for side, low, high in ((-1, 0.36, 0.66), (1, 0.48, 0.8)):
        elbow = x + side * tall * 0.27
        brush.line([(x, y - low * tall), (elbow, y - low * tall), (elbow, y - high * tall)], colour, bar * 1.5)
        brush.oval(elbow, y - high * tall, bar * 0.75, bar * 0.75, colour)
    brush.box(x - bar, y - tall * 0.9, x + bar, y, colour)
    brush.oval(x, y - tall * 0.9, bar, bar, colour)
    brush.box(x + bar * 0.3, y - tall * 0.9, x + bar, y, dark)


def bush(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    """Leaves from the ground up, wider than high."""
    crown = ((-0.62, 0.3, 0.34), (0.62, 0.3, 0.34), (-0.3, 0.56, 0.4), (0.32, 0.54, 0.4), (0, 0.4, 0.4))
    for dx, up, r in crown:
        brush.oval(x + dx * tall + 1, y - up * tall + 2, r * tall, r * tall, darker(colour, 0.34))
    for dx, up, r in crown:
        brush.oval(x + dx * tall, y - up * tall, r * tall * 0.9, r * tall * 0.86, darker(colour, 0.1))
    for dx, up, r in crown[1:4]:
        brush.oval(
            x + (dx - 0.05) * tall, y - (up + 0.06) * tall, r * tall * 0.5, r * tall * 0.42, lighter(colour, 0.12)
        )
    brush.box(x - tall * 0.8, y - 3, x + tall * 0.8, y, darker(colour, 0.34))

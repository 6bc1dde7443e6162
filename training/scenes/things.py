"""The things that stand on the ground, float on water or hang in the sky."""

from math import cos, pi, sin
from random import Random

from training.scenes.brush import SIDE, Brush
from training.scenes.facts import Facts, Thing
from training.scenes.palette import PAINT, STONE, WOOD, Colour, darker, lighter, mix

COLUMNS = {"left": 0.19, "centre": 0.5, "right": 0.81}
HEIGHTS = {
    "house": (66, 82), "tree": (84, 108), "pine": (90, 120), "palm": (96, 118), "cactus": (66, 88),
    "lighthouse": (112, 134), "windmill": (96, 116), "boat": (66, 84), "balloon": (66, 84),
}  # fmt: skip
GLOW: Colour = (255, 226, 130)


def paint_things(brush: Brush, random: Random, facts: Facts) -> None:
    """Every thing of the scene, the lowest on the picture (hence the nearest) last."""
    spots = [spot for thing in facts.things for spot in _spots(random, facts, thing)]
    for y, x, tall, thing in sorted(spots, key=lambda spot: spot[:3]):
        _paint(brush, facts, thing, x, y, tall)


def _spots(random: Random, facts: Facts, thing: Thing) -> list[tuple[float, float, float, Thing]]:
    """(y, x, height) of each one: y is where it stands, or the top of a balloon."""
    columns = {1: (COLUMNS.get(thing.place, 0.5),), 2: (0.28, 0.72), 3: (0.18, 0.5, 0.82)}[thing.count]
    spots = []
    for column in columns:
        x = (column + random.uniform(-0.035, 0.035)) * SIDE
        low, high = HEIGHTS[thing.kind]
        tall = random.uniform(low, high) * (1, 0.95, 0.85)[thing.count - 1]
        spots.append((_foot(random, facts, thing.kind), x, tall, thing))
    return spots


def _foot(random: Random, facts: Facts, kind: str) -> float:
    if kind == "balloon":
        return random.uniform(10, 44)
    if kind == "boat":
        return random.uniform(176, 198)
    return random.uniform(222, 240) if facts.ground in ("lake", "sea") else random.uniform(208, 234)


def _paint(brush: Brush, facts: Facts, thing: Thing, x: float, y: float, tall: float) -> None:
    colour = PAINT[thing.colour]
    if thing.kind not in ("boat", "balloon"):
        brush.oval(x + tall * 0.08, y, tall * 0.36, tall * 0.05, darker(_earth(facts), 0.25))
    if thing.kind == "pine":
        _pine(brush, x, y, tall, snowy=facts.ground == "snow")
    else:
        PAINTERS[thing.kind](brush, x, y, tall, colour)


def _earth(facts: Facts) -> Colour:
    earth = {"snow": (190, 200, 222), "desert": (214, 170, 110), "sea": (224, 190, 130), "autumn": (190, 130, 60)}
    return earth.get(facts.ground, (84, 146, 70))


def _house(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    wide, eaves = tall * 0.5, y - tall * 0.56
    roof = STONE if colour == PAINT["red"] else (164, 74, 54)
    brush.box(x + wide * 0.45, y - tall, x + wide * 0.68, eaves, darker(roof, 0.3))
    brush.box(x - wide, eaves, x + wide, y, colour)
    brush.box(x + wide * 0.62, eaves, x + wide, y, darker(colour, 0.16))
    top = y - tall * 0.96
    brush.polygon(
        [(x - wide * 1.2, eaves), (x - wide * 0.72, top), (x + wide * 0.72, top), (x + wide * 1.2, eaves)], roof
    )
    brush.box(x - wide * 1.2, eaves - 2, x + wide * 1.2, eaves + 2, darker(roof, 0.25))
    brush.box(x - wide * 0.17, y - tall * 0.36, x + wide * 0.17, y, WOOD)
    for middle in (-0.58, 0.58):
        _window(brush, x + wide * middle, y - tall * 0.3, tall * 0.1)


def _window(brush: Brush, x: float, y: float, size: float) -> None:
    """A pane in a frame; when the lamps are lit it shines, whatever the hour does to colours."""
    brush.box(x - size * 1.2, y - size * 1.2, x + size * 1.2, y + size * 1.2, (250, 246, 236))
    lit = brush.light.lamps
    brush.box(x - size, y - size, x + size, y + size, GLOW if lit else (86, 120, 160), glow=lit)


def _tree(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
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


def _pine(brush: Brush, x: float, y: float, tall: float, snowy: bool) -> None:
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


def _palm(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    crown = (x + tall * 0.12, y - tall * 0.82)
    brush.line([(x - tall * 0.05, y), (x, y - tall * 0.3), (x + tall * 0.06, y - tall * 0.6), crown], (146, 104, 66), 6)
    for angle in (-0.15, 0.12, 0.36, 0.64, 0.88, 1.15):
        dx, dy = cos(pi * angle), -sin(pi * angle)
        bend = (crown[0] + dx * tall * 0.24, crown[1] + dy * tall * 0.2 - tall * 0.05)
        tip = (crown[0] + dx * tall * 0.42, crown[1] + dy * tall * 0.2 + tall * 0.1)
        low = (bend[0], bend[1] + tall * 0.09)
        brush.polygon([crown, bend, tip, low], colour if dx < 0 else darker(colour, 0.2))
    brush.oval(crown[0], crown[1] + 2, 4, 4, (120, 76, 46))


def _cactus(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    dark, bar = darker(colour, 0.25), tall * 0.11
    for side, low, high in ((-1, 0.36, 0.66), (1, 0.48, 0.8)):
        elbow = x + side * tall * 0.27
        brush.line([(x, y - low * tall), (elbow, y - low * tall), (elbow, y - high * tall)], colour, bar * 1.5)
        brush.oval(elbow, y - high * tall, bar * 0.75, bar * 0.75, colour)
    brush.box(x - bar, y - tall * 0.9, x + bar, y, colour)
    brush.oval(x, y - tall * 0.9, bar, bar, colour)
    brush.box(x + bar * 0.3, y - tall * 0.9, x + bar, y, dark)


def _lighthouse(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
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


def _windmill(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
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


def _boat(brush: Brush, x: float, y: float, tall: float, colour: Colour) -> None:
    wide, deck = tall * 0.42, y - tall * 0.17
    brush.oval(x, y + 2, wide * 1.05, 3, mix(WOOD, (40, 80, 120), 0.5))
    brush.polygon([(x - wide, deck), (x + wide, deck), (x + wide * 0.68, y + 2), (x - wide * 0.68, y + 2)], WOOD)
    brush.box(x - wide, deck - 1, x + wide, deck + 2, lighter(WOOD, 0.3))
    brush.line([(x, deck), (x, y - tall)], darker(WOOD), 2.4)
    brush.polygon([(x + 3, y - tall * 0.98), (x + wide * 0.95, deck - 4), (x + 3, deck - 4)], colour)
    brush.polygon([(x - 3, y - tall * 0.86), (x - 3, deck - 4), (x - wide * 0.72, deck - 4)], darker(colour, 0.14))


def _balloon(brush: Brush, x: float, top: float, tall: float, colour: Colour) -> None:
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


PAINTERS = {
    "house": _house, "tree": _tree, "palm": _palm, "cactus": _cactus, "lighthouse": _lighthouse,
    "windmill": _windmill, "boat": _boat, "balloon": _balloon,
}  # fmt: skip

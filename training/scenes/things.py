"""Where the things of a scene stand, how tall they are, and who paints them."""

from dataclasses import dataclass
from random import Random

from training.scenes import buildings, movers, plants
from training.scenes.brush import Brush
from training.scenes.facts import FLYING, Facts, Thing
from training.scenes.land import EARTH
from training.scenes.palette import PAINT, Colour, darker, lighter, truer

COLUMNS = {"left": 0.19, "centre": 0.5, "right": 0.81, "": 0.5}
GROUPED = {2: (0.28, 0.72), 3: (0.18, 0.5, 0.82)}
HEIGHTS = {
    "house": (66, 82), "tree": (84, 108), "pine": (90, 120), "palm": (96, 118), "cactus": (66, 88),
    "lighthouse": (112, 134), "windmill": (96, 116), "boat": (66, 84), "balloon": (66, 84), "tower": (104, 126),
    "bush": (32, 42), "birds": (44, 56), "figure": (50, 62),
}  # fmt: skip
PAINTERS = {
    "house": buildings.house, "tower": buildings.tower, "lighthouse": buildings.lighthouse,
    "windmill": buildings.windmill, "tree": plants.tree, "pine": plants.pine, "palm": plants.palm,
    "cactus": plants.cactus, "bush": plants.bush, "boat": movers.boat, "balloon": movers.balloon,
    "birds": movers.birds, "figure": movers.figure,
}  # fmt: skip
ROCK: Colour = (104, 100, 108)
VEILS = {"fog": 0.22, "rain": 0.08, "snowfall": 0.08}


@dataclass(frozen=True, order=True)
class Spot:
    """Where one thing stands: y of its foot (of its top, if it flies) and x in units, and how tall it is."""

    y: float
    x: float
    tall: float
    kind: str
    colour: str
    roof: str


def paint_things(brush: Brush, random: Random, facts: Facts) -> None:
    """Every thing of the scene, the lowest on the picture (hence the nearest) last, what flies last of all."""
    brush.veil, brush.light = VEILS.get(facts.weather, 0.0), truer(brush.light)
    for spot in sorted(spots(random, facts, brush.width, brush.height), key=lambda spot: (spot.kind in FLYING, spot)):
        _paint(brush, facts, spot)


def spots(random: Random, facts: Facts, width: float, height: float) -> list[Spot]:
    """Where everything stands on a picture of so many units."""
    if facts.relation:
        return _related(random, facts, width, height)
    return [spot for thing in facts.things for spot in _apart(random, facts, thing, width, height)]


def _apart(random: Random, facts: Facts, thing: Thing, width: float, height: float) -> list[Spot]:
    columns = GROUPED.get(thing.count, (COLUMNS[thing.place],))
    return [_spot(random, facts, thing, (column + random.uniform(-0.035, 0.035)) * width, height) for column in columns]


def _spot(random: Random, facts: Facts, thing: Thing, x: float, height: float) -> Spot:
    low, high = HEIGHTS[thing.kind]
    tall = random.uniform(low, high) * (1, 0.95, 0.85)[thing.count - 1]
    return Spot(_foot(random, facts, thing.kind) * height, x, tall, thing.kind, thing.colour, thing.roof)


def _related(random: Random, facts: Facts, width: float, height: float) -> list[Spot]:
    """The second thing where it belongs, and the first beside it, behind it, in front of it or above it."""
    first, second = facts.things
    there = _apart(random, facts, second, width, height)[0]
    here = _spot(random, facts, first, there.x, height)
    inwards = -1 if there.x > width / 2 else 1
    side = inwards if second.place != "centre" else random.choice((-1, 1))
    x, y, tall = here.x, here.y, here.tall
    if facts.relation == "beside":
        x += side * (reach(here.kind, tall) + reach(there.kind, there.tall) + 5)
    elif facts.relation == "behind":
        x, y, tall = x + side * there.tall * 0.36, there.y - 9, max(tall * 0.95, there.tall * 1.4)
    elif facts.relation == "in front of":
        x, y = x + side * there.tall * 0.24, min(there.y + 12, height * 0.97)
        there = Spot(y - 12, there.x, there.tall, there.kind, there.colour, there.roof)
    elif there.kind == "boat":
        y = max(4.0, there.y - there.tall - tall - 14)
    return [Spot(y, x, tall, here.kind, here.colour, here.roof), there]


def reach(kind: str, tall: float) -> float:
    """Half the width of a thing."""
    half = {"house": 0.6, "tree": 0.42, "pine": 0.3, "palm": 0.4, "cactus": 0.33, "lighthouse": 0.15, "windmill": 0.44,
            "tower": 0.22, "bush": 0.95, "figure": 0.28}  # fmt: skip
    return half.get(kind, 0.42) * tall


def _foot(random: Random, facts: Facts, kind: str) -> float:
    """Share of the height at which such a thing stands, floats or flies."""
    if kind in FLYING:
        return random.uniform(0.04, 0.16)
    if kind == "boat":
        return random.uniform(0.70, 0.76) if facts.ground == "beach" else random.uniform(0.69, 0.77)
    if facts.ground == "sea":
        return random.uniform(0.8, 0.86)
    return random.uniform(0.87, 0.94) if facts.ground in ("lake", "beach") else random.uniform(0.81, 0.91)


def _paint(brush: Brush, facts: Facts, spot: Spot) -> None:
    x, y, tall = spot.x, spot.y, spot.tall
    if facts.ground == "sea" and spot.kind not in (*FLYING, "boat"):
        _rock(brush, x, y)
    elif spot.kind not in (*FLYING, "boat"):
        brush.oval(x + tall * 0.08, y, tall * 0.36, tall * 0.05, darker(EARTH[facts.ground][1], 0.25))
    if spot.kind == "pine":
        plants.pine(brush, x, y, tall, snowy=facts.ground == "snow" or facts.weather == "snowfall")
    elif spot.kind == "house":
        buildings.house(brush, x, y, tall, PAINT[spot.colour], spot.roof)
    else:
        PAINTERS[spot.kind](brush, x, y, tall, PAINT[spot.colour])


def _rock(brush: Brush, x: float, y: float) -> None:
    """What a lighthouse at sea stands on."""
    brush.polygon(
        [(x - 46, y + 12), (x - 34, y), (x - 16, y - 5), (x + 20, y - 5), (x + 36, y + 1), (x + 46, y + 12)], ROCK
    )
    brush.polygon([(x - 34, y), (x - 16, y - 5), (x + 4, y - 5), (x - 12, y + 3)], lighter(ROCK, 0.2))
    brush.oval(x, y + 12, 48, 3.4, (226, 236, 242))

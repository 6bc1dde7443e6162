"""What runs through the land: roads, rivers, bridges, fences; and the flowers on it."""

from random import Random

from training.scenes.brush import SIDE, Brush, Point
from training.scenes.facts import FLYING, Facts
from training.scenes.land import WATER
from training.scenes.palette import PAINT, STONE, WOOD, Colour, darker, lighter, mix

ROADS: dict[str, Colour] = {"snow": (196, 190, 192), "desert": (176, 128, 84), "autumn": (146, 104, 72)}
DUST: Colour = (206, 178, 132)
ASIDE = {"left": 0.78, "right": 0.22}  # where a road comes near, beside what stands on the other side


def paint_feature(brush: Brush, random: Random, facts: Facts, horizon: float) -> None:
    """The road, river, fence or bridge of the scene, where nothing stands."""
    if facts.feature == "fence":
        _fence(brush, horizon)
        return
    places = [thing.place for thing in facts.things if thing.kind not in FLYING]
    near = ASIDE.get(places[0], random.choice((0.18, 0.82))) if places else random.uniform(0.35, 0.65)
    path = _winding(brush, random, horizon, near)
    if facts.feature == "road":
        colour = ROADS.get(facts.ground, DUST)
        brush.polygon(_band(path, 1.12), darker(colour, 0.2))
        brush.polygon(_band(path, 1.0), colour)
        return
    water = mix(brush.shade(WATER), brush.light.sky[1], 0.4)
    brush.polygon(_band(path, 1.16), lighter(water, 0.4), glow=True)
    brush.polygon(_band(path, 1.0), water, glow=True)
    if facts.feature == "bridge":
        _bridge(brush, path[len(path) // 2 + 1])


def _winding(brush: Brush, random: Random, horizon: float, near: float) -> list[tuple[float, float, float]]:
    """(x, y, half width) from the horizon to the lower edge: a bend that widens as it comes near."""
    far = near + random.choice((-1, 1)) * random.uniform(0.04, 0.1)
    sway = random.choice((-1, 1)) * 0.14 * min(brush.width, 320)
    path = []
    for step in range(17):
        share = step / 16
        x = (far + (near - far) * share) * brush.width + sway * share * (1 - share) * 4 * (0.5 - share) * 2
        path.append((x, horizon + 8 + (brush.height - horizon - 6) * share, 2 + 22 * share**1.5))
    return path


def _band(path: list[tuple[float, float, float]], share: float) -> list[Point]:
    left = [(x - half * share - 1, y) for x, y, half in path]
    right = [(x + half * share + 1, y) for x, y, half in path]
    return left + right[::-1]


def _bridge(brush: Brush, where: tuple[float, float, float]) -> None:
    """A humped bridge of stone: an arch that lets the water through, a roadway, and a railing on either side."""
    x, y, half = where
    wide, top = half * 2.3 + 10, y - 16
    outline = [(x + wide * step / 8, top + 9 * (step / 8) ** 2) for step in range(-8, 9)]
    brush.polygon([*outline, (x + wide, y + 12), (x - wide, y + 12)], lighter(STONE, 0.2))
    arch = [(x + half * 1.2 * step / 8, y + 12 - 19 * (1 - (step / 8) ** 2)) for step in range(-8, 9)]
    brush.polygon(arch, mix(darker(WATER, 0.45), STONE, 0.2))
    brush.line(outline, darker(STONE, 0.35), 3)
    rail = [(px, py - 8) for px, py in outline]
    brush.line(rail, WOOD, 2.2)
    for px, py in outline[::2]:
        brush.line([(px, py), (px, py - 8)], WOOD, 2)


def _fence(brush: Brush, horizon: float) -> None:
    """Posts and two rails from side to side, behind all things."""
    y, tall, wood = horizon + (brush.height - horizon) * 0.34, 19, (150, 108, 72)
    for up in (0.42, 0.8):
        brush.box(0, y - tall * up - 1.6, brush.width, y - tall * up + 1.6, wood)
    for index in range(round(brush.width / 24) + 1):
        x = index * 24 + 6
        brush.box(x - 2.4, y - tall, x + 2.4, y + 1, lighter(wood, 0.12))
        brush.box(x + 1, y - tall, x + 2.4, y + 1, darker(wood, 0.2))


def paint_flowers(brush: Brush, random: Random, colour: str) -> None:
    """Flowers in the foreground: small far off, larger near by."""
    top, deep = brush.height * 0.766, brush.height * 0.219
    number = round(44 * brush.width / SIDE)
    spots = sorted((top + random.random() * deep, random.uniform(4, brush.width - 4)) for _ in range(number))
    for y, x in spots:
        size = 2.4 + (y - top) / deep * 3
        brush.line([(x, y), (x, y + size * 2)], darker(PAINT["green"]), 1)
        brush.oval(x, y, size, size, PAINT[colour])
        brush.oval(x, y, size * 0.4, size * 0.4, darker(PAINT[colour], 0.35))

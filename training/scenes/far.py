"""The far layers: hills, mountains, the outline of a city, an island."""

from math import sin
from random import Random

from training.scenes.brush import SIDE, Brush, Point
from training.scenes.facts import Facts
from training.scenes.palette import STONE, Colour, darker, mix, waver

WOODS: Colour = (84, 132, 96)
RAISED = {"forest": 26, "city": 34}  # units by which the far layers rise above what stands on the horizon


def paint_far(brush: Brush, random: Random, facts: Facts, horizon: float) -> None:
    """Two layers of hills or mountains, the farther one paler: the air between dyes it in the colour of the haze."""
    if facts.far == "island":
        _island(brush, random, horizon)
    elif facts.far == "skyline":
        for haze, height in ((0.62, 1.0), (0.34, 0.62)):
            _skyline(brush, random, horizon, height, haze)
    elif facts.far != "nothing":
        for haze, height in ((0.62, 1.0), (0.34, 0.62)):
            if facts.far == "hills":
                _hills(brush, random, horizon, height, haze)
            else:
                _mountains(brush, random, facts, horizon, height, haze)


def hazy(brush: Brush, colour: Colour, haze: float) -> Colour:
    """Shade first, then mix in the haze; what comes out is painted as it is."""
    return mix(brush.shade(colour), brush.light.haze, haze)


def wave(brush: Brush, random: Random, base: float, height: float) -> list[Point]:
    """A rolling line across the picture, `height` above its base at most."""
    slow, fast = random.uniform(0.016, 0.03), random.uniform(0.045, 0.07)
    start, other = random.uniform(0, 6), random.uniform(0, 6)
    return [
        (x, base - height * (0.5 + 0.36 * sin(x * slow + start) + 0.14 * sin(x * fast + other)))
        for x in range(0, round(brush.width) + 8, 8)
    ]


def _stretch(brush: Brush) -> float:
    """How much higher the far layers rise in a tall picture."""
    return (brush.height / SIDE) ** 0.6


def _hills(brush: Brush, random: Random, horizon: float, height: float, haze: float) -> None:
    line = wave(brush, random, horizon - 4 * height, 48 * height * _stretch(brush))
    colour = hazy(brush, WOODS, haze)
    outline = [(0, horizon + 4), *line, (brush.width, horizon + 4)]
    brush.ramp(outline, colour, mix(colour, brush.light.haze, 0.35), glow=True)


def _mountains(brush: Brush, random: Random, facts: Facts, horizon: float, height: float, haze: float) -> None:
    """A row of peaks, each with a lit and a shaded side, and snow on top where the facts say so."""
    lit = hazy(brush, waver(random, (136, 132, 150)), haze)
    shaded = hazy(brush, darker(STONE, 0.35), haze)
    snow, snow_shade = hazy(brush, (255, 255, 255), haze * 0.4), hazy(brush, (190, 204, 232), haze * 0.5)
    number = round(random.randint(3, 4) * brush.width / SIDE)
    order = list(range(number))
    random.shuffle(order)
    raised = RAISED.get(facts.ground, 0)
    for index in order:
        x = (index + random.uniform(0.2, 0.8)) * brush.width / number
        tall = (random.uniform(62, 92) * height + raised) * _stretch(brush)
        wide = random.uniform(58, 84) * (1 + raised / 120)
        top, base = horizon - tall, horizon + 4
        ridge = (x + random.uniform(-6, 10), base)
        brush.polygon([(x, top), (x + wide, base), (x - wide, base)], lit, glow=True)
        brush.polygon([(x, top), (x + wide, base), ridge], shaded, glow=True)
        if facts.far == "snowy mountains":
            _cap(brush, x, top, wide / (base - top), 0.44 * (base - top), (snow, snow_shade))


def _cap(brush: Brush, x: float, top: float, slope: float, deep: float, colours: tuple[Colour, Colour]) -> None:
    """Snow down to a jagged line, split at the ridge like the rock under it."""
    foot = top + deep
    left, right = x - slope * deep, x + slope * deep
    middle = (x + 1, foot - deep * 0.12)
    jag = (x - slope * deep * 0.45, foot - deep * 0.32)
    brush.polygon([(x, top), middle, jag, (left, foot)], colours[0], glow=True)
    jag = (x + slope * deep * 0.5, foot - deep * 0.34)
    brush.polygon([(x, top), (right, foot), jag, middle], colours[1], glow=True)


def _skyline(brush: Brush, random: Random, horizon: float, height: float, haze: float) -> None:
    """Towers of a distant city, some with a spire; at night a few of their windows are lit."""
    colour, x = hazy(brush, (92, 100, 128), haze), -6.0
    while x < brush.width:
        wide, tall = random.uniform(11, 22), random.uniform(34, 80) * height * _stretch(brush)
        top = horizon - tall
        brush.box(x, top, x + wide, horizon + 4, colour, glow=True)
        if random.random() < 0.3:
            brush.polygon([(x + wide * 0.35, top), (x + wide * 0.5, top - 14), (x + wide * 0.65, top)], colour, True)
        if brush.light.lamps:
            for _ in range(4):
                lamp = (x + random.uniform(2, wide - 3), random.uniform(top + 3, horizon - 3))
                brush.box(lamp[0], lamp[1], lamp[0] + 1.8, lamp[1] + 1.8, mix((255, 220, 130), colour, 0.25), glow=True)
        x += wide + random.choice((0, 0, 2, 6))


def _island(brush: Brush, random: Random, horizon: float) -> None:
    """A green hump with a rim of sand and two palms, alone in the water."""
    x, wide = random.uniform(0.3, 0.7) * brush.width, random.uniform(52, 68)
    tall, sand = wide * 0.5, hazy(brush, (240, 214, 158), 0.3)
    green, trunk = hazy(brush, (78, 136, 84), 0.32), hazy(brush, (112, 84, 60), 0.3)
    for dx, up in ((-0.28, 0.9), (-0.08, 1.12)):
        crown = (x + (dx + 0.1) * wide, horizon - tall * up - 12)
        brush.line([(x + dx * wide, horizon - tall * 0.5), crown], trunk, 2.4, glow=True)
        for lean in (-11, -6, 5, 11):
            tip, low = (crown[0] + lean, crown[1] + 5), (crown[0] + lean * 0.5, crown[1] - 4)
            brush.polygon([crown, low, tip, (crown[0], crown[1] + 3)], green, glow=True)
    for rx, ry, colour in ((wide, tall * 0.22, sand), (wide * 0.86, tall * 0.8, green)):
        points = [(x + rx * step / 8, horizon + 3 - ry * (1 - (step / 8) ** 2)) for step in range(-8, 9)]
        brush.polygon(points, colour, glow=True)
    brush.box(x - wide, horizon + 1, x + wide, horizon + 4, sand, glow=True)

"""What stands under the sky: the far layers, the ground, and water."""

from math import sin
from random import Random

from training.scenes.brush import SIDE, Brush, Point
from training.scenes.facts import Facts
from training.scenes.palette import PAINT, STONE, Colour, darker, lighter, mix, waver

WATER: Colour = (44, 124, 176)
EARTH: dict[str, tuple[Colour, Colour]] = {  # far, near
    "meadow": ((160, 200, 100), (78, 148, 62)),
    "desert": ((244, 212, 156), (222, 166, 96)),
    "snow": ((222, 232, 246), (248, 250, 255)),
    "autumn": ((226, 184, 92), (186, 122, 50)),
    "lake": ((128, 180, 88), (72, 140, 60)),
    "sea": ((246, 222, 168), (232, 198, 136)),
}
FOREST: Colour = (84, 132, 96)


def horizon_of(random: Random, facts: Facts) -> float:
    """Where sky and ground meet, in pixels from the top."""
    return random.uniform(138, 150) if wet(facts) else random.uniform(146, 166)


def wet(facts: Facts) -> bool:
    return facts.ground in ("lake", "sea")


def paint_far(brush: Brush, random: Random, facts: Facts, horizon: float) -> None:
    """Two layers of hills or mountains, the farther one paler: the air between dyes it in the colour of the haze."""
    if facts.far == "nothing":
        return
    for haze, height in ((0.62, 1.0), (0.34, 0.62)):
        if facts.far == "hills":
            _hills(brush, random, horizon, height, haze)
        else:
            _mountains(brush, random, facts, horizon, height, haze)


def _hazy(brush: Brush, colour: Colour, haze: float) -> Colour:
    """Shade first, then mix in the haze; what comes out is painted as it is."""
    return mix(brush.shade(colour), brush.light.haze, haze)


def _wave(random: Random, base: float, height: float) -> list[Point]:
    """A rolling line across the picture, `height` above its base at most."""
    slow, fast = random.uniform(0.016, 0.03), random.uniform(0.045, 0.07)
    start, other = random.uniform(0, 6), random.uniform(0, 6)
    return [
        (x, base - height * (0.5 + 0.36 * sin(x * slow + start) + 0.14 * sin(x * fast + other)))
        for x in range(0, SIDE + 8, 8)
    ]


def _hills(brush: Brush, random: Random, horizon: float, height: float, haze: float) -> None:
    line = _wave(random, horizon - 4 * height, 48 * height)
    colour = _hazy(brush, FOREST, haze)
    brush.ramp([(0, horizon + 4), *line, (SIDE, horizon + 4)], colour, mix(colour, brush.light.haze, 0.35), glow=True)


def _mountains(brush: Brush, random: Random, facts: Facts, horizon: float, height: float, haze: float) -> None:
    """A row of peaks, each with a lit and a shaded side, and snow on top where the facts say so."""
    lit = _hazy(brush, waver(random, (136, 132, 150)), haze)
    shaded = _hazy(brush, darker(STONE, 0.35), haze)
    snow, snow_shade = _hazy(brush, (255, 255, 255), haze * 0.4), _hazy(brush, (190, 204, 232), haze * 0.5)
    number = random.randint(3, 4)
    order = list(range(number))
    random.shuffle(order)
    for index in order:
        x = (index + random.uniform(0.2, 0.8)) * SIDE / number
        tall, wide = random.uniform(62, 92) * height, random.uniform(58, 84)
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


def paint_ground(brush: Brush, random: Random, facts: Facts, horizon: float, sun: Point) -> None:
    """The ground itself; on a lake or at the sea, water first and then the near shore."""
    far, near = (waver(random, colour, 5) for colour in EARTH[facts.ground])
    if wet(facts):
        _water(brush, random, facts, horizon, sun)
        shore = _wave(random, 222 if facts.ground == "lake" else 220, 20)
        brush.ramp([(0, SIDE), *shore, (SIDE, SIDE)], far, near)
        return
    middle = mix(far, near, 0.5)
    for base, height, top, bottom in ((horizon + 6, 12, lighter(far, 0.1), far), (horizon + 42, 26, far, middle)):
        brush.ramp([(0, SIDE), *_wave(random, base, height), (SIDE, SIDE)], top, bottom)
    brush.ramp([(0, SIDE), *_wave(random, horizon + 72, 24), (SIDE, SIDE)], middle, near)


def _water(brush: Brush, random: Random, facts: Facts, horizon: float, sun: Point) -> None:
    """Water holds the colours of the sky, flashes of light, and a path of light under the sun."""
    sky = brush.light.sky
    blue = brush.shade(waver(random, WATER))
    outline = [(0, horizon), (SIDE, horizon), (SIDE, SIDE), (0, SIDE)]
    brush.ramp(outline, mix(blue, sky[2], 0.65), mix(blue, sky[0], 0.45), glow=True)
    flash = mix(blue, sky[2], 0.75)
    for _ in range(16):
        x, y = random.uniform(0, SIDE), random.uniform(horizon + 6, 214)
        brush.oval(x, y, random.uniform(8, 20), 0.9, flash, glow=True)
    if facts.light:
        for step in range(8):
            y, wide = horizon + 4 + step * 8, random.uniform(5, 9) + step * 1.2
            brush.oval(sun[0] + random.uniform(-3, 3), y, wide, 1.7, mix(brush.light.disc, blue, 0.2), glow=True)


def paint_flowers(brush: Brush, random: Random, colour: str) -> None:
    """Flowers in the foreground: small far off, larger near by."""
    spots = sorted((random.uniform(196, 252), random.uniform(4, SIDE - 4)) for _ in range(44))
    for y, x in spots:
        size = 1.6 + (y - 196) / 56 * 2.6
        brush.line([(x, y), (x, y + size * 2)], darker(PAINT["green"]), 1)
        brush.oval(x, y, size, size, PAINT[colour])
        brush.oval(x, y, size * 0.4, size * 0.4, (255, 236, 150) if colour != "yellow" else (200, 120, 30))

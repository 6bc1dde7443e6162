"""The ground under the sky, and water."""

from random import Random

from training.scenes.brush import SIDE, Brush, Point
from training.scenes.facts import Facts
from training.scenes.far import hazy, wave
from training.scenes.palette import Colour, darker, lighter, mix, waver

WATER: Colour = (44, 124, 176)
EARTH: dict[str, tuple[Colour, Colour]] = {  # far, near
    "meadow": ((160, 200, 100), (78, 148, 62)),
    "desert": ((244, 212, 156), (222, 166, 96)),
    "snow": ((222, 232, 246), (248, 250, 255)),
    "autumn": ((226, 184, 92), (186, 122, 50)),
    "lake": ((128, 180, 88), (72, 140, 60)),
    "beach": ((246, 222, 168), (232, 198, 136)),
    "forest": ((104, 150, 78), (58, 112, 58)),
    "city": ((168, 166, 172), (128, 126, 136)),
}
FOAM: Colour = (238, 246, 250)
WET = ("lake", "sea", "beach")
SHORE = {"lake": 0.868, "beach": 0.83}  # where water ends, as a share of the height


def horizon_of(random: Random, facts: Facts, height: float) -> float:
    """Where sky and ground meet, in units from the top."""
    low, high = (0.539, 0.586) if facts.ground in WET else (0.57, 0.648)
    return random.uniform(low, high) * height


def paint_ground(brush: Brush, random: Random, facts: Facts, horizon: float, sun: Point) -> None:
    """The ground itself; water first and then the near shore, trees or houses where ground and sky meet."""
    if facts.ground in WET:
        _water(brush, random, facts, horizon, sun)
        if facts.ground != "sea":
            _shore(brush, random, facts)
        return
    if facts.ground == "city":
        _city(brush, random, horizon)
        return
    if facts.ground == "forest":
        _woods(brush, random, horizon)
    _fields(brush, random, facts, horizon)


def _fields(brush: Brush, random: Random, facts: Facts, horizon: float) -> None:
    far, near = (waver(random, colour, 5) for colour in EARTH[facts.ground])
    middle, deep = mix(far, near, 0.5), brush.height - horizon
    corners = (0, brush.height), (brush.width, brush.height)
    for base, high, top, bottom in (
        (0.06, 12, lighter(far, 0.1), far),
        (0.42, 26, far, middle),
        (0.72, 24, middle, near),
    ):
        line = wave(brush, random, horizon + base * deep, high)
        brush.ramp([corners[0], *line, corners[1]], top, bottom)
    if facts.ground == "autumn":
        _leaves(brush, random, horizon)


def _leaves(brush: Brush, random: Random, horizon: float) -> None:
    """Fallen leaves, larger near by: what tells an autumn field from sand."""
    deep = brush.height - horizon
    for _ in range(round(64 * brush.width / SIDE)):
        share = random.uniform(0.12, 1)
        size, colour = 1 + 2 * share, random.choice(((196, 62, 34), (222, 104, 30), (150, 60, 34)))
        brush.oval(random.uniform(0, brush.width), horizon + share * deep, size * 1.3, size * 0.6, colour)


def _shore(brush: Brush, random: Random, facts: Facts) -> None:
    """The near bank; a beach is edged with foam."""
    far, near = (waver(random, colour, 5) for colour in EARTH[facts.ground])
    line = wave(brush, random, SHORE[facts.ground] * brush.height, 20)
    if facts.ground == "beach":
        brush.line([(x, y - 2) for x, y in line], FOAM, 4)
    brush.ramp([(0, brush.height), *line, (brush.width, brush.height)], far, near)


def _water(brush: Brush, random: Random, facts: Facts, horizon: float, sun: Point) -> None:
    """Water holds the colours of the sky, flashes of light, and a path of light under the sun. The sea has waves."""
    sky, deep = brush.light.sky, brush.height - horizon
    blue = brush.shade(waver(random, WATER))
    outline = [(0, horizon), (brush.width, horizon), (brush.width, brush.height), (0, brush.height)]
    near = mix(blue, sky[0], 0.45) if facts.ground != "sea" else darker(mix(blue, sky[0], 0.3), 0.12)
    brush.ramp(outline, mix(blue, sky[2], 0.65), near, glow=True)
    flash = mix(blue, sky[2], 0.75)
    for _ in range(round(16 * brush.width / SIDE)):
        x, y = random.uniform(0, brush.width), horizon + random.uniform(0.06, 0.66) * deep
        brush.oval(x, y, random.uniform(8, 20), 0.9, flash, glow=True)
    if facts.ground == "sea":
        _waves(brush, random, horizon, lighter(flash, 0.25))
    if facts.light:
        for step in range(8):
            y, wide = horizon + 4 + step * deep * 0.075, random.uniform(5, 9) + step * 1.2
            brush.oval(sun[0] + random.uniform(-3, 3), y, wide, 1.7, mix(brush.light.disc, blue, 0.2), glow=True)


def _waves(brush: Brush, random: Random, horizon: float, flash: Colour) -> None:
    """Rows of crests, larger towards the viewer."""
    deep = brush.height - horizon
    for row in range(4):
        y, size = horizon + deep * (0.34 + row * 0.19), 11 + row * 6
        start = random.uniform(0, 2 * size)
        for index in range(round(brush.width / size / 2.6) + 2):
            x = index * size * 2.6 - start
            crest = [
                (x - size, y),
                (x - size * 0.5, y - size * 0.22),
                (x, y),
                (x + size * 0.5, y - size * 0.22),
                (x + size, y),
            ]
            brush.line(crest, flash, 1.3 + row * 0.5, glow=True)


def _woods(brush: Brush, random: Random, horizon: float) -> None:
    """A wall of pines along the horizon, one row behind the other."""
    for haze, tall, foot in ((0.42, 58, 0), (0.2, 46, 5)):
        x = -8.0
        while x < brush.width + 10:
            high, wide = tall * random.uniform(0.75, 1.15), random.uniform(9, 14)
            green = hazy(brush, waver(random, (46, 96, 66), 8), haze)
            for low, top, share in ((0, 0.6, 1.0), (0.3, 1.0, 0.72)):
                y = horizon + foot
                left, right = (x - wide * share, y - high * low), (x + wide * share, y - high * low)
                brush.polygon([left, right, (x, y - high * top)], green, glow=True)
            x += wide * random.uniform(0.7, 1.2)
        brush.box(0, horizon + foot - 1, brush.width, horizon + foot + 8, hazy(brush, (46, 96, 66), haze), glow=True)


def _city(brush: Brush, random: Random, horizon: float) -> None:
    """Blocks of flats with rows of windows, a pavement, and a street with its middle line."""
    x, deep = -random.uniform(0, 20), brush.height - horizon
    while x < brush.width:
        wide, tall = random.uniform(26, 44), random.uniform(44, 84)
        _block(brush, random, (x, horizon + 6, wide, tall))
        x += wide + random.choice((0, 1, 8))
    far, near = EARTH["city"]
    outline = [(0, horizon + 4), (brush.width, horizon + 4), (brush.width, brush.height), (0, brush.height)]
    brush.ramp(outline, far, near)
    top, bottom = horizon + deep * 0.16, horizon + deep * 0.46
    brush.box(0, top, brush.width, bottom, (84, 84, 96))
    for edge in (top - 1, bottom + 1):
        brush.box(0, edge - 1.2, brush.width, edge + 1.2, (198, 196, 198))
    for index in range(round(brush.width / 32) + 1):
        dash = index * 32 + 4
        brush.box(dash, (top + bottom) / 2 - 1.4, dash + 16, (top + bottom) / 2 + 1.4, (232, 226, 196))


def _block(brush: Brush, random: Random, where: tuple[float, float, float, float]) -> None:
    """One building: left, foot, width, height."""
    left, foot, wide, tall = where
    colour = hazy(brush, waver(random, random.choice(((128, 134, 156), (150, 146, 154), (108, 118, 142))), 6), 0.22)
    brush.box(left, foot - tall, left + wide, foot, colour, glow=True)
    brush.box(left + wide * 0.8, foot - tall, left + wide, foot, darker(colour, 0.16), glow=True)
    pane, lit = mix(colour, (236, 244, 252), 0.45) if not brush.light.lamps else darker(colour, 0.4), (255, 220, 130)
    columns = max(3, round(wide / 10))
    for row in range(int((tall - 10) / 10)):
        for column in range(columns):
            x, y = left + (column + 0.32) * wide / columns, foot - tall + 6 + row * 10
            shine = brush.light.lamps and random.random() < 0.4
            brush.box(x, y, x + wide / columns * 0.42, y + 5, lit if shine else pane, glow=True)

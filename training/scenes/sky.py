"""The sky: its colours, sun or moon, stars, clouds, lightning and the rainbow."""

from math import cos, pi, sin
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from training.scenes.brush import FINE, SIDE, Brush, Point
from training.scenes.facts import FLYING, Facts
from training.scenes.far import RAISED
from training.scenes.palette import Colour, Light, darker, lighter, mix, waver

COARSE = 64  # a sky has no edges, so it is computed small and enlarged
USUAL = 150  # units from the top to the horizon of the usual picture; heights below are for it
HEIGHTS = {"dawn": (104, 128), "sunset": (104, 130), "day": (30, 62), "night": (32, 70)}
OVER_PEAKS = {False: (34, 52), True: (22, 36)}  # a low sun would hide behind mountains, the more behind raised ones
ALOFT = {"left": (0.19,), "centre": (0.5,), "right": (0.81,), "": (0.18, 0.28, 0.5, 0.72, 0.82)}
BOW = ((226, 62, 60), (244, 150, 50), (250, 222, 84), (92, 186, 92), (64, 132, 220), (132, 84, 190))


def blank_sky(
    random: Random, facts: Facts, light: Light, size: tuple[int, int], horizon: float
) -> tuple[Image.Image, Point]:
    """A canvas of nothing but sky, brighter around the sun; and where the sun stands."""
    unit = min(size) / SIDE
    width, height = size[0] / unit, size[1] / unit
    sun = _sun(random, facts, width, horizon)
    stops = np.array([waver(random, colour) for colour in light.sky])
    down = np.clip(np.linspace(0, height / horizon, COARSE), 0, 1)
    colours = np.stack([np.interp(down, (0, 0.55, 1), stops[:, channel]) for channel in range(3)], axis=-1)
    sky = np.repeat(colours[:, None, :], COARSE, axis=1)
    if facts.light:
        rows, columns = np.mgrid[0:COARSE, 0:COARSE] / COARSE
        glow = np.exp(-np.hypot(columns * width - sun[0], rows * height - sun[1]) / 34)[..., None] * 0.6
        sky = sky + (np.array(light.disc) - sky) * glow
    canvas = Image.fromarray(sky.clip(0, 255).round().astype(np.uint8))
    return canvas.resize((size[0] * FINE, size[1] * FINE), Image.Resampling.BILINEAR), sun


def _sun(random: Random, facts: Facts, width: float, horizon: float) -> Point:
    """A place for sun or moon that neither peaks nor balloons nor birds hide."""
    low, high = OVER_PEAKS[facts.ground in RAISED] if "mountains" in facts.far else HEIGHTS[facts.hour]
    taken = [share * width for thing in facts.things if thing.kind in FLYING for share in ALOFT[thing.place]]
    columns = [random.uniform(30, width - 30) for _ in range(24)]
    clear = max(columns, key=lambda x: min((abs(x - other) for other in taken), default=0))
    return clear, random.uniform(low, high) * horizon / USUAL


def paint_sky(brush: Brush, random: Random, facts: Facts, sun: Point, horizon: float) -> None:
    """All that hangs in the sky, far to near."""
    if facts.stars:
        _stars(brush, random, horizon)
    if facts.light:
        _disc(brush, facts, sun)
    if facts.weather == "rainbow":
        _bow(brush, random, horizon)
    if facts.clouds or facts.weather == "rainbow":
        _clouds(brush, random, facts, sun, horizon)


def _stars(brush: Brush, random: Random, horizon: float) -> None:
    for _ in range(round(random.randint(28, 44) * brush.width * horizon / SIDE / USUAL)):
        size = random.choice((0.9, 1.2, 1.8))
        brush.oval(
            random.uniform(0, brush.width), random.uniform(0, horizon * 0.87), size, size, (236, 238, 255), glow=True
        )


def _disc(brush: Brush, facts: Facts, sun: Point) -> None:
    x, y = sun
    size = {"dawn": 17, "sunset": 20, "day": 16}.get(facts.hour, 15)
    disc = brush.light.disc
    brush.oval(x, y, size, size, disc, glow=True)
    if facts.light == "moon":
        for dx, dy, r in ((-4, -3, 3.4), (5, 2, 2.6), (-1, 6, 2.2)):
            brush.oval(x + dx, y + dy, r, r, darker(disc, 0.14), glow=True)


def _bow(brush: Brush, random: Random, horizon: float) -> None:
    """Six bands of colour, wider than high, that let the sky through."""
    middle = random.uniform(0.35, 0.65) * brush.width
    reach, rise, band = min(brush.width * 0.56, 190), min(horizon * 0.84, brush.width * 0.62), 5.2
    colours, stencil = brush.canvas.copy(), Image.new("L", brush.canvas.size)
    pens = ImageDraw.Draw(colours), ImageDraw.Draw(stencil)
    for index, colour in enumerate((*BOW, None)):
        rx, ry = reach - index * band, rise - index * band
        corners = [brush.scale * value for value in (middle - rx, horizon + 6 - ry, middle + rx, horizon + 6 + ry)]
        if colour:
            pens[0].ellipse(corners, fill=colour)
        pens[1].ellipse(corners, fill=0 if colour is None else 190)
    soft = stencil.filter(ImageFilter.BoxBlur(brush.scale))
    brush.canvas.paste(colours, mask=ImageChops.darker(soft, stencil.point(lambda value: 255 if value else 0)))


def paint_bolt(brush: Brush, random: Random, horizon: float) -> None:
    """A zigzag from the clouds towards the horizon."""
    x, y, step = random.uniform(50, brush.width - 50), 42.0, horizon / USUAL
    path = [(x, y)]
    for turn in range(5):
        x, y = x + (1, -0.6)[turn % 2] * random.uniform(10, 18), y + random.uniform(16, 22) * step
        path.append((x, y))
    brush.line(path, (255, 246, 150), 6.4, glow=True)
    brush.line(path, (255, 255, 240), 3, glow=True)


def _clouds(brush: Brush, random: Random, facts: Facts, sun: Point, horizon: float) -> None:
    """A cover of big ones that hangs low in bad weather; else a few that leave the sun in sight."""
    covered, rise = facts.weather in ("storm", "rain", "snowfall"), horizon / USUAL
    usual = random.randint(5, 7) if covered else 2 if facts.weather == "rainbow" else random.randint(3, 4)
    number = max(2, round(usual * brush.width / SIDE))
    for index in range(number):
        x = (index + random.uniform(0.1, 0.9)) * brush.width / number
        y = random.uniform(6, 46 + 30 * (rise - 1)) if covered else random.uniform(24, 88) * rise
        size = random.uniform(26, 40) if covered else random.uniform(15, 25)
        if facts.light and abs(x - sun[0]) < size * 1.6 + 14 and abs(y - sun[1]) < size + 14:
            y = sun[1] + size + 20
        _cloud(brush, random, x, y, size, brush.light.cloud)


def _cloud(brush: Brush, random: Random, x: float, y: float, size: float, colour: Colour) -> None:
    """Puffs over a flat base: the lower side in shadow, the upper in light."""
    puffs = []
    for index in range(5):
        angle = pi * (index + 0.5) / 5
        reach = size * random.uniform(0.85, 1.1)
        puffs.append((x - cos(angle) * reach * 1.35, y - sin(angle) * reach * 0.45, size * random.uniform(0.42, 0.6)))
    for tone, drop in ((mix(colour, brush.light.sky[1], 0.35), size * 0.16), (colour, 0.0)):
        for px, py, r in puffs:
            brush.oval(px, py + drop, r * 1.15, r, tone, glow=True)
        brush.oval(x, y + drop, size * 1.5, size * 0.34, tone, glow=True)
    for px, py, r in puffs[1:4]:
        brush.oval(px - r * 0.15, py - r * 0.2, r * 0.7, r * 0.6, lighter(colour, 0.18), glow=True)

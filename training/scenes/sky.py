"""The sky: its colours, sun or moon, stars, clouds and lightning."""

from math import cos, pi, sin
from random import Random

import numpy as np
from PIL import Image

from training.scenes.brush import FINE, SIDE, Brush
from training.scenes.facts import Facts
from training.scenes.palette import LIGHTS, Colour, Light, darker, lighter, mix, waver

COARSE = 64  # a sky has no edges, so it is computed small and enlarged
HEIGHTS = {"dawn": (104, 128), "sunset": (104, 130), "day": (30, 62), "night": (32, 70)}


def blank_sky(random: Random, facts: Facts, horizon: float) -> tuple[Image.Image, tuple[float, float]]:
    """A canvas of nothing but sky, brighter around the sun; and where the sun stands."""
    light = LIGHTS[facts.hour]
    low, high = HEIGHTS.get(facts.hour, (40, 60))
    sun = (random.uniform(36, SIDE - 36), random.uniform(low, high))
    stops = np.array([waver(random, colour) for colour in light.sky])
    down = np.clip(np.linspace(0, SIDE / horizon, COARSE), 0, 1)
    colours = np.stack([np.interp(down, (0, 0.55, 1), stops[:, channel]) for channel in range(3)], axis=-1)
    sky = np.repeat(colours[:, None, :], COARSE, axis=1)
    if facts.light:
        rows, columns = np.mgrid[0:COARSE, 0:COARSE] * (SIDE / COARSE)
        glow = np.exp(-np.hypot(columns - sun[0], rows - sun[1]) / 34)[..., None] * 0.6
        sky = sky + (np.array(light.disc) - sky) * glow
    canvas = Image.fromarray(sky.round().astype(np.uint8))
    return canvas.resize((SIDE * FINE, SIDE * FINE), Image.Resampling.BILINEAR), sun


def paint_sky(brush: Brush, random: Random, facts: Facts, sun: tuple[float, float]) -> None:
    """All that hangs in the sky, far to near."""
    if facts.hour == "night":
        _stars(brush, random)
    if facts.light:
        _disc(brush, facts, sun)
    if facts.lightning:
        _bolt(brush, random)
    if facts.clouds:
        _clouds(brush, random, facts.hour == "storm")


def _stars(brush: Brush, random: Random) -> None:
    for _ in range(random.randint(28, 44)):
        size = random.choice((0.9, 1.2, 1.8))
        brush.oval(random.uniform(0, SIDE), random.uniform(0, 130), size, size, (236, 238, 255), glow=True)


def _disc(brush: Brush, facts: Facts, sun: tuple[float, float]) -> None:
    x, y = sun
    size = {"dawn": 17, "sunset": 20, "day": 16}.get(facts.hour, 15)
    disc = brush.light.disc
    brush.oval(x, y, size, size, disc, glow=True)
    if facts.light == "moon":
        for dx, dy, r in ((-4, -3, 3.4), (5, 2, 2.6), (-1, 6, 2.2)):
            brush.oval(x + dx, y + dy, r, r, darker(disc, 0.14), glow=True)


def _bolt(brush: Brush, random: Random) -> None:
    """A zigzag from the clouds towards the horizon."""
    x, y = random.uniform(50, SIDE - 50), 42.0
    path = [(x, y)]
    for _ in range(5):
        x, y = x + random.choice((-1, 1)) * random.uniform(6, 15), y + random.uniform(16, 22)
        path.append((x, y))
    brush.line(path, (255, 246, 150), 5.4, glow=True)
    brush.line(path, (255, 255, 240), 2.4, glow=True)


def _clouds(brush: Brush, random: Random, stormy: bool) -> None:
    colour = brush.light.cloud
    for index in range(random.randint(5, 7) if stormy else random.randint(3, 4)):
        x = (index + random.uniform(0.1, 0.9)) * SIDE / (6 if stormy else 3.5)
        y = random.uniform(6, 46) if stormy else random.uniform(24, 88)
        _cloud(brush, random, x, y, random.uniform(26, 40) if stormy else random.uniform(15, 25), colour)


def _cloud(brush: Brush, random: Random, x: float, y: float, size: float, colour: Colour) -> None:
    """Puffs over a flat base: the lower side in shadow, the upper in light."""
    puffs = []
    for index in range(5):
        angle = pi * (index + 0.5) / 5
        reach = size * random.uniform(0.85, 1.1)
        puffs.append((x - cos(angle) * reach * 1.35, y - sin(angle) * reach * 0.45, size * random.uniform(0.42, 0.6)))
    for tone, drop in ((mix(colour, _middle(brush.light), 0.35), size * 0.16), (colour, 0.0)):
        for px, py, r in puffs:
            brush.oval(px, py + drop, r * 1.15, r, tone, glow=True)
        brush.oval(x, y + drop, size * 1.5, size * 0.34, tone, glow=True)
    for px, py, r in puffs[1:4]:
        brush.oval(px - r * 0.15, py - r * 0.2, r * 0.7, r * 0.6, lighter(colour, 0.18), glow=True)


def _middle(light: Light) -> Colour:
    return light.sky[1]

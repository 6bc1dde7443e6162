"""What weather puts over a scene: the veil of fog and rain, and what falls from the sky."""

from random import Random

import numpy as np
from PIL import Image, ImageDraw

from training.scenes.brush import FINE, SIDE, Brush

COARSE = 48
VEILS = {"fog": (0.58, 0.16), "rain": (0.18, 0.03), "snowfall": (0.2, 0.03)}  # at the horizon, at the lower edge
ENLARGE = 4  # pixels of a square in pixel art
FAINT = {"rain": 150, "snowfall": 255}  # how much it covers there


def paint_veil(brush: Brush, random: Random, weather: str, horizon: float) -> None:
    """Haze over land and sky, thickest at the horizon; fog drifts in banks."""
    if weather not in VEILS:
        return
    far, near = VEILS[weather]
    share = horizon / brush.height
    rows = np.interp(np.linspace(0, 1, COARSE), (0, share * 0.5, share, 1), (far * 0.5, far, far, near))
    banks = np.random.default_rng(random.getrandbits(32)).normal(0, 0.13 if weather == "fog" else 0.03, (12, 6))
    drift = np.asarray(Image.fromarray(banks.astype(np.float32)).resize((COARSE, COARSE), Image.Resampling.BICUBIC))
    alpha = np.clip(rows[:, None] * (1 + drift), 0, 0.9)
    stencil = Image.fromarray((alpha * 255).astype(np.uint8)).resize(brush.canvas.size, Image.Resampling.BILINEAR)
    haze = tuple(round(channel) for channel in brush.light.haze)
    brush.canvas.paste(haze, (0, 0, *brush.canvas.size), stencil)


def paint_falling(picture: Image.Image, random: Random, weather: str, style: str, night: bool) -> None:
    """Streaks of rain or flakes of snow over the finished picture, in the manner of its style."""
    if weather not in FALLING:
        return
    width, height = picture.size
    if style == "pixel art":
        drawn = FALLING[weather](random, (width // ENLARGE, height // ENLARGE))
        squares = drawn.point(lambda value: FAINT[weather] if value > 90 else 0)
        stencil = squares.resize(picture.size, Image.Resampling.NEAREST)
    else:
        stencil = FALLING[weather](random, (width * FINE, height * FINE)).reduce(FINE)
    picture.paste(_colour(weather, style, night), (0, 0, width, height), stencil)


def _colour(weather: str, style: str, night: bool) -> tuple[int, int, int]:
    if style == "ink":
        return (248, 248, 244) if weather == "snowfall" or night else (70, 76, 92)
    if style == "neon":
        return (120, 220, 255) if weather == "rain" else (236, 240, 255)
    return ((150, 172, 206) if night else (226, 236, 246)) if weather == "rain" else (252, 253, 255)


def _streaks(random: Random, size: tuple[int, int]) -> Image.Image:
    """A mask of slanting strokes."""
    (width, height), unit = size, min(size) / SIDE
    stencil = Image.new("L", size)
    pen, thick = ImageDraw.Draw(stencil), max(1, round(1.5 * unit))
    for _ in range(round(95 * width * height / min(size) ** 2)):
        x, y, long = random.uniform(-0.1, 1) * width, random.uniform(-0.08, 1) * height, random.uniform(13, 24) * unit
        pen.line((x, y, x + long * 0.28, y + long), fill=random.choice((140, 190)), width=thick)
    return stencil


def _flakes(random: Random, size: tuple[int, int]) -> Image.Image:
    """A mask of flakes, small and large; fewer where each is a whole square."""
    (width, height), unit = size, min(size) / SIDE
    stencil = Image.new("L", size)
    pen, usual = ImageDraw.Draw(stencil), 110 if unit > 1 else 66
    for _ in range(round(usual * width * height / min(size) ** 2)):
        x, y, r = random.random() * width, random.random() * height, random.choice((1.3, 1.8, 2.5)) * unit
        pen.ellipse((x - r, y - r, x + r, y + r), fill=245)
    return stencil


FALLING = {"rain": _streaks, "snowfall": _flakes}

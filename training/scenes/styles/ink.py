"""Ink: dark lines of uneven width and hatching on warm paper, with colour for what has one."""

import numpy as np
from PIL import Image, ImageFilter

from training.scenes.facts import Facts
from training.scenes.styles.fields import LUMA, grain, image, noise, pixels, share, steepness, wobbled

PAPER = np.array((248, 240, 220), dtype=np.float32)
INK = np.array((34, 30, 44), dtype=np.float32)
WASH = {"dawn": 0.56, "day": 0.46, "sunset": 0.66, "night": 0.7}  # how much of the scene's colours is left
COVERED = {"storm": 0.62, "snowfall": 0.78}  # the same under a heavy sky


def ink(picture: Image.Image, mask: Image.Image, facts: Facts, chance: np.random.Generator) -> Image.Image:
    """A thin wash of the colours of the scene, a strong one of those of its things, and the pen over both."""
    size, unit = picture.size, min(picture.size) / 256
    both = wobbled(np.concatenate((pixels(picture), pixels(mask)[..., None]), axis=-1), chance, 12 * unit, 0.7 * unit)
    scene, things = both[..., :3], image(both[..., 3])
    strong = share(things, 0.5)
    thin = max(WASH[facts.hour], COVERED.get(facts.weather, 0.0))
    wash = PAPER - (255 - scene) * PAPER / 255 * (thin + (0.86 - thin) * strong)
    pressure = 1 + 0.35 * noise(chance, size, 18 * unit)
    lines = _lines(scene, pressure, unit)
    hatching = _hatching(scene, chance, size, unit) * (1 - 0.75 * strong[..., 0])
    if facts.flowers:  # too small for an outline of their own
        lines = lines * (1 - 0.55 * strong[..., 0] * (np.arange(size[1])[:, None] > 0.75 * size[1]))
    dark = np.maximum(lines, hatching)[..., None]
    if facts.stars or facts.lightning:
        bare = _sparks(scene, unit) * (1 - strong)
        wash, dark = wash + (PAPER - wash) * bare, dark * (1 - bare)
    return image(wash + (INK - wash) * dark + 2.4 * grain(chance, size, 0.6)[..., None])


def _sparks(scene: np.ndarray, unit: float) -> np.ndarray:
    """Where paper is left bare for a star or a flash [height, width, 1]: what is far brighter than all around it."""
    tone = Image.fromarray((scene @ LUMA).clip(0, 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    return ((pixels(tone) - pixels(tone.filter(ImageFilter.BoxBlur(7 * unit))) - 20) / 40).clip(0, 1)[..., None]


def _lines(scene: np.ndarray, pressure: np.ndarray, unit: float) -> np.ndarray:
    """The pen's lines: where colours meet, heavier where the hand presses."""
    edges = image(steepness(scene) * 3.4).filter(ImageFilter.GaussianBlur(0.55 * unit))
    return ((pixels(edges) * pressure - 34) / 96).clip(0, 0.94)


def _hatching(scene: np.ndarray, chance: np.random.Generator, size: tuple[int, int], unit: float) -> np.ndarray:
    """Slanting strokes where it is darker than its surroundings on average, crossed where it is darkest."""
    tone = scene @ LUMA
    tone = tone / max(90.0, float(np.percentile(tone, 92)))
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]] / unit
    drift = noise(chance, size, 40 * unit) * 0.5
    strokes = np.zeros_like(tone)
    for direction, limit in ((columns + rows, 0.72), (columns - rows, 0.42)):
        wave = np.sin(direction * (2 * np.pi / 7.5) + drift) - 0.45
        strokes = np.maximum(strokes, (wave * 2.4).clip(0, 1) * ((limit - tone) * 2.4).clip(0, 0.5))
    return strokes

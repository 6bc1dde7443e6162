"""Neon: the scene in the dark, its edges as glowing tubes in its own colours."""

import numpy as np
from PIL import Image, ImageFilter

from training.scenes.facts import Facts
from training.scenes.styles.fields import LUMA, image, pixels, share, steepness

AMBIENT = np.array((14, 6, 30), dtype=np.float32)
SCENERY, THINGS = 0.42, 0.64  # how bright surfaces stay between the tubes


def neon(picture: Image.Image, mask: Image.Image, facts: Facts, chance: np.random.Generator) -> Image.Image:
    """Dark surfaces, bright tubes along every edge, and the light that the tubes shed around them."""
    unit, vivid = min(picture.size) / 256, _vivid(pixels(picture), 1.7)
    shine = 0.3 * (vivid @ LUMA / 255)[..., None] ** 6  # the sun and snow are bright by themselves
    surfaces = AMBIENT + vivid * (SCENERY + shine + (THINGS - SCENERY) * share(mask, 0.6))
    tubes = _tubes(picture, mask, vivid, 5.4 if facts.hour == "night" else 3.0)
    glow = sum(
        pixels(image(tubes).filter(ImageFilter.GaussianBlur(r * unit))) * much for r, much in ((1.6, 0.7), (5, 0.9))
    )
    lit = surfaces + glow
    return image(255 - (255 - lit.clip(0, 255)) * (255 - tubes * 0.95) / 255)


def _vivid(scene: np.ndarray, amount: float) -> np.ndarray:
    """Colours drawn away from grey."""
    grey = (scene @ LUMA)[..., None]
    return (grey + (scene - grey) * amount).clip(0, 255)


def _tubes(picture: Image.Image, mask: Image.Image, vivid: np.ndarray, gain: float) -> np.ndarray:
    """Light along the edges [height, width, 3] at full strength, in the colour of what is there."""
    unit = min(picture.size) / 256
    edges = image(steepness(pixels(picture)) * gain).filter(ImageFilter.GaussianBlur(0.6 * unit))
    lines = ((pixels(edges) - 26) / 84).clip(0, 1)[..., None]
    near = pixels(_brighter(image(vivid), mask))
    full = near * (255 / np.maximum(near.max(axis=-1, keepdims=True), 60))
    return full * lines


def _brighter(scene: Image.Image, mask: Image.Image) -> Image.Image:
    """At each pixel the brightest colour close by; around a thing, one of its own."""
    apart = Image.composite(scene, Image.new("RGB", scene.size), mask.point(lambda value: 255 if value > 200 else 0))
    around = mask.filter(ImageFilter.MaxFilter(3)).point(lambda value: 255 if value else 0)
    return Image.composite(apart.filter(ImageFilter.MaxFilter(5)), scene.filter(ImageFilter.MaxFilter(3)), around)

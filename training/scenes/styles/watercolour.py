"""Watercolour: thin washes that bleed at their edges, on grained paper that stays white around the picture."""

import numpy as np
from PIL import Image, ImageFilter

from training.scenes.facts import Facts
from training.scenes.styles.fields import grain, image, noise, pixels, wobbled

PAPER = np.array((252, 249, 241), dtype=np.float32)
DENSITY = {"dawn": 0.8, "day": 0.8, "sunset": 0.84, "night": 0.88}  # share of pigment that the hour asks for
POOLS = (0.075, 0.04)  # how uneven the washes are by day and by night, where the paper would show too much


def watercolour(picture: Image.Image, mask: Image.Image, facts: Facts, chance: np.random.Generator) -> Image.Image:
    """Pigment lies thicker in some places, gathers dark at the rim of each wash, and thins out towards the margin."""
    size, unit = picture.size, min(picture.size) / 256
    traced = image(wobbled(pixels(picture), chance, 9 * unit, 0.9 * unit)).filter(ImageFilter.GaussianBlur(0.9 * unit))
    wash, around = pixels(traced), pixels(traced.filter(ImageFilter.BoxBlur(4 * unit)))
    rim = np.abs(wash - around).max(axis=-1)
    pools = POOLS[facts.hour == "night"] * (noise(chance, size, 26 * unit) + 0.5 * noise(chance, size, 9 * unit))
    density = DENSITY[facts.hour] * (1 + pools + 0.05 * grain(chance, size, 0.7)) + rim * 0.0042
    density = density * _inside(chance, size, unit)
    return image(PAPER - (PAPER - wash) * density.clip(0, 1.25)[..., None])


def _inside(chance: np.random.Generator, size: tuple[int, int], unit: float) -> np.ndarray:
    """Share of the wash at each pixel: 0 on the white margin, 1 within, and a ragged rim between."""
    rows, columns = np.arange(size[1])[:, None], np.arange(size[0])[None, :]
    edge = np.minimum(np.minimum(rows, size[1] - 1 - rows), np.minimum(columns, size[0] - 1 - columns))
    ragged = edge - (6 + 2.4 * noise(chance, size, 14 * unit) + noise(chance, size, 4 * unit)) * unit
    return (ragged / (1.6 * unit)).clip(0, 1) + 0.16 * np.exp(-((ragged / unit - 2.4) ** 2) / 2)

"""Ways of painting one and the same scene: each takes the flat picture and the mask of its things."""

from random import Random

import numpy as np
from PIL import Image

from training.scenes.facts import Facts
from training.scenes.styles.facets import low_poly
from training.scenes.styles.ink import ink
from training.scenes.styles.neon import neon
from training.scenes.styles.pixels import pixel_art
from training.scenes.styles.watercolour import watercolour

PAINTED = {"watercolour": watercolour, "pixel art": pixel_art, "ink": ink, "low poly": low_poly, "neon": neon}


def in_style(picture: Image.Image, mask: Image.Image, facts: Facts, random: Random) -> Image.Image:
    """The flat picture as the style of the scene paints it; `mask` is white where things stand."""
    if facts.style == "flat":
        return picture
    chance = np.random.default_rng(random.getrandbits(32))
    return PAINTED[facts.style](picture, mask, facts, chance)

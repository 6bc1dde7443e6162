"""From facts to a picture."""

from random import Random

from PIL import Image, ImageChops

from training.scenes.brush import FINE, SIDE, Brush
from training.scenes.facts import Facts
from training.scenes.land import horizon_of, paint_far, paint_flowers, paint_ground
from training.scenes.palette import LIGHTS
from training.scenes.sky import blank_sky, paint_sky
from training.scenes.things import paint_things

__all__ = ["SIDE", "draw", "draw_with_mask"]


def draw(facts: Facts, seed: int) -> Image.Image:
    """The scene as an RGB picture of SIDE × SIDE pixels; `seed` settles what the facts leave open."""
    return draw_with_mask(facts, seed)[0]


def draw_with_mask(facts: Facts, seed: int) -> tuple[Image.Image, Image.Image]:
    """The picture, and a grey mask that is white where things stand (the autoencoder looks harder there)."""
    random = Random(f"drawing {seed}")
    horizon = horizon_of(random, facts)
    canvas, sun = blank_sky(random, facts, horizon)
    brush = Brush(canvas, LIGHTS[facts.hour])
    paint_sky(brush, random, facts, sun)
    paint_far(brush, random, facts, horizon)
    paint_ground(brush, random, facts, horizon, sun)
    empty = canvas.copy()
    if facts.flowers:
        paint_flowers(brush, random, facts.flowers)
    paint_things(brush, random, facts)
    touched = ImageChops.difference(empty, canvas).convert("L").point(lambda value: 255 if value > 6 else 0)
    return canvas.reduce(FINE), touched.reduce(FINE)

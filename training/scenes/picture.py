"""From facts to a picture."""

from random import Random

from PIL import Image, ImageChops

from training.scenes.brush import FINE, SIDE, Brush
from training.scenes.facts import Facts
from training.scenes.far import paint_far
from training.scenes.features import paint_feature, paint_flowers
from training.scenes.land import horizon_of, paint_ground
from training.scenes.palette import light_of
from training.scenes.sky import blank_sky, paint_bolt, paint_sky
from training.scenes.styles import in_style
from training.scenes.things import paint_things
from training.scenes.weather import paint_falling, paint_veil


def draw(facts: Facts, seed: int, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """The scene as an RGB picture of `size` = (width, height) pixels; `seed` settles what the facts leave open."""
    return draw_with_mask(facts, seed, size)[0]


def draw_with_mask(facts: Facts, seed: int, size: tuple[int, int] = (SIDE, SIDE)) -> tuple[Image.Image, Image.Image]:
    """The picture, and a grey mask that is white where things stand (the autoencoder looks harder there)."""
    random = Random(f"drawing {seed}")
    light = light_of(facts.hour, facts.weather)
    horizon = horizon_of(random, facts, size[1] * SIDE / min(size))
    canvas, sun = blank_sky(random, facts, light, size, horizon)
    brush = Brush(canvas, light)
    paint_sky(brush, random, facts, sun, horizon)
    paint_far(brush, random, facts, horizon)
    if facts.lightning:
        paint_bolt(brush, random, horizon)
    paint_ground(brush, random, facts, horizon, sun)
    if facts.feature:
        paint_feature(brush, random, facts, horizon)
    paint_veil(brush, random, facts.weather, horizon)
    empty = canvas.copy()
    if facts.flowers:
        paint_flowers(brush, random, facts.flowers)
    paint_things(brush, random, facts)
    touched = ImageChops.difference(empty, canvas).convert("L").point(lambda value: 255 if value > 6 else 0)
    mask = touched.reduce(FINE)
    picture = in_style(canvas.reduce(FINE), mask, facts, random)
    paint_falling(picture, random, facts.weather, facts.style, facts.hour == "night")
    return picture, mask

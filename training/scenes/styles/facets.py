"""Low poly: the scene as flat triangles, whose corners are drawn to its edges."""

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from training.scenes.facts import Facts
from training.scenes.styles.fields import image, pixels, steepness

FINE = 2  # drawn so many times finer, then reduced
LARGE, CUT = 17.0, 13.0  # sides of the triangles of empty land and of all else, in 1/256 of the smaller side
NEAR = 8  # so far from an edge, in the same unit, the outlines of the scene itself are kept


def low_poly(picture: Image.Image, mask: Image.Image, facts: Facts, chance: np.random.Generator) -> Image.Image:
    """Sky and land become facets of one colour each; whatever has an outline keeps it and is cut like a gem."""
    unit, scene = min(picture.size) / 256, pixels(picture)
    edges = steepness(scene)
    corners = _corners(edges, picture.size, LARGE * unit, 0.16, chance)
    facets = _facets(scene, _triangles(corners), chance)
    busy = image(edges * 4).point(lambda value: 255 if value > 90 else 0).filter(ImageFilter.BoxBlur(NEAR * unit))
    outlined = ImageChops.lighter(busy.point(lambda value: 255 if value else 0), mask).filter(ImageFilter.BoxBlur(1))
    facets.paste(_cut(scene, edges, unit, chance), mask=outlined)
    return facets


def _cut(scene: np.ndarray, edges: np.ndarray, unit: float, chance: np.random.Generator) -> Image.Image:
    """The scene as it is, but each facet of it in a little more or less light."""
    height, width = scene.shape[:2]
    light = Image.new("L", (width * FINE, height * FINE))
    pen = ImageDraw.Draw(light)
    triangles = _triangles(_corners(edges, (width, height), CUT * unit, 0.3, chance))
    shades = chance.integers(-14, 15, len(triangles)) + 128
    for corners, shade in zip((triangles * FINE).reshape(-1, 6).tolist(), shades.tolist(), strict=True):
        pen.polygon(corners, fill=shade)
    return image(scene * (pixels(light.reduce(FINE)) / 128)[..., None])


def _corners(
    edges: np.ndarray, size: tuple[int, int], side: float, jitter: float, chance: np.random.Generator
) -> np.ndarray:
    """A net of points (x, y) [rows, columns, 2] over the picture, each drawn to the sharpest edge near it."""
    columns, rows = (round(length / side) + 3 for length in size)
    net = np.stack(np.meshgrid(np.arange(columns) - 1.0, np.arange(rows) - 1.0), axis=-1)
    net[1::2, :, 0] += 0.5
    net = (net + chance.uniform(-jitter, jitter, net.shape)) * side
    reach = np.linspace(-0.3 * side, 0.3 * side, 7)
    moves = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    near = net[:, :, None] + moves
    x = near[..., 0].round().astype(int).clip(0, size[0] - 1)
    y = near[..., 1].round().astype(int).clip(0, size[1] - 1)
    worth = edges[y, x] - 0.6 * np.hypot(*moves.T)
    best = worth.argmax(axis=-1)
    return np.take_along_axis(near, best[..., None, None], axis=2)[:, :, 0]


def _triangles(net: np.ndarray) -> np.ndarray:
    """Corners of all triangles [number, 3, 2]: each square of the net is cut in two."""
    a, b, c, d = net[:-1, :-1], net[:-1, 1:], net[1:, :-1], net[1:, 1:]
    halves = [np.stack(half, axis=2).reshape(-1, 3, 2) for half in ((a, b, c), (b, d, c))]
    return np.concatenate(halves)


def _facets(scene: np.ndarray, triangles: np.ndarray, chance: np.random.Generator) -> Image.Image:
    """Each triangle in the middle colour of four points within it, in a little more or less light."""
    middle = triangles.mean(axis=1, keepdims=True)
    inner = np.concatenate((middle, middle + (triangles - middle) * 0.5), axis=1)
    x = inner[..., 0].astype(int).clip(0, scene.shape[1] - 1)
    y = inner[..., 1].astype(int).clip(0, scene.shape[0] - 1)
    lean = chance.normal(0, 0.03, (len(triangles), 1))
    colours = (np.median(scene[y, x], axis=1) * (1 + lean)).clip(0, 255).astype(int)
    canvas = Image.new("RGB", (scene.shape[1] * FINE, scene.shape[0] * FINE))
    pen = ImageDraw.Draw(canvas)
    for corners, colour in zip((triangles * FINE).reshape(-1, 6).tolist(), colours.tolist(), strict=True):
        pen.polygon(corners, fill=tuple(colour))
    return canvas.reduce(FINE)

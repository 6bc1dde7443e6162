"""Scenes as pixels, kept on disk so that the decoder's training never waits for the brush."""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from training.command import spoken
from training.recipe import Recipe
from training.scenes import draw_with_mask, imagine, size_of
from training.shelves import Shape, fill, read

FIRST_HELD_OUT = 10_000_000  # scenes from this number on are for judging only; training never sees them


def pixels(number: int, shrink: int = 1) -> np.ndarray:
    """Scene `number` as bytes [height, width, 4] in its own size: red, green, blue, and the mask of its things."""
    layers = draw_with_mask(imagine(number), number, size_of(number))
    picture, mask = (layer.reduce(shrink) for layer in layers)  # each alone: alpha would take its colours away
    picture.putalpha(mask)
    return np.asarray(picture)


def drawings(count: int, work: Path, shrink: int = 1) -> dict[Shape, np.ndarray]:
    """Scenes 0 … count - 1 by shape, each bytes [n, height, width, 4]: drawn once, then read from `work`."""
    fill(work / "drawings", range(count), partial(pixels, shrink=shrink))
    shelves = read(work / "drawings")
    return {shape: shelf["values"][: np.searchsorted(shelf["number"], count)] for shape, shelf in shelves.items()}


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="how many scenes; as many as the recipe says where none is given")
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    scale = Recipe.of(options.work).scale
    drawings(scale.sketches if options.count is None else options.count, options.work, scale.shrink)


if __name__ == "__main__":
    main()

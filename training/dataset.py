"""The denoiser's school books: latents of many drawings, and a fresh caption each time one is opened."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPTokenizer

from training.autoencoder import the_cells
from training.captions import caption
from training.cells import CELL
from training.command import spoken
from training.drawings import pixels
from training.loop import at_once, device, lot, sent
from training.recipe import Recipe, Scale
from training.scenes import imagine
from training.shelves import Shape, fill
from training.text import new_tokenizer, numbered
from training.workers import ahead, cores

FORGET = 0.1  # share of captions replaced by the empty prompt: guidance needs a model that can also paint unasked


SMALL, WHOLE = "small", "latents"  # folders of a work folder


def write_latents(work: Path, drawings: int | None = None) -> None:
    """Draw and encode the recipe's scenes, or so many `drawings`, going on where an earlier run stopped.

    Those in half size come after the others, so that no scene is among both.
    """
    scale = Recipe.of(work).scale
    cells = the_cells(work, scale).to(torch.device("cpu"))
    whole = scale.drawings if drawings is None else drawings
    small = round(whole * scale.small / scale.drawings)
    for folder, numbers, shrink in (
        (WHOLE, range(whole), scale.shrink),
        (SMALL, range(whole, whole + small), 2 * scale.shrink),
    ):
        fill(work / folder, numbers, partial(encode, cells.mean.numpy(), cells.patterns.numpy(), shrink))


def encode(mean: np.ndarray, patterns: np.ndarray, shrink: int, number: int) -> np.ndarray:
    """Latents [8, height, width] of a scene, half floats: what `Cells.latents` computes, for workers without torch."""
    picture = pixels(number, shrink)[..., :3]
    height, width = picture.shape[0] // CELL, picture.shape[1] // CELL
    cells = picture.reshape(height, CELL, width, CELL, 3).transpose(0, 2, 4, 1, 3).reshape(height, width, -1)
    values = (cells / np.float32(127.5) - 1 - mean) @ patterns.T
    return values.transpose(2, 0, 1).astype(np.float16)


@dataclass(frozen=True)
class Plan:
    """A step's pictures: rows of one shelf, the scenes they are of, and the seed of what is said about them."""

    shape: Shape
    rows: list[int]
    scenes: list[int]
    seed: int


def told(plan: Plan) -> tuple[Plan, np.ndarray]:
    """The plan with a caption for each of its scenes, as token numbers [n, 77]."""
    random = Random(plan.seed)
    return plan, numbered(_tokenizer(), [prompt(scene, random) for scene in plan.scenes])


def prompt(scene: int, random: Random) -> str:
    return "" if random.random() < FORGET else caption(imagine(scene), random)


@cache
def _tokenizer() -> CLIPTokenizer:
    """One for each process, for it is the captions' own and sending it along would take longer than reading."""
    return new_tokenizer()


class Lessons:
    """Endless batches of (latents [n, 8, h, w], prompt tokens [n, 77]), all of a batch from drawings of one size.

    Every drawing comes up equally often. Batches of larger pictures are smaller, so that all cost about the same.
    """

    def __init__(self, shelves: dict[Shape, np.ndarray], scale: Scale, seed: int) -> None:
        self.scenes = {shape: shelf["number"].astype(int) for shape, shelf in shelves.items()}
        self.latents = {shape: _within_reach(shelf["values"]) for shape, shelf in shelves.items()}
        self.places = scale.batch * at_once(scale) * (scale.side // CELL) ** 2  # in all latents of a batch
        self.seed = seed

    def __len__(self) -> int:
        """Different drawings."""
        return sum(len(scenes) for scenes in self.scenes.values())

    def start(self, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of step `first` and of all that follow; captions are written ahead where a GPU is fast."""
        workers = max(1, cores() - 2) if device().type == "cuda" else 0
        for plan, numbers in ahead(told, map(self.plan, count(first)), workers):
            yield self.look_up(plan), sent(numbers.astype(np.int64))

    def look_up(self, plan: Plan) -> Tensor:
        """The plan's latents [n, 8, h, w] on the device."""
        latents, rows = self.latents[plan.shape], np.array(plan.rows)
        return (latents[sent(rows)] if isinstance(latents, Tensor) else sent(np.array(latents[rows]))).float()

    def plan(self, step: int) -> Plan:
        """What to look at in a step; it follows from the seed and the step alone."""
        random = Random(lot(self.seed, "lesson", step))
        shapes = sorted(self.scenes)
        weights = [len(self.scenes[shape]) / self.size(shape) for shape in shapes]
        shape = random.choices(shapes, weights)[0]
        rows = random.choices(range(len(self.scenes[shape])), k=self.size(shape))
        return Plan(shape, rows, self.scenes[shape][rows].tolist(), random.getrandbits(32))

    def size(self, shape: Shape) -> int:
        """Pictures in a batch of this shape."""
        return max(1, round(self.places / (shape[1] * shape[2])))


def _within_reach(latents: np.ndarray) -> np.ndarray | Tensor:
    """All latents on the GPU where there is one; else left on disk, which is fast enough for a processor."""
    return torch.from_numpy(np.ascontiguousarray(latents)).to(device()) if device().type == "cuda" else latents


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, help="how many scenes; as many as the recipe says where none is given")
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    write_latents(options.work, options.count)


if __name__ == "__main__":
    main()

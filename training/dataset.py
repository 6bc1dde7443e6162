"""The denoiser's school books: latents of many drawings, and a fresh caption each time one is opened."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from multiprocessing import Pool
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPTokenizer

from training.autoencoder import the_cells
from training.captions import caption
from training.cells import CELL, CHANNELS, Cells
from training.drawings import pixels
from training.loop import device, to_tensor
from training.scenes import SIDE, imagine
from training.text import tokens

FORGET = 0.1  # share of captions replaced by the empty prompt: guidance needs a model that can also paint unasked


def write_latents(work: Path, count: int) -> None:
    """Draw and encode scenes 0 … count - 1 into one file, going on where an earlier run stopped."""
    path, cells = work / "latents.f16", the_cells(work)
    size = CHANNELS * (SIDE // CELL) ** 2 * 2  # bytes of one
    done = path.stat().st_size // size if path.exists() else 0
    with path.open("ab") as file, Pool(initializer=torch.set_num_threads, initargs=(1,)) as pool:
        file.truncate(done * size)
        for number, latents in enumerate(pool.imap(partial(encode, cells), range(done, count), chunksize=64), done):
            file.write(latents.tobytes())
            if number % 5000 == 0:
                print(f"{number} of {count} encoded", flush=True)


def encode(cells: Cells, number: int) -> np.ndarray:
    """Latents [8, 32, 32] of a scene, as half floats."""
    picture = torch.from_numpy(pixels(number)[None, ..., :3].copy())
    return cells.latents(to_tensor(picture))[0].numpy().astype(np.float16)


def read_latents(work: Path) -> np.ndarray:
    """All latents written so far, [n, 8, 32, 32]; row n is scene number n."""
    shape = (CHANNELS, SIDE // CELL, SIDE // CELL)
    values = np.fromfile(work / "latents.f16", dtype=np.float16)
    whole = len(values) // prod(shape)
    return values[: whole * prod(shape)].reshape(whole, *shape)


@dataclass
class Lessons:
    """Endless batches of (latents [n, 8, 32, 32], prompt tokens [n, 77])."""

    latents: np.ndarray
    tokenizer: CLIPTokenizer
    batch: int

    def start(self, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
        random = Random(seed)
        while True:
            numbers = [random.randrange(len(self.latents)) for _ in range(self.batch)]
            prompts = [self.prompt(number, random) for number in numbers]
            clean = torch.from_numpy(self.latents[numbers].astype(np.float32))
            yield clean.to(device()), tokens(self.tokenizer, prompts).to(device())

    def prompt(self, number: int, random: Random) -> str:
        return "" if random.random() < FORGET else caption(imagine(number), random)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60000)
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    write_latents(options.work, options.count)


if __name__ == "__main__":
    main()

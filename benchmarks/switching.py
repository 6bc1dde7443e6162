"""Two models by turns: memory after each switch, and what was read for it; in the engine, and where only one may stay.

python -m benchmarks.switching [--switches 10] [--width 256]

Bar: from the second round on memory stays within 2 %, and a switch in the engine reads less than a hundredth of its
model; before each the system is asked to forget the model's files, so that all that is read comes from the disk.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import torch

from pipelines.events import Picture
from pipelines.loading import load
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from studio.workers import Made, Worker
from studio.workers.messages import Model
from studio.workers.stock import Stock, files_of, size_of
from tests.tiny import make_sd_pipeline
from tests.tiny.parts import make_unet

MB = 2**20
REQUEST = TextToImage(prompt="a red house", size=Size(width=64, height=64), sampling=Sampling(steps=2, seed=3))


class Turn(NamedTuple):
    """Bytes: in memory after a picture, read for it, and of the model's weights."""

    held: int
    read: int
    size: int


def write(folder: Path, width: int, dtype: torch.dtype) -> Path:
    """A random Stable Diffusion whose network is so wide: of 256 it has some 300 million numbers.

    As float32 its file is mapped into memory, as float16 it is converted.
    """
    pipeline = make_sd_pipeline()
    network = make_unet(
        block_out_channels=(width, 4 * width), layers_per_block=2, norm_num_groups=32, attention_head_dim=8
    )
    pipeline.register_modules(unet=network)
    pipeline.to(dtype).save_pretrained(folder)
    return folder


def drawn(events: Iterable[Any], kind: type) -> float:
    """How many seconds a picture takes."""
    began = time.perf_counter()
    assert any(isinstance(event, kind) for event in events)
    return time.perf_counter() - began


def bytes_read(process: psutil.Process) -> int:
    """All that it has read in its life: asked for, or mapped and fetched from the disk."""
    counted = process.io_counters()
    return counted.read_chars + counted.read_bytes


def forget(folder: Path) -> None:
    """Ask the system to drop what it keeps in memory of a model's files."""
    for path in files_of(folder):
        with path.open("rb") as file:
            os.fsync(file)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def turns(folders: list[Path], switches: int, draw: Callable[[Path], float], pid: Callable[[], int]) -> list[Turn]:
    """Draw with one model after the other, and say how it goes; those of the first round are left out."""
    found: list[Turn] = []
    for number in range(2 + switches):
        folder = folders[number % 2]
        forget(folder)
        before = bytes_read(psutil.Process(pid())) if number else 0
        seconds, process = draw(folder), psutil.Process(pid())
        turn = Turn(process.memory_info().rss, bytes_read(process) - before, size_of(folder))
        print(f"{number:3} {folder.name:7} {turn.held / MB:8.1f} MB   {turn.read / MB:8.2f} MB read   {seconds:5.2f} s")
        found.append(turn)
    return found[2:]


def in_the_engine(folders: list[Path], switches: int) -> list[Turn]:
    worker = Worker(device="cpu")

    def draw(folder: Path) -> float:
        return drawn(worker.run(folder.name, REQUEST, folder), Made)

    try:
        worker.start(folders[0])
        return turns(folders, switches, draw, lambda: worker.pid or 0)
    finally:
        worker.close()


def one_at_a_time(folders: list[Path], switches: int) -> list[Turn]:
    """In this process, as though memory never sufficed for two."""
    stock = Stock(lambda model: load(model.folder, device="cpu"), free=lambda: 0)

    def draw(folder: Path) -> float:
        family = stock.get(Model(folder), lambda: None)
        stock.make_room()
        return drawn(generate(family, REQUEST), Picture)

    return turns(folders, switches, draw, os.getpid)


def growth(found: list[Turn]) -> float:
    """How much memory varied after the same model."""
    return max(max(own) / min(own) - 1 for own in ([turn.held for turn in found[place::2]] for place in (0, 1)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--switches", type=int, default=10)
    parser.add_argument("--width", type=int, default=256)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = [
            write(Path(scratch) / "first", options.width, torch.float32),
            write(Path(scratch) / "second", options.width + 64, torch.float16),
        ]
        print("models of", " and ".join(f"{size_of(folder) / MB:.0f} MB" for folder in folders))
        kept = in_the_engine(folders, options.switches)
        share = max(turn.read / turn.size for turn in kept)
        print(f"both kept: memory varied by {growth(kept):.2%}, and {share:.3%} of a model was read at most")
        gc.collect()
        apart = one_at_a_time(folders, options.switches)
        print(f"one at a time: memory varied by {growth(apart):.2%}")
    return 1 if max(growth(kept), growth(apart)) > 0.02 or share > 0.01 else 0


if __name__ == "__main__":
    raise SystemExit(main())

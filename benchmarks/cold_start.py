"""How long a model of Stable Diffusion 1.5's size takes to be ready, beside reading as many bytes.

python -m benchmarks.cold_start [--rounds 3] [--json FILE]

Each load is in a process of its own, after its libraries are there; the files lie in the page cache, from which the
same bytes are read in the same process.  What is converted and laid out at its first use comes after that: it is in the
time until the first guided step of a picture of 256 pixels is made.  Bar: ready at 70 % of the rate at which the bytes
can be read, and not held twice.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import torch

from benchmarks.figures import Row, save, show, takes_json
from pipelines.families.family import Family
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate

CASES = (("bfloat16", "bfloat16"), ("float16", "bfloat16"), ("float32", "float32"))
"""The type of the files, and that which is computed in."""

PIECE = 16 * 2**20


def write(folder: Path, stored: str) -> Path:
    """The model with its weights as ``stored``."""
    from diffusers import StableDiffusionPipeline

    from benchmarks.sd15 import write as written

    place = folder / stored
    written(folder / "float16") if not (folder / "float16").exists() else None
    if not place.exists():
        pipe = StableDiffusionPipeline.from_pretrained(folder / "float16", dtype=getattr(torch, stored))
        pipe.save_pretrained(place)
    return place


def read_through(folder: Path) -> tuple[int, float]:
    """Bytes of the weights, and seconds in which they are read from the page cache."""
    files, buffer = sorted(folder.rglob("*.safetensors")), bytearray(PIECE)
    for _ in range(2):  # the first time brings them into the cache
        start, count = time.perf_counter(), 0
        for path in files:
            with path.open("rb", buffering=0) as file:
                while got := file.readinto(buffer):
                    count += got
    return count, time.perf_counter() - start


def make_first_step(family: Family) -> None:
    """Read a prompt and ask the network once, for the prompt and for none."""
    sampling = Sampling(steps=2, guidance=5.0, seed=0)
    next(iter(generate(family, TextToImage(prompt="a house", size=Size(width=256, height=256), sampling=sampling))))


def own_memory() -> int:
    """Bytes that the process holds itself; files that are mapped count for nothing, since they can be let go."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


def one(folder: Path, precision: str) -> Row:
    """Load once, here."""
    import transformers  # noqa: F401

    import pipelines.families.sd  # noqa: F401
    from pipelines.loading import load

    count, reading = read_through(folder)
    before = own_memory()
    start = time.perf_counter()
    family = load(folder, device="cpu", precision=precision)
    ready = time.perf_counter() - start
    held = own_memory() - before
    make_first_step(family)
    stepped = time.perf_counter() - start
    return {
        "bytes": count,
        "reading_s": reading,
        "ready_s": ready,
        "first_step_s": stepped,
        "own memory, share of the weights": held / count,
    }


def apart(folder: Path, precision: str) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cold_start", "--one", str(folder.resolve()), "--precision", precision]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "TQDM_DISABLE": "1"})
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def row_of(stored: str, precision: str, runs: list[dict[str, float]]) -> Row:
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return {
        "files": stored,
        "computed in": precision,
        "GB": middle["bytes"] / 1e9,
        "read GB/s": middle["bytes"] / middle["reading_s"] / 1e9,
        "ready_s": middle["ready_s"],
        "share of the rate": middle["reading_s"] / middle["ready_s"],
        "load and first step_s": middle["first_step_s"],
        "own memory, share of the weights": middle["own memory, share of the weights"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="where the models are written, and stay")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--precision", help=argparse.SUPPRESS)
    takes_json(parser)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one, options.precision)))
        return
    with tempfile.TemporaryDirectory() as folder:
        places = {case: write(options.keep or Path(folder), case[0]) for case in CASES}
        runs: dict[tuple[str, str], list[dict[str, float]]] = {case: [] for case in CASES}
        for _ in range(options.rounds):
            for case, place in places.items():
                runs[case].append(apart(place, case[1]))
    rows = [row_of(*case, each) for case, each in runs.items()]
    show(rows)
    save(options.json, "python -m benchmarks.cold_start", rows)


if __name__ == "__main__":
    main()

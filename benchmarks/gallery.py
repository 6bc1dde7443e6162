"""How quick the gallery's doors are over a large library, made for the occasion of small pictures.

python -m benchmarks.gallery [--pictures 10000] [--rounds 30]

Median milliseconds of each door, asked in the server's own process; thumbnails are of pictures of 1024 × 1024, made and
then kept.  Bars: 100 ms for a page and for a search, 250 ms for a thumbnail that has to be made.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from pipelines.requests import Sampling, Size, TextToImage
from studio.api import router
from studio.library import Recipe
from studio.library import recipe as recipes
from studio.library.index import COARSE
from studio.services import Studio
from studio.settings import Settings

WORDS = ("red", "blue", "house", "sea", "meadow", "tree", "boat", "hill", "night", "sunset", "bridge", "river")
LARGE = 20
BARS = {"first page": 100.0, "search, rare word": 100.0, "thumbnail, made": 250.0}


def fill(outputs: Path, count: int) -> None:
    """Write results as the library does, but without forcing each to the disk; a few are large."""
    outputs.mkdir()
    draw = numpy.random.default_rng(0)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for k in range(count):
        side = 1024 if k < LARGE else 64
        picture = Image.fromarray(draw.integers(0, 256, (side, side, 3), "uint8"))
        prompt = " ".join(draw.choice(WORDS, 8)) + (" rare" if k % 500 == 0 else "")
        request = TextToImage(prompt=prompt, size=Size(width=side, height=side), sampling=Sampling(seed=k))
        created = (begin + timedelta(minutes=k)).isoformat(timespec="milliseconds")
        recipe = Recipe(request=request, model="meadow", title="Meadow", created=created, pixels=f"{k:064x}")
        (outputs / f"{created[:10]}_{k:06}_{k:012x}.png").write_bytes(recipes.png(picture, recipe))


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - start)


def measured(client: TestClient, outputs: Path, rounds: int) -> Iterator[tuple[str, float]]:
    """What is measured, and its median."""

    def median(path: str) -> float:
        times = [timed(lambda: client.get(f"/api/library{path}").raise_for_status()) for _ in range(rounds)]
        return statistics.median(times)

    yield "all files read anew", timed(lambda: client.get("/api/library"))
    yield "once a file has come", statistics.median(_after_a_file(client, outputs / f"{k}") for k in range(5))
    time.sleep(COARSE + 0.1)
    client.get("/api/library")
    cursor = client.get("/api/library").json()["next"]
    yield "first page", median("")
    yield "next page", median(f"?cursor={cursor}")
    yield "search, common words", median("?words=red+boat")
    yield "search, rare word", median("?words=rare")
    yield "search, no picture", median("?words=nowhere")
    yield "what to choose from", median("/tally")
    yield "has anything changed", median("/stamp")
    yield "all about one picture", median(f"/{LARGE:012x}")
    for name in ("thumbnail, made", "thumbnail, kept"):
        doors = [f"/api/library/thumbnails/{k:012x}" for k in range(LARGE)]
        yield name, statistics.median(timed(lambda door=door: client.get(door).raise_for_status()) for door in doors)


def _after_a_file(client: TestClient, path: Path) -> float:
    path.touch()
    return timed(lambda: client.get("/api/library"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder) / "outputs"
        fill(outputs, options.pictures)
        app = FastAPI()
        app.include_router(router(Studio(Settings(outputs=outputs, words=Path(folder) / "words"))))
        figures = dict(measured(TestClient(app), outputs, options.rounds))
    for name, figure in figures.items():
        print(f"{name:24} {figure:8.1f} ms")
    return 1 if any(figures[name] > bar for name, bar in BARS.items()) else 0


if __name__ == "__main__":
    raise SystemExit(main())

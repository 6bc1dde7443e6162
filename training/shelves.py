"""Arrays of scenes kept on disk: a folder of shelves, one file for each shape, every row beside its scene's number.

A row is the scene's number, four bytes, and its values. A run that is killed leaves at most one torn row at the end of
each file, which the next run cuts off; then it makes only what is missing. The rows of a file are in the order of their
numbers, whether or not a run was interrupted.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np

from training.progress import Line
from training.workers import mapped

Shape = tuple[int, ...]


def read(folder: Path) -> dict[Shape, np.ndarray]:
    """The shelves by shape, each an array on disk of records with a "number" and "values" of that shape."""
    rows = {path: _row(path) for path in sorted(folder.glob("*x*.*"))}
    whole = {path: path.stat().st_size // row.itemsize for path, row in rows.items()}
    return {
        row["values"].shape: np.memmap(path, dtype=row, mode="r", shape=(whole[path],))
        for path, row in rows.items()
        if whole[path]
    }


def fill(folder: Path, numbers: Iterable[int], make: Callable[[int], np.ndarray]) -> None:
    """Put `make(number)` on the shelves for every number that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {int(number) for shelf in read(folder).values() for number in shelf["number"]}
    missing = sorted(set(numbers) - there)
    line, stopwatch = Line(folder.name, "pictures"), Stopwatch(folder)
    with ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        for done, (number, values) in enumerate(zip(missing, mapped(make, missing), strict=True), 1):
            name = _name(values)
            if name not in files:
                files[name] = stack.enter_context(_opened(folder / name))
            files[name].write(np.uint32(number).tobytes() + values.tobytes())
            stopwatch.tick()
            line.show(done / len(missing), done)
        line.end()


class Stopwatch:
    """The seconds that were spent on filling a folder, kept beside the shelves."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "seconds"
        self.before, self.start = seconds_of(folder), time.monotonic()
        self.written = self.start

    def tick(self, every: float = 2.0) -> None:
        now = time.monotonic()
        if now - self.written >= every:
            self.path.write_text(f"{self.before + now - self.start:.1f}\n", encoding="utf-8")
            self.written = now


def seconds_of(folder: Path) -> float:
    """Seconds that filling the folder has taken so far."""
    path = folder / "seconds"
    said = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    return float(said or 0)


def _name(values: np.ndarray) -> str:
    """What a file is called that holds such values: their shape, and their type as numpy writes it."""
    return f"{'x'.join(map(str, values.shape))}.{values.dtype.str[1:]}"


def _row(path: Path) -> np.dtype:
    """A row of the file, as its name says."""
    shape = tuple(int(part) for part in path.stem.split("x"))
    return np.dtype([("number", "<u4"), ("values", np.dtype(path.suffix[1:]).newbyteorder("<"), shape)])


def _opened(path: Path) -> IO[bytes]:
    """The file, open for further rows, without a torn last one."""
    file = path.open("ab")
    size = _row(path).itemsize
    file.truncate(path.stat().st_size // size * size)
    return file

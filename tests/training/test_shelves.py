"""Shelves survive any interruption, and workers end when they should."""

import os
import select
import signal
import time
from collections.abc import Iterator
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from training.shelves import fill, read
from training.workers import WORTH_IT, ahead, mapped


def made(number: int) -> np.ndarray:
    """Two shapes; the values tell the number."""
    shape = (2, 3) if number % 3 else (4, 1)
    return np.full(shape, number / 2, dtype=np.float16)


def slowly(number: int) -> np.ndarray:
    time.sleep(0.01)
    return made(number)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if "x" in path.name}


def test_every_scene_stands_on_the_shelf_of_its_shape_beside_its_number(tmp_path: Path) -> None:
    fill(tmp_path, range(10), made)
    shelves = read(tmp_path)
    assert {shape: shelf["number"].tolist() for shape, shelf in shelves.items()} == {
        (2, 3): [1, 2, 4, 5, 7, 8],
        (4, 1): [0, 3, 6, 9],
    }
    for shelf in shelves.values():
        assert (shelf["values"] == shelf["number"][:, None, None] / 2).all()


def test_torn_rows_are_cut_off_and_only_what_is_missing_is_made(tmp_path: Path) -> None:
    fill(tmp_path / "whole", range(20), made)
    fill(tmp_path / "torn", range(12), made)
    for cut in (1, 5, 19):  # bytes; a row of the first file has 16, so the last cut tears off a whole row and more
        path = tmp_path / "torn" / "2x3.f2"
        path.write_bytes(path.read_bytes()[:-cut])
        asked: list[int] = []
        fill(
            tmp_path / "torn",
            range(12 if cut < 19 else 20),
            lambda number, asked=asked: asked.append(number) or made(number),
        )
        assert asked == ([11] if cut < 19 else [10, 11, *range(12, 20)])
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")
    fill(tmp_path / "torn", range(20), lambda number: 1 / 0)  # nothing is left to make


def test_a_killed_run_loses_nothing_that_was_written(tmp_path: Path) -> None:
    fill(tmp_path / "whole", range(40), made)
    child = get_context("fork").Process(target=fill, args=(tmp_path / "killed", range(40), slowly))
    child.start()
    while not any((tmp_path / "killed").glob("*.f2")):
        time.sleep(0.01)
    time.sleep(0.1)
    child.kill()
    child.join()
    asked: list[int] = []
    fill(tmp_path / "killed", range(40), lambda number: asked.append(number) or made(number))
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_many_tasks_are_shared_out_and_come_back_in_order() -> None:
    assert list(mapped(os.path.basename, [f"a/{number}" for number in range(WORTH_IT + 9)])) == [
        str(number) for number in range(WORTH_IT + 9)
    ]


def test_workers_run_ahead_of_the_asker_in_order() -> None:
    asked: list[int] = []

    def tasks() -> Iterator[float]:
        for number in count():
            asked.append(number)
            yield float(number)

    alone = list(islice(ahead(abs, tasks(), 0), 5))
    assert len(asked) <= 6
    asked.clear()
    together = ahead(abs, tasks(), 2, depth=3)
    assert list(islice(together, 5)) == alone == [0, 1, 2, 3, 4]
    assert len(asked) <= 5 + 2 * 3 + 1  # no further than it may
    together.close()


def _feed(pipe: int) -> None:
    for _ in ahead(abs, count(), 2):
        os.write(pipe, b".")
        time.sleep(0.05)


def test_workers_end_when_their_parent_is_killed() -> None:
    reading, writing = os.pipe()
    parent = get_context("fork").Process(target=_feed, args=(writing,))
    parent.start()
    os.close(writing)
    assert os.read(reading, 1) == b"."
    parent.kill()
    parent.join()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and select.select([reading], [], [], 1)[0] and os.read(reading, 4096):
        pass  # what was said before
    assert select.select([reading], [], [], 0)[0], "a worker still holds the pipe"
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN  # only workers are deaf to Ctrl-C

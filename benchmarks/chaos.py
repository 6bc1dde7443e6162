"""Kill the studio at random moments and count what that costs: pictures lost, damaged or made twice, engines left over.

python -m benchmarks.chaos [--kills 200] [--seed 1]

The queue, the library and the processes are the real ones; the engine only pretends, so that hundreds of kills take
minutes.  A picture counts as promised once whoever watches its job was told of it, a job once its id was given out.
Half the kills come at any time, half a moment after a picture was told, when the next one is being written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, cast

from PIL import Image

from pipelines.requests import Sampling, Size, TextToImage
from pipelines.rereading import from_dict
from studio.settings import PROJECT
from tests.studio.fakes import paint

MOST_OPEN = 6
GONE = 5.0
"""Seconds that an engine may outlive its studio."""


@dataclass
class Promises:
    jobs: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    aside: set[str] = field(default_factory=set)
    outlived: int = 0


class Running:
    """One studio from its start to its kill."""

    def __init__(self, outputs: Path, promises: Promises) -> None:
        command = [sys.executable, "-m", "benchmarks.victim", str(outputs)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=PROJECT, text=True, **pipes)
        self.commands, self.told = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)
        self.promises = promises
        self.engine = 0
        self.heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        while self.heard.get(timeout=60) != "engine":
            pass

    def _read(self) -> None:
        kept = {"job": self.promises.jobs, "over": self.promises.over}
        kept |= {"picture": self.promises.pictures, "aside": self.promises.aside}
        for line in self.told:
            word, _, name = line.rstrip("\n").partition(" ")
            if line.endswith("\n"):  # else it was cut off in the middle, so nobody was told
                if word == "engine":
                    self.engine = int(name)
                else:
                    kept[word].add(name)
                self.heard.put(word)

    def tell(self, line: str) -> None:
        print(line, file=self.commands, flush=True)

    def wait_for_picture(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        with contextlib.suppress(queue.Empty):
            while self.heard.get(timeout=max(end - time.monotonic(), 0.001)) != "picture":
                pass

    def kill(self) -> None:
        self.process.kill()
        self._bury()
        end = time.monotonic() + GONE
        while exists(self.engine) and time.monotonic() < end:
            time.sleep(0.01)
        self.promises.outlived += exists(self.engine)

    def finish(self) -> None:
        """Let it work off what there is, try again what was set aside, and close it."""
        self.wait_until(lambda: self.promises.jobs == self.promises.over | self.promises.aside)
        self.tell("try again")
        self.wait_until(lambda: self.promises.jobs == self.promises.over)
        self._bury()

    def _bury(self) -> None:
        """Hang up, which ends a studio that is alive, and hear what it said last."""
        with contextlib.suppress(OSError):
            self.commands.close()
        self.process.wait(30)
        self.reader.join()
        self.told.close()

    def wait_until(self, met: Callable[[], bool], seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        while not met() and time.monotonic() < end:
            time.sleep(0.05)


def exists(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def a_job(dice: random.Random, number: int) -> str:
    """Requests that no other job has, as JSON."""
    words = f"job {number}" + dice.choice(["", "", " slow"])
    counts = [dice.randint(1, 3) for _ in range(dice.randint(1, 2))]
    sampling = Sampling(steps=dice.randint(1, 8), seed=number * 100)
    size = Size(width=64, height=64)
    wishes = [TextToImage(prompt=f"{words} {n}", count=c, sampling=sampling, size=size) for n, c in enumerate(counts)]
    return json.dumps([wish.to_dict() for wish in wishes])


def chaos(outputs: Path, kills: int, seed: int) -> Promises:
    """Start, submit, kill, and again; at the end let everything be finished."""
    dice, promises, number = random.Random(seed), Promises(), 0
    for _ in range(kills):
        studio = Running(outputs, promises)
        while len(promises.jobs - promises.over - promises.aside) < MOST_OPEN and dice.random() < 0.7:
            studio.tell(a_job(dice, number := number + 1))
        if dice.random() < 0.1:
            studio.tell("kill engine")
        if dice.random() < 0.5:
            studio.wait_for_picture(5.0)
            time.sleep(dice.uniform(0, 0.03))
        else:
            time.sleep(dice.uniform(0, 2.5))
        studio.kill()
    Running(outputs, promises).finish()
    return promises


def count(outputs: Path, promises: Promises) -> dict[str, int]:
    """What became of it, read from the files themselves."""
    with contextlib.closing(sqlite3.connect(outputs / ".studio" / "jobs.sqlite")) as sql:
        whole = sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        jobs = {row[0]: row[1:] for row in sql.execute("SELECT id, state, requests FROM jobs ORDER BY rowid")}
        rows = {row[0]: row[1:] for row in sql.execute("SELECT id, job, number FROM pictures")}
    files = {path.stem.rpartition("_")[2]: path for path in sorted(outputs.glob("*_*.png"))}
    wishes = {id: [from_dict(each) for each in json.loads(requests)] for id, (_, requests) in jobs.items()}
    due = Counter((w.prompt, w.seed_of(i)) for each in wishes.values() for w in each for i in range(w.count))
    made = Counter(name_of(path) for path in files.values())
    turn = {id: place for place, id in enumerate(jobs) if id not in promises.aside}
    in_order = [turn[rows[id][0]] for id in files if id in rows and rows[id][0] in turn]
    return {
        "damaged lists of jobs": 0 if whole else 1,
        "jobs": len(jobs),
        "pictures": len(files),
        "promised": len(promises.pictures),
        "set aside, tried again": len(promises.aside),
        "lost jobs": len(promises.jobs - set(jobs)) + sum(state != "done" for state, _ in jobs.values()),
        "lost pictures": sum(id not in files or id not in rows for id in promises.pictures) + (due - made).total(),
        "damaged": sum(not as_painted(path, wishes) for path in files.values()),
        "made twice": (made - due).total(),
        "out of order": sum(later < earlier for earlier, later in pairwise(in_order)),
        "engines left over": promises.outlived,
    }


def name_of(path: Path) -> tuple[str, int]:
    """The prompt and the seed that a file says it was made of."""
    with contextlib.suppress(Exception), Image.open(path) as picture:
        request = json.loads(picture.info["diffusion-studio"])["request"]
        return request["prompt"], request["sampling"]["seed"]
    return "unreadable", 0


def as_painted(path: Path, wishes: dict[str, list[Any]]) -> bool:
    """Whether a file opens and has the pixels that its own request stands for."""
    name = name_of(path)
    for wish in (wish for each in wishes.values() for wish in each if wish.prompt == name[0]):
        for index in range(wish.count):
            if wish.seed_of(index) == name[1]:
                with contextlib.suppress(Exception), Image.open(path) as picture:
                    return picture.convert("RGB").tobytes() == paint(wish.alone(index)).tobytes()
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        promises = chaos(Path(folder), options.kills, options.seed)
        for name, number in count(Path(folder), promises).items():
            print(f"{name:26} {number:6}")
        print(f"{options.kills} kills in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()

"""Kill the studio at random moments and count what that costs: pictures lost, damaged or made twice, engines left over.

python -m benchmarks.chaos [--kills 200] [--seed 1] [--at-once 8] [--model meadow]

The queue, the library and the processes are the real ones; the engine only pretends, so that hundreds of kills take
minutes, unless a model is named: then each picture is made once more at the end, alone, and compared.  A picture counts
as promised once whoever watches its job was told of it, a job once its id was given out.  Half the kills come at any
time, half a moment after a picture was told, when the next one is being written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from PIL import Image

from pipelines.requests import Request, Sampling, Size, TextToImage
from pipelines.rereading import from_dict
from studio.models import Models
from studio.settings import PROJECT, QUIET
from tests.studio.fakes import paint

GONE = 5.0
"""Seconds that an engine may outlive its studio."""


@dataclass(frozen=True)
class Plan:
    """``at_once``: jobs that share the engine; a few more wait.  ``model``: None for the stand-in."""

    kills: int
    seed: int
    at_once: int = 4
    model: str | None = None

    @property
    def open(self) -> int:
        """How many jobs there are at most."""
        return self.at_once + 2

    @property
    def most_steps(self) -> int:
        """Enough for a real engine to be killed in the middle of a picture."""
        return 60 if self.model else 8

    @property
    def life(self) -> float:
        """The most seconds until a kill that comes at any time: a real engine wants some to load."""
        return 20.0 if self.model else 2.5


@dataclass
class Promises:
    jobs: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    aside: set[str] = field(default_factory=set)
    outlived: int = 0


class Running:
    """One studio from its start to its kill."""

    def __init__(self, outputs: Path, promises: Promises, plan: Plan) -> None:
        command = [sys.executable, "-m", "benchmarks.victim", str(outputs), str(plan.at_once)]
        command += [plan.model] if plan.model else []
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

    def finish(self, seconds: float) -> None:
        """Let it work off what there is, try again what was set aside, and close it."""
        self.wait_until(lambda: self.promises.jobs == self.promises.over | self.promises.aside, seconds)
        self.tell("try again")
        self.wait_until(lambda: self.promises.jobs == self.promises.over, seconds)
        self._bury()

    def _bury(self) -> None:
        """Hang up, which ends a studio that is alive, and hear what it said last."""
        with contextlib.suppress(OSError):
            self.commands.close()
        self.process.wait(30)
        self.reader.join()
        self.told.close()

    def wait_until(self, met: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not met() and time.monotonic() < end:
            time.sleep(0.05)


def exists(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def a_job(dice: random.Random, number: int, most_steps: int) -> str:
    """Requests that no other job has, as JSON."""
    words = f"job {number}" + dice.choice(["", "", " slow"])
    counts = [dice.randint(1, 3) for _ in range(dice.randint(1, 2))]
    sampling = Sampling(steps=dice.randint(1, most_steps), seed=number * 100)
    size = Size(width=64, height=64)
    wishes = [TextToImage(prompt=f"{words} {n}", count=c, sampling=sampling, size=size) for n, c in enumerate(counts)]
    return json.dumps([wish.to_dict() for wish in wishes])


def chaos(outputs: Path, plan: Plan) -> Promises:
    """Start, submit, kill, and again; at the end let everything be finished."""
    dice, promises, number = random.Random(plan.seed), Promises(), 0
    for _ in range(plan.kills):
        studio = Running(outputs, promises, plan)
        while len(promises.jobs - promises.over - promises.aside) < plan.open and dice.random() < 0.8:
            studio.tell(a_job(dice, number := number + 1, plan.most_steps))
        if dice.random() < 0.1:
            studio.tell("kill engine")
        if dice.random() < 0.5:
            studio.wait_for_picture(2 * plan.life)
            time.sleep(dice.uniform(0, 0.03))
        else:
            time.sleep(dice.uniform(0, plan.life))
        studio.kill()
    Running(outputs, promises, plan).finish(120 * plan.life)
    return promises


def count(outputs: Path, promises: Promises, plan: Plan) -> dict[str, int]:
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
        "damaged": damaged(files.values(), wishes, plan.model),
        "made twice": (made - due).total(),
        "out of order": overtaken(in_order, plan.at_once),
        "engines left over": promises.outlived,
    }


def name_of(path: Path) -> tuple[str, int]:
    """The prompt and the seed that a file says it was made of."""
    with contextlib.suppress(Exception), Image.open(path) as picture:
        request = json.loads(picture.info["diffusion-studio"])["request"]
        return request["prompt"], request["sampling"]["seed"]
    return "unreadable", 0


def overtaken(in_order: list[int], at_once: int) -> int:
    """Pictures that came while as many earlier jobs as share the engine were not done, or more."""
    return sum(len({turn for turn in in_order[place:] if turn < own}) >= at_once for place, own in enumerate(in_order))


def damaged(paths: Iterable[Path], wishes: dict[str, list[Request]], model: str | None) -> int:
    """How many files do not open, or have other pixels than their own request stands for."""
    family = loaded(model) if model else None
    alone = {(w.prompt, w.seed_of(i)): w.alone(i) for each in wishes.values() for w in each for i in range(w.count)}
    return sum(not is_as_alone(path, alone.get(name_of(path)), family) for path in paths)


def loaded(model: str) -> Any:
    os.environ |= QUIET
    from pipelines.loading import load

    return load(Models().card(model).folder, device="auto", attention="auto")


def is_as_alone(path: Path, wish: Request | None, family: Any) -> bool:
    """Whether a file has the pixels that its request, for one picture, is made into when nothing happens."""
    pixels = None
    with contextlib.suppress(Exception), Image.open(path) as picture:
        pixels = picture.convert("RGB").tobytes()
    return wish is not None and pixels == (drawn(family, wish) if family else paint(wish)).tobytes()


def drawn(family: Any, wish: Request) -> Image.Image:
    from pipelines.events import Picture
    from pipelines.run import generate

    (picture,) = (event.image for event in generate(family, wish) if isinstance(event, Picture))
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=8, help="jobs that share the engine")
    parser.add_argument("--model", help="such as meadow, instead of an engine that pretends")
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        promises = chaos(Path(folder), plan)
        for name, number in count(Path(folder), promises, plan).items():
            print(f"{name:26} {number:6}")
        print(f"{plan.kills} kills in {time.monotonic() - start:.0f} s, {plan.at_once} jobs at once")


if __name__ == "__main__":
    main()

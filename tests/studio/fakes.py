"""A stand-in for the engine, under the same two names; the prompt says how it behaves.

It runs in the real child process: ``Worker(load="tests.studio.fakes:load", together="tests.studio.fakes:Together")``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PIL import Image

from pipelines.errors import InvalidRequest, ModelError
from pipelines.events import Ended, Picture, Proof, Step
from pipelines.requests import Inpaint, Request, TextToImage
from studio.workers import Worker

PROOF = Proof(0.5, 0.25, 0.25, "ab", "ab")
"""What it says of every inpainting."""


class AcceleratorError(RuntimeError):
    """Named like torch's own for a device that has broken down."""


def make_worker(**settings: Any) -> Worker:
    """A worker with a child process of its own that only pretends."""
    return Worker(load=f"{__name__}:load", together=f"{__name__}:Together", **settings)


def load(folder: Path, *, device: str, attention: str, **how: Any) -> Any:
    """Loads anything but a folder named ``broken``; ``large`` takes long and reads all the while, ``stuck`` hangs."""
    if folder.name == "broken":
        raise ModelError("The model is broken.")
    for _ in range(40 if folder.name == "large" else 0):
        time.sleep(0.05)
        Path(__file__).read_bytes()
    if folder.name == "stuck":
        time.sleep(3600)
    report = {"device": device, "attention": attention, "process": str(os.getpid()), "loaded": str(time.monotonic())}
    return SimpleNamespace(report=report, rest=lambda: "restless" not in folder.name, wake=lambda: None)


class Together:
    """Requests that advance by turns, like ``pipelines.together.Together``."""

    def __init__(self, family: Any) -> None:
        self._runs: dict[str, Iterator[Step | Picture]] = {}

    def add(self, key: str, request: Request, resume: Mapping[int, Any], done: Collection[int]) -> None:
        """Let a request join."""
        self._runs[key] = generate(request, done)

    def drop(self, key: str) -> None:
        """Let it leave."""
        self._runs.pop(key, None)

    def step(self) -> Iterator[tuple[str, Step | Picture | Ended]]:
        """The next event of each."""
        for key, events in list(self._runs.items()):
            try:
                event = next(events, None) if key in self._runs else None
            except Exception as error:
                self.drop(key)
                yield key, Ended(error)
                continue
            if event is not None:
                yield key, event
            elif key in self._runs:
                self.drop(key)
                yield key, Ended()


def generate(request: Request, done: Collection[int]) -> Iterator[Step | Picture]:
    """Pictures of one colour, made of the seed, each after its steps; all pictures advance together."""
    words = request.prompt.split()
    print("what libraries print must not end up in the pipe")
    if "refuse" in words:
        raise InvalidRequest("This is refused.")
    pause = 0.05 if "slow" in words else 0.0
    steps = request.sampling.steps
    missing = [index for index in range(request.count) if index not in done]
    for step in range(1, steps + 1):
        if step == 2:
            _misbehave(words)
        if "hang" in words:
            time.sleep(3600)
        if "deaf" in words:
            ctypes.PyDLL(None).sleep(3600)  # no other thread runs meanwhile
        time.sleep(pause)
        for index in missing:
            yield Step(index, step, steps, lambda: Image.new("RGB", (32, 32), "teal"))
            if step == steps:
                time.sleep(3600 if "undecodable" in words else 2 if "large" in words else 0)
                proof = PROOF if isinstance(request, Inpaint) else None
                spared = "in crumbs" if "spared" in words else ""
                notes = ("It looks like a copy.",) if "copy" in words else ()
                yield Picture(index, request.seed_of(index), paint(request.alone(index)), proof, spared, notes=notes)


def _misbehave(words: list[str]) -> None:
    if "die" in words:
        os.kill(os.getpid(), signal.SIGKILL)
    if "fault" in words:
        raise AcceleratorError("an illegal memory access was encountered")
    if "break" in words:
        raise RuntimeError("a pipe burst")


def paint(request: Request) -> Image.Image:
    """The picture that a request for one stands for."""
    seed = request.sampling.seed
    size = (request.size.width, request.size.height) if isinstance(request, TextToImage) else request.image.size
    return Image.new("RGB", size, (seed % 256, seed // 256 % 256, 77))

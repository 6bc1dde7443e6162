"""What an outpainting will do and how long it will take, told before it is done."""

from __future__ import annotations

import dataclasses
import time

from pipelines.engine.reusing import FIRST
from pipelines.events import Step
from pipelines.families.family import Family
from pipelines.outpainting import rounds_of
from pipelines.parts import MIN_SIDE, Sampling
from pipelines.requests import Outpaint, Size, TextToImage
from pipelines.rounds import Box, Round
from pipelines.run import generate


def foretold(family: Family, request: Outpaint) -> tuple[tuple[Round, ...], float]:
    """The rounds of a request and the seconds that all its pictures will probably take.

    A step is tried out on each size of window; decoding and parts that are painted anew are not counted.
    """
    rounds = rounds_of(request, family.facts)
    windows = [window for each in rounds for window in each.windows]
    tried = {size: seconds_a_step(family, request.sampling, size) for size in {(w.width, w.height) for w in windows}}
    steps = max(int(request.sampling.steps * request.strength), 1)
    return rounds, request.count * steps * sum(tried[window.width, window.height] for window in windows)


def seconds_a_step(family: Family, sampling: Sampling, size: tuple[int, int]) -> float:
    """How long a step takes for a picture of that size: from the second on, for the first has things to prepare.

    Where deep features are used again, an interval of that is tried.
    """
    multiple = family.facts.multiple
    width, height = (max(side + -side % multiple, MIN_SIDE) for side in size)
    every = sampling.reuse
    few = dataclasses.replace(sampling, steps=2 if every == 1 else FIRST + 1 + every, seed=0)
    times = []
    for event in generate(family, TextToImage(prompt="", size=Size(width=width, height=height), sampling=few)):
        if isinstance(event, Step):
            times.append(time.perf_counter())
            if len(times) == few.steps:
                break
    return (times[-1] - times[-1 - every]) / every if len(times) == few.steps else 0.0


def lines(rounds: tuple[Round, ...], seconds: float) -> list[str]:
    """The plan for a person to read."""
    told = [f"{number}. {_added(each)} → {_size(*each.size)}, {_seen(each)}" for number, each in enumerate(rounds, 1)]
    return [*told, f"about {seconds:.0f} s"]


def _added(planned: Round) -> str:
    return ", ".join(f"{side} {pixels}" for side, pixels in vars(planned.margins).items() if pixels)


def _seen(planned: Round) -> str:
    windows: tuple[Box, ...] = planned.windows
    if len(windows) == 1:
        return f"seen in one piece of {_size(windows[0].width, windows[0].height)}"
    return f"seen through {len(windows)} windows of {_size(windows[0].width, windows[0].height)}"


def _size(width: int, height: int) -> str:
    return f"{width}x{height}"

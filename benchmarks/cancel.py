"""How soon a cancelled job is over, and the engine idle: between steps, alone and beside other jobs, while it decodes,
and while the model loads.

python -m benchmarks.cancel [--rounds 20] [--size 256]      (decoding at twice the size, so that it takes its time)

*over* is when the page is told so, *idle* when the engine's process stops using the processor;
beside other jobs, when the job is over.  A model that is loading for nobody else is loaded no further.
Bar, for 95 of 100: one step and 0.3 s, the step as it was measured without others; for both.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator

import psutil

from benchmarks.serving import FINAL, Page, Served, served

ALLOWANCE = 0.3
OTHERS = 3
"""Jobs that run beside the cancelled one."""

QUIET = 0.3
"""Seconds without work after which an engine counts as idle since the last of it."""

Measured = tuple[float, float]
"""Seconds from the cancel until the job was over, and until the engine was idle."""


def cancel(studio: Served, page: Page, job: str) -> Iterator[Measured]:
    """Cancel a job and look at both; nothing comes of one that was done before it heard."""
    engine, began = studio.engine, time.perf_counter()
    page.cancel(job)
    over, worked, busy = None, began, _used(engine)
    while over is None or time.perf_counter() - worked < QUIET:
        now, used = time.perf_counter(), _used(engine)
        worked, busy = (now, used) if used > busy else (worked, busy)
        if over is None and (state := page.job(job)["state"]) in FINAL:
            over = time.perf_counter() - began
            if state != "cancelled":
                return
        time.sleep(0.01)
    yield over, worked - began


def _used(engine: psutil.Process) -> float:
    """Seconds of processor time; where it has been ended, more than ever, so that its end counts as the last of it."""
    try:
        return float(sum(engine.cpu_times()[:2]))
    except psutil.NoSuchProcess:
        return math.inf


def until(page: Page, job: str, reached: Callable[[int, int], bool]) -> bool:
    """Wait for a step; False where the job was over before."""
    while (view := page.job(job))["state"] not in FINAL:
        if reached(view["step"], view["steps"]):
            return True
        time.sleep(0.005)
    return False


def one_step(page: Page, size: int, steps: int = 12) -> float:
    """Seconds between two steps, in the middle of a run."""
    job = page.generate(prompt="a house", steps=steps, width=size, height=size, seed="1")
    until(page, job, lambda step, _: step >= 2)
    began = time.perf_counter()
    until(page, job, lambda step, _: step >= steps - 2)
    took = time.perf_counter() - began
    page.wait(job)
    return took / (steps - 4)


def between_steps(studio: Served, page: Page, rounds: int, size: int) -> Iterator[Measured]:
    for _ in range(rounds):
        job = page.generate(prompt="a house", steps=100, width=size, height=size, seed="1")
        until(page, job, lambda step, _: step >= 1)
        time.sleep(random.random())
        yield from cancel(studio, page, job)


def beside_others(studio: Served, page: Page, rounds: int, size: int) -> Iterator[Measured]:
    others: list[str] = []
    for _ in range(rounds):
        others = [job for job in others if page.job(job)["state"] not in FINAL]
        while len(others) < OTHERS:
            others.append(page.generate(prompt="a house", steps=100, width=size, height=size, seed="2"))
        job = page.generate(prompt="a house", steps=100, width=size, height=size, seed="1")
        until(page, job, lambda step, _: step >= 1)
        time.sleep(random.random())
        began = time.perf_counter()
        page.cancel(job)
        if page.wait(job)["state"] == "cancelled":
            yield (time.perf_counter() - began,) * 2
    for job in others:
        page.cancel(job)
        page.wait(job)


def while_it_decodes(studio: Served, page: Page, rounds: int, size: int) -> Iterator[Measured]:
    for _ in range(rounds):
        job = page.generate(prompt="a house", steps=2, width=size, height=size, seed="1")
        if until(page, job, lambda step, steps: step == steps):
            yield from cancel(studio, page, job)


def while_it_loads(studio: Served, page: Page, rounds: int, size: int) -> Iterator[Measured]:
    for _ in range(max(rounds // 5, 3)):
        studio.engine.kill()
        time.sleep(0.3)
        job = page.generate(prompt="a house", steps=20, width=size, height=size, seed="1")
        time.sleep(0.2 + random.random() / 2)
        if page.job(job)["state"] == "running":
            yield from cancel(studio, page, job)
        until_ready(page)


def until_ready(page: Page) -> None:
    """The engine is loaded when it has made a picture."""
    page.wait(page.generate(prompt="a house", steps=1, seed="1"))


def report(name: str, bar: float, measured: list[Measured]) -> bool:
    """Print what was measured; whether 95 of 100 were in time, and the engine idle."""
    if not measured:
        print(f"  {name:20} every job was done before it heard")
        return False
    over, idle = (
        statistics.quantiles((*column, column[-1]), n=100, method="inclusive") for column in zip(*measured, strict=True)
    )
    print(f"  {name:20} {len(measured):3} times, bar {bar:.3f} s")
    for what, cuts in (("over", over), ("idle", idle)):
        print(f"    {what}   median {cuts[49]:6.3f} s   p95 {cuts[94]:6.3f} s", flush=True)
    return max(over[94], idle[94]) <= bar


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    sizes = (
        (between_steps, options.size),
        (beside_others, options.size),
        (while_it_decodes, 2 * options.size),
        (while_it_loads, options.size),
    )
    met = True
    with served() as studio:
        page = Page(studio.url)
        until_ready(page)
        for measure, size in sizes:
            bar = one_step(page, size) + ALLOWANCE
            measured = list(measure(studio, page, options.rounds, size))
            met &= report(measure.__name__.replace("_", " "), bar, measured)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())

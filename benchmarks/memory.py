"""Memory of both processes over many jobs with the stand-in engine, submitted by one page after the other.

python -m benchmarks.memory [--count 1000] [--warm-up 1000]

Bar: after the warm-up neither grows by more than 2 %.
"""

from __future__ import annotations

import argparse
import time

from benchmarks.serving import STAND_IN, Page, Served, served

JOBS_A_PAGE = 5


def megabytes(studio: Served) -> tuple[float, float]:
    """What the page's process and the engine's have for themselves alone."""
    page, engine = (process.memory_full_info().uss / 2**20 for process in (studio.process, studio.engine))
    return page, engine


def generate(studio: Served, count: int) -> None:
    """Open a page, use it some times, go on with another."""
    for first in range(0, count, JOBS_A_PAGE):
        page = Page(studio.url)
        for number in range(first, min(first + JOBS_A_PAGE, count)):
            view = page.wait(page.generate(prompt=f"house {number}", steps=4, seed=str(number)))
            assert view["state"] == "done", view


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=1000)
    options = parser.parse_args()
    with served(STAND_IN) as studio:
        generate(studio, options.warm_up)
        before, began = megabytes(studio), time.perf_counter()
        generate(studio, options.count)
        each, after = (time.perf_counter() - began) / options.count, megabytes(studio)
    growths = [now / then - 1 for then, now in zip(before, after, strict=True)]
    print(f"{options.count} jobs after {options.warm_up}, {each * 1000:.0f} ms each")
    for name, then, now, growth in zip(("page", "engine"), before, after, growths, strict=True):
        print(f"  {name:8} {then:7.1f} MB -> {now:7.1f} MB   {growth:+.1%}")
    return 1 if max(growths) > 0.02 else 0


if __name__ == "__main__":
    raise SystemExit(main())

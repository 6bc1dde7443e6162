"""How soon Stop has an effect in a real browser: from the press until the page shows that the job is over.

python -m benchmarks.stop [--rounds 40] [--size 256]

Each round presses Stop at a random moment between two steps.  Bar, for 95 of 100: one step and 0.3 s, the step as the
same page saw it.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks.browsed import browsed
from benchmarks.cancel import ALLOWANCE
from tests.browser import driver

STEPS = 150
BEGUN = """([job, least]) => {
    const bar = document.querySelector(`.card[data-job="${job}"] [role=progressbar]`);
    return Number(bar?.getAttribute("aria-valuenow")) >= least;
}"""
PRESS = """(job) => new Promise((shown) => {
    const card = document.querySelector(`.card[data-job="${job}"]`);
    const began = performance.now();
    const look = () => card.dataset.state === "cancelled" && shown((performance.now() - began) / 1000);
    new MutationObserver(look).observe(card, { attributes: true });
    card.querySelector(".stop").click();
})"""
"""Seconds until the card of a job says that it is over."""

STEP = """([job, count]) => new Promise((done) => {
    const bar = document.querySelector(`.card[data-job="${job}"] [role=progressbar]`);
    const step = () => Number(bar.getAttribute("aria-valuenow"));
    const [began, from] = [performance.now(), step()];
    const look = () => step() >= from + count && done((performance.now() - began) / 1000 / (step() - from));
    new MutationObserver(look).observe(bar, { attributes: true });
})"""
"""Seconds a step, over so many of them."""


def begun(page: Page, size: int) -> str:
    """A job that has two steps behind it."""
    for side in ("width", "height"):
        driver.set_number(page, "text_to_image", side, size)
    driver.set_number(page, "text_to_image", "steps", STEPS)
    job = driver.generate(page, "text_to_image", "a house")
    page.wait_for_function(BEGUN, arg=[job, 2])
    return job


def stopped(page: Page, rounds: int, size: int) -> Iterator[float]:
    """Seconds that each press took."""
    for _ in range(rounds):
        job = begun(page, size)
        page.wait_for_timeout(1000 * random.random())
        yield float(page.evaluate(PRESS, job))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    with browsed() as (page, _):
        job = begun(page, options.size)
        step = float(page.evaluate(STEP, [job, 8]))
        page.evaluate(PRESS, job)
        took = list(stopped(page, options.rounds, options.size))
    cuts = statistics.quantiles((*took, took[-1]), n=100, method="inclusive")
    bar = step + ALLOWANCE
    print(f"{options.size} x {options.size}, {len(took)} times, a step of {step:.3f} s, bar {bar:.3f} s")
    print(f"  shown as over   median {cuts[49]:6.3f} s   p95 {cuts[94]:6.3f} s   most {max(took):6.3f} s")
    return 0 if cuts[94] <= bar else 1


if __name__ == "__main__":
    raise SystemExit(main())

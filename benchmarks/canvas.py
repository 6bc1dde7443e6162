"""How the canvas of the page keeps up with a hand on a large picture, in a real Chromium.

python -m benchmarks.canvas [--side 4096] [--moves 60]

*Stroke to screen* is from the moment the browser has a move of the mouse until the frame after the one that shows it
has begun: bar 50 ms in the median.  *Read on submit* is from Generate's click until the server has the mask: bar 1 s.
The browser draws without a graphics card here, on whatever processor there is.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy
from PIL import Image
from playwright.sync_api import Page

from benchmarks.browsed import browsed
from tests.browser import driver

MOVES = """() => {
    window.moves = [];
    document.querySelector("#canvas .easel").addEventListener("pointermove", ({ timeStamp, buttons }) => {
        if (!buttons) return;
        const told = () => window.moves.push(performance.now() - timeStamp);
        requestAnimationFrame(() => requestAnimationFrame(told));
    }, { capture: true });
}"""
COMMIT = """async () => {
    const { commit } = await import(new URL("page/canvas.js", document.baseURI));
    const began = performance.now();
    const { mask, problem } = await commit("inpaint");
    if (!mask) throw new Error(problem ?? "nothing was painted");
    return performance.now() - began;
}"""
OPERATIONS = {"invert": "Invert", "grow": "Grow", "undo": "Undo"}


def show(page: Page, side: int, folder: Path) -> float:
    """Open a large picture in Inpaint; seconds until it is seen."""
    driver.open_tab(page, "inpaint")
    noise = numpy.random.default_rng(0).integers(0, 255, (side // 64, side // 64, 3), numpy.uint8)
    file = folder / "large.png"
    Image.fromarray(noise).resize((side, side)).save(file, compress_level=1)
    began = time.perf_counter()
    page.locator("#canvas input[type=file]").set_input_files(file)
    page.wait_for_function("document.querySelector('#canvas .sheet img').naturalWidth > 0")
    return time.perf_counter() - began


def paint(page: Page, moves: int) -> list[float]:
    """Draw one long stroke; milliseconds that each move took."""
    page.evaluate(MOVES)
    turns = numpy.linspace(0, 4 * numpy.pi, moves)
    far = numpy.linspace(0.1, 0.35, moves)
    points = [(0.5 + r * numpy.cos(turn), 0.5 + r * numpy.sin(turn)) for turn, r in zip(turns, far, strict=True)]
    box: Any = page.locator("#canvas .sheet").bounding_box()
    screen = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*screen[0])
    page.mouse.down()
    for point in screen[1:]:
        page.mouse.move(*point)
        page.wait_for_timeout(20)
    page.mouse.up()
    page.wait_for_timeout(200)
    return [float(each) for each in page.evaluate("window.moves")]


def pressed(page: Page, name: str) -> float:
    """Milliseconds from a click on a button until the next frame."""
    act = """name => new Promise((done) => {
        const began = performance.now();
        document.querySelector(`#canvas [aria-label="${name}"]`).click();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    })"""
    return float(page.evaluate(act, name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=4096, help="pixels of the square picture")
    parser.add_argument("--moves", type=int, default=60, help="moves of one stroke")
    options = parser.parse_args()
    with browsed() as (page, folder):
        rows = [("picture to screen", 1000 * show(page, options.side, folder), None)]
        moves = sorted(paint(page, options.moves))
        rows += [("stroke to screen, median", statistics.median(moves), 50)]
        rows += [("stroke to screen, 95 of 100", moves[int(0.95 * (len(moves) - 1))], None)]
        rows += [("read on submit", float(page.evaluate(COMMIT)), 1000)]
        rows += [(name, pressed(page, label), None) for name, label in OPERATIONS.items()]
        rows += [("read on submit, after a growth", _after_growth(page), 1000)]
    print(f"{options.side} × {options.side} pixels, {len(moves)} moves")
    for name, took, bar in rows:
        print(f"{name:32} {took:8.0f} ms{f'   (bar {bar})' if bar else ''}")


def _after_growth(page: Page) -> float:
    pressed(page, "Grow")
    return float(page.evaluate(COMMIT))


if __name__ == "__main__":
    main()

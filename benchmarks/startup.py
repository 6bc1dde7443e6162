"""How soon the studio answers: `launch.py --help`, first byte and first picture, beside a bare Python's start; and how
soon a real browser, which is open already, has a page that can be used.

python -m benchmarks.startup [--rounds 5]

Bars, from the command on: first byte 3 s, first picture 15 s (the built-in model, as the page proposes it), and 4.5 s
until a prompt can be typed and Generate be pressed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import httpx
from playwright.sync_api import Browser

from benchmarks.serving import LAUNCHED, PATIENCE, ROOT, Page, served
from tests.browser import driver

LAUNCH = ROOT / "launch.py"
BARS = {"page, first byte": 3.0, "first picture": 15.0, "page, interactive": 4.5}
ANSWERS = "() => Boolean(document.querySelector('.studio-prompt .unknown:not([hidden])'))"
"""Whether the page has said which words of the prompt the model does not know: it hears what is typed."""


def run(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def cold() -> dict[str, float]:
    """Seconds from the command to the first answer, to the finished page, and to the first picture; and of work."""
    with served(LAUNCHED) as studio:
        times = {"page, first byte": _until(studio.url, lambda body: True)}
        times["page, ready"] = _until(studio.url, lambda body: b"gradio" in body)
        page = Page(studio.url)
        view = page.wait(page.generate(prompt="a red house on the left of a meadow at sunset", seed="1"))
        assert view["state"] == "done", view
        times["first picture"] = time.perf_counter()
        worked = sum(sum(process.cpu_times()[:2]) for process in (studio.process, studio.engine))
        return {name: at - studio.began for name, at in times.items()} | {"  processors' time": worked}


def interactive(browser: Browser) -> float:
    """Seconds from the command until what is typed in a browser is answered, and Generate can be pressed."""
    with served(LAUNCHED) as studio:
        _until(studio.url, lambda body: True)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(studio.url)  # the splash, which gives way to the page
        prompt = page.locator("#text_to_image-prompt textarea")
        prompt.wait_for(timeout=1000 * PATIENCE)
        prompt.fill("a gramophone")
        page.wait_for_function(ANSWERS)
        page.locator("#text_to_image-generate:enabled").wait_for()
        took = time.perf_counter() - studio.began
        page.context.close()
        return took


def _until(url: str, done: Callable[[bytes], bool]) -> float:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if done(httpx.get(url, timeout=PATIENCE).content):
                return time.perf_counter()
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"{url} did not answer within {PATIENCE:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = range(parser.parse_args().rounds)
    bare = statistics.median(run(sys.executable, "-c", "pass") for _ in rounds)
    help_ = statistics.median(run(sys.executable, str(LAUNCH), "--help") for _ in rounds)
    starts = [cold() for _ in rounds]
    print(f"python -c pass         {bare:6.3f} s")
    print(f"launch.py --help       {help_:6.3f} s   {help_ / bare:5.1f} x")
    middles = {name: statistics.median(each[name] for each in starts) for name in starts[0]}
    if executable := driver.chromium():
        with driver.browsing(executable) as browser:
            middles["page, interactive"] = statistics.median(interactive(browser) for _ in rounds)
    else:
        print(driver.NO_CHROMIUM)
    for name, middle in middles.items():
        print(f"{name:22} {middle:6.3f} s   {middle / bare:5.1f} x")
    return 1 if any(middles[name] > bar for name, bar in BARS.items() if name in middles) else 0


if __name__ == "__main__":
    raise SystemExit(main())

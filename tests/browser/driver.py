"""Driving the real page in a real Chromium: what the end-to-end test and the pictures of the README share."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.tiny import WORDS, make_sd_folder

ROOT = Path(__file__).resolve().parents[2]
MEADOW = ROOT / "assets" / "meadow"
NO_CHROMIUM = "This needs Chromium: install it (Debian, Ubuntu: `apt install chromium`) and run it again."
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

STEPS = """async () => {
    const { state } = await import(new URL("page/canvas.js", document.baseURI));
    return state()?.steps.length ?? 0;
}"""


@dataclass(frozen=True)
class Running:
    """A studio in a process of its own, with the seconds that its first byte took."""

    url: str
    outputs: Path
    process: subprocess.Popen[str]
    first_byte: float


def chromium() -> str | None:
    """The program, if this machine has it."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextlib.contextmanager
def browsing(executable: str) -> Iterator[Browser]:
    """A headless Chromium that asks nothing of any other host."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """`python -m studio` with the built-in model, or a tiny random one where that is not there; see `folder`/words.

    ``options``: more of the command line's, which go before these.
    """
    port, outputs = free_port(), folder / "outputs"
    command = [sys.executable, "-m", "studio", "--port", str(port), "--no-browser", "--outputs", str(outputs)]
    command += ["--words", str(folder / "words")]
    command += ["--model", str(MEADOW if MEADOW.exists() else make_tiny(folder / "tiny"))]
    command += options
    url, began = f"http://127.0.0.1:{port}/", time.monotonic()
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, text=True)
    try:
        answer(url, process)
        first_byte = time.monotonic() - began
        while "X-Studio" in answer(url, process):
            time.sleep(0.1)
        yield Running(url, outputs, process, first_byte)
        process.terminate()
        assert process.wait(10) == 0, "the studio did not end well; its log.txt says why"
    finally:
        process.kill()
        process.wait()


def answer(url: str, process: subprocess.Popen[str]) -> Any:
    """The headers of the page, as soon as it answers; X-Studio is among them while it is being built."""
    for _ in range(600):
        assert process.poll() is None, "the studio ended before it answered; its log.txt says why"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=30) as response:
            return response.headers
        time.sleep(0.02)
    raise AssertionError("the studio did not answer")


def make_tiny(folder: Path) -> Path:
    """A random model with a card, so that the page has words and examples to show."""
    make_sd_folder(folder)
    card = {
        "title": "Tiny",
        "draws": "Draws coloured noise, for tests.",
        "words": WORDS,
        "examples": ["a red house on the left", "the blue sea"],
        "defaults": {"width": 64, "height": 64, "steps": 4},
    }
    (folder / "studio.json").write_text(json.dumps(card))
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clear_desk(url: str) -> None:
    """Let no page find what another left: every key of the desk is taken away."""
    with urllib.request.urlopen(f"{url}api/desk", timeout=30) as answer:
        gone = dict.fromkeys(json.load(answer)["values"])
    data, headers = json.dumps(gone).encode(), {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{url}api/desk", data, headers), timeout=30).close()


def open_tab(page: Page, task: str) -> None:
    """Show a tab and wait until the stage shows its mode."""
    page.locator(f"#{task}-tab-button").click()
    page.wait_for_selector(f'#studio[data-task="{task}"]')
    page.wait_for_selector("#live [data-ready]", state="attached")
    page.wait_for_selector(f"#{task}-generate")
    drawn(page, f"{task}-prompt")


def drawn(page: Page, field: str) -> None:
    """Wait until what is typed into a field stays: Gradio gives a new one its first value again, a moment later."""
    page.evaluate('async id => (await import(new URL("page/fields.js", document.baseURI))).drawn(id)', field)


def set_number(page: Page, task: str, name: str, value: float | str) -> None:
    """Type into a field, opening the accordion that it may be in."""
    field = page.locator(f"#{task}-{name} input, #{task}-{name} textarea").first
    if not field.is_visible():
        page.locator(f"#{task}-advanced > button").click()
        drawn(page, f"{task}-{name}")
    field.fill(str(value))


def generate(page: Page, task: str, prompt: str) -> str:
    """Ask for pictures and give the job's id as soon as the page follows it."""
    cards = page.locator("#live .card")
    before = cards.first.get_attribute("data-job") if cards.count() else None
    page.locator(f"#{task}-prompt textarea").fill(prompt)
    page.locator(f"#{task}-generate").click()
    page.wait_for_function(
        "before => { const card = document.querySelector('#live .card'); return card && card.dataset.job !== before; }",
        arg=before,
    )
    page.wait_for_selector(f"#{task}-generate:enabled")  # Gradio has answered too: a reload breaks nothing off
    return str(cards.first.get_attribute("data-job"))


def wait_for(page: Page, job: str, state: str = "done", timeout: float = 60) -> None:
    """Wait until a job's card says that it is in this state."""
    page.wait_for_selector(f'.card[data-job="{job}"][data-state="{state}"]', timeout=timeout * 1000)


def act(page: Page, job: str, name: str, index: int = 0) -> None:
    """Choose from the menu of a finished picture; the name may be the beginning of what stands there."""
    page.locator(f'.card[data-job="{job}"] figure:visible .more').nth(index).click()
    page.locator(".studio-menu button", has_text=name).first.click()


def finished(page: Page, job: str) -> Image.Image:
    """The first picture of a job, as Download gives it."""
    with page.expect_download() as download:
        page.locator(f'.card[data-job="{job}"] a[download]').first.click()
    return Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))


def pixels(picture: Image.Image) -> Any:
    """(height, width, 3) whole numbers from 0 to 255, which may be subtracted."""
    return numpy.asarray(picture.convert("RGB")).astype(int)


def on_screen(page: Page, *points: tuple[float, float]) -> list[tuple[float, float]]:
    """Where on the page these points of the picture are, given as shares of its width and height; a mouse is pressed
    on whole pixels only.  What was changed last has been drawn by then, for that is where the browser looks for what is
    under a pointer."""
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    box = page.locator("#canvas .sheet").bounding_box()
    assert box
    return [(round(box["x"] + x * box["width"]), round(box["y"] + y * box["height"])) for x, y in points]


def stroke(page: Page, *points: tuple[float, float], tool: str | None = None) -> None:
    """Draw on the canvas, by whichever tool; points are shares of the picture's width and height."""
    if tool:
        page.locator(f"#canvas [data-tool={tool}]").click()
    at = on_screen(page, *points)
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


def committed(page: Page, studio: Running) -> Any:
    """The mask that Generate would send, (height, width) from 0 to 255, as the library has it."""
    sent = page.evaluate("""async () => {
        const { commit } = await import(new URL("page/canvas.js", document.baseURI));
        return commit("inpaint");
    }""")
    with Image.open(studio.outputs / "inputs" / f"{sent['mask']}.png") as mask:
        assert mask.mode == "L"
        return numpy.asarray(mask).astype(int)


def open_picture(page: Page, task: str, size: tuple[int, int], shade: int = 0, waits: bool = True) -> Image.Image:
    """Give the canvas a picture by its file button, and wait until it has been looked at and taken."""
    open_tab(page, task)
    steps = page.evaluate(STEPS)
    ramp = numpy.indices(size[::-1]) + shade
    picture = Image.fromarray(numpy.stack([ramp[0] * 3, ramp[1] * 3, ramp[0] ^ ramp[1]], -1).astype("uint8"))
    data = io.BytesIO()
    picture.save(data, "PNG")
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": data.getvalue()}
    page.locator("#canvas input[type=file]").set_input_files(file)
    if waits:
        page.wait_for_function(f"async before => await ({STEPS})() > before", arg=steps)
        page.locator("#canvas .sheet").wait_for()
    return picture


def mask_alpha(page: Page) -> int:
    """How much is painted: the sum of the mask's alpha."""
    return page.evaluate("""() => {
        const canvas = document.querySelector("#canvas .mask");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((_, i) => i % 4 === 3).reduce((sum, alpha) => sum + alpha, 0);
    }""")

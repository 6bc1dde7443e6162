"""Make the pictures of the page anew, those of the README and one of every tab, light and dark, wide and narrow.

python -m tests.browser.screenshots [folder]
"""

from __future__ import annotations

import io
import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from pipelines.requests import TASKS
from tests.browser import driver
from tests.browser.driver import Running, act, generate, open_tab, set_number, stroke, wait_for

IMAGES = driver.ROOT / "docs" / "images"


def main(folder: Path) -> None:
    """Walk through the page once as a person would and take a picture at every station."""
    executable = driver.chromium()
    if executable is None:
        sys.exit(driver.NO_CHROMIUM)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        driver.running(Path(scratch)) as studio,
        driver.browsing(executable) as browser,
    ):
        walk(browser, studio, folder)


def walk(browser: Browser, studio: Running, folder: Path) -> None:
    page = opened(browser, studio, "light", 1440, 900)
    examples = page.locator("#text_to_image-help .example").all_inner_texts()
    make_four(page, examples[0])
    shoot(page, folder / "page.png")
    repaint(page, examples[-1])
    shoot(page, folder / "inpaint.png")
    widen(page, examples[0])
    shoot(page, folder / "outpaint.png")
    page.close()
    dark = opened(browser, studio, "dark", 1440, 900)
    make_four(dark, examples[-1])
    shoot(dark, folder / "dark.png")
    dark.close()
    phone = opened(browser, studio, "light", 390, 844)
    wait_for(phone, generate(phone, "text_to_image", examples[0]))
    shoot(phone, folder / "phone.png")
    phone.close()
    for theme, (width, height) in product(("light", "dark"), ((1440, 900), (390, 844))):
        every_tab(opened(browser, studio, theme, width, height), folder / "tabs", f"{theme}-{width}")


def every_tab(page: Page, folder: Path, how: str) -> None:
    """One picture of each tab, with what lies on its canvas since the walk."""
    folder.mkdir(exist_ok=True)
    for task in TASKS:
        open_tab(page, task)
        shoot(page, folder / f"{task}-{how}.webp")
    page.locator("#gallery-tab-button").click()
    page.locator("#gallery img").first.wait_for()
    shoot(page, folder / f"gallery-{how}.webp")
    page.close()


def opened(browser: Browser, studio: Running, theme: str, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1 if width > 500 else 2)
    page.goto(f"{studio.url}?__theme={theme}")
    page.wait_for_selector("#live [data-ready]", state="attached")
    return page


def make_four(page: Page, prompt: str) -> None:
    set_number(page, "text_to_image", "count", 4)
    wait_for(page, generate(page, "text_to_image", prompt), timeout=300)


def newest(page: Page) -> str:
    return str(page.locator("#live .card").first.get_attribute("data-job"))


def repaint(page: Page, prompt: str) -> None:
    act(page, newest(page), "Inpaint")
    open_tab(page, "inpaint")
    page.locator("#canvas .sheet").wait_for()
    stroke(page, (0.3, 0.6), (0.45, 0.5), (0.35, 0.72), (0.5, 0.6))
    wait_for(page, generate(page, "inpaint", prompt), timeout=300)


def widen(page: Page, prompt: str) -> None:
    act(page, newest(page), "Outpaint")
    open_tab(page, "outpaint")
    page.locator("#canvas .sheet").wait_for()
    for side in ("left", "right"):
        set_number(page, "outpaint", side, 64)
    wait_for(page, generate(page, "outpaint", prompt), timeout=300)


def shoot(page: Page, file: Path) -> None:
    page.mouse.move(0, 0)
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    page.wait_for_timeout(500)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, quality=82)
    print(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)

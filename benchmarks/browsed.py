"""The page of a studio of its own in a real Chromium, for measurements."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import driver


@contextmanager
def browsed() -> Iterator[tuple[Page, Path]]:
    """The page, once it is ready, and a folder that lasts as long; ends the program where there is no Chromium."""
    executable = driver.chromium() or sys.exit(driver.NO_CHROMIUM)
    with (
        tempfile.TemporaryDirectory() as folder,
        driver.running(Path(folder)) as studio,
        driver.browsing(executable) as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(studio.url)
        page.wait_for_selector("#live [data-ready]", state="attached")
        yield page, Path(folder)

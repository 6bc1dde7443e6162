"""One studio and one Chromium for all tests of the page; each test has a fresh window."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from studio.wordlists import Style, write_styles
from tests.browser import driver
from tests.browser.driver import Running

REFUSED = re.compile(r"/preview/|/api/(pictures|project)(\?kind=\w+)?$")
"""Chromium itself reports a refused upload, and a preview that was gone before it came; the page deals with both."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = driver.chromium()
    if executable is None:
        pytest.fail(driver.NO_CHROMIUM) if os.environ.get("CI") else pytest.skip(driver.NO_CHROMIUM)
    with driver.browsing(executable) as browser:
        yield browser


@pytest.fixture(scope="session")
def studio(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("studio")
    write_styles(folder / "words", [Style("night", "{prompt} at night"), Style("red", "red")])
    with driver.running(folder) as studio:
        yield studio


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for all: its cache spares each window the loading of Gradio's scripts."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, studio: Running) -> Iterator[Page]:
    """The page, ready; it may ask nothing of another host and write no error to its console."""
    page = context.new_page()
    foreign: list[str] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED.search(message.location["url"]):
            errors.append(f"{message.text} {message.location['url']}")

    page.on("request", lambda request: foreign.append(request.url) if not is_ours(request.url, studio.url) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", note)
    page.goto(studio.url)
    page.wait_for_selector("#live [data-ready]", state="attached")
    yield page
    page.evaluate(FORGET)
    page.close()
    driver.clear_desk(studio.url)
    assert not foreign
    assert not errors


FORGET = (
    "() => { localStorage.clear(); Storage.prototype.setItem = () => {}; window.fetch = () => new Promise(() => {}); }"
)
"""Nothing of the page is kept, on leaving it either."""


def is_ours(url: str, home: str) -> bool:
    return url.startswith((home, "data:", "blob:"))

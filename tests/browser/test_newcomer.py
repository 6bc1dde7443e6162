"""The way of somebody who opens the page for the first time: by what can be seen on it, and by nothing else.

Everything is found by the name that it has on the page; ids, classes and keys are things that a newcomer does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from pipelines.requests import Inpaint, Outpaint, TextToImage
from studio.library import Library, Saved
from tests.browser import driver
from tests.browser.driver import Running, pixels, stroke

pytestmark = pytest.mark.browser

PATIENCE = 60_000


@pytest.fixture(scope="module")
def studio(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A studio that nobody has used yet."""
    with driver.running(tmp_path_factory.mktemp("newcomer")) as studio:
        yield studio


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def show(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def make(page: Page, library: Library, pictures: int) -> Saved:
    """Press Generate and wait until a picture more than there were can be used; that picture."""
    press(page, "Generate")
    results = page.get_by_role("region", name="Results")
    expect(results.get_by_role("button", name="Use", exact=True)).to_have_count(pictures, timeout=PATIENCE)
    (newest,) = library.recent(1)
    return newest


def paper(page: Page) -> Locator:
    """The picture on the canvas."""
    return page.locator("#canvas .sheet")


def drag(page: Page, handle: Locator, across: float) -> None:
    box = handle.bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + across, middle[1], steps=5)
    page.mouse.up()


def opened(saved: Saved) -> Any:
    with Image.open(saved.path) as picture:
        return pixels(picture)


def test_a_newcomer_makes_a_picture_changes_a_part_of_it_and_widens_it(page: Page, studio: Running) -> None:
    library = Library(studio.outputs)
    expect(page.get_by_text("New here?")).to_be_visible()
    example = page.get_by_role("group", name="Examples").get_by_role("button").first
    words = example.inner_text()
    example.click()
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value(words)
    first = make(page, library, 1)
    expect(page.get_by_role("img", name=words)).to_be_visible()

    press(page, "Use")
    show(page, "Inpaint")
    expect(paper(page)).to_be_visible()
    stroke(page, (0.3, 0.6), (0.5, 0.55), (0.4, 0.7))
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a red house")
    second = make(page, library, 2)
    press(page, "Use")

    show(page, "Outpaint")
    expect(paper(page)).to_be_visible()
    drag(page, page.get_by_role("button", name="Drag the right edge"), 60)
    third = make(page, library, 3)

    show(page, "Gallery")
    pictures = page.get_by_role("listbox", name="Pictures").get_by_role("option")
    expect(pictures).to_have_count(3)
    expect(pictures.nth(1)).to_have_accessible_name("a red house")
    expect(pictures.last).to_have_accessible_name(words)
    they_follow_from_each_other(library, words, first, second, third)


def test_the_tabs_stay_where_they_are(page: Page) -> None:
    tabs = page.get_by_role("tab").all()
    before = [tab.bounding_box() for tab in tabs]
    for tab in tabs:
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert [each.bounding_box() for each in tabs] == before


def test_what_is_said_at_the_foot_has_the_width_of_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("""async () => {
        const { say } = await import(new URL("page/toast.js", document.baseURI));
        say("One sentence that is so long that it needs more than one line on a telephone.", { label: "Undo" });
    }""")
    box = page.get_by_role("status").filter(has_text="One sentence").bounding_box()
    assert box and box["width"] > 0.9 * 390 and box["x"] == pytest.approx(390 - box["x"] - box["width"], abs=1)


def they_follow_from_each_other(library: Library, words: str, first: Saved, second: Saved, third: Saved) -> None:
    """What the files say: which picture each was made from, and that nothing else of it was touched."""
    one, two, three = (library.request(each.path) for each in (first, second, third))
    assert isinstance(one, TextToImage) and one.prompt == words
    assert isinstance(two, Inpaint) and two.prompt == "a red house"
    assert isinstance(three, Outpaint)
    before, after, wide = opened(first), opened(second), opened(third)
    painted = numpy.asarray(two.mask) > 0
    assert 0 < painted.mean() < 0.5
    assert (pixels(two.image) == before).all() and (pixels(three.image) == after).all()
    assert (after[painted] != before[painted]).any()
    assert (after[0] == before[0]).all()  # far from what was painted
    height, width = after.shape[:2]
    assert wide.shape[0] == height and wide.shape[1] == width + three.margins.right + three.margins.left
    assert three.margins.right > 0

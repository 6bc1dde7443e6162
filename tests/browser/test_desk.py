"""What lies on the desk is there after a reload, on another device, and in another studio by a project's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
from playwright.sync_api import Browser, Page

from tests.browser import driver
from tests.browser.driver import Running, committed, mask_alpha, open_picture, open_tab, stroke

pytestmark = pytest.mark.browser

TOLD = """async () => { const { told } = await import(new URL("page/desk.js", document.baseURI)); await told(); }"""


def told(page: Page) -> None:
    """Have the studio told of all that was done."""
    page.evaluate(TOLD)


def recalled(page: Page) -> None:
    """Wait until the canvas shows what was kept."""
    page.wait_for_function(f"async () => await ({driver.STEPS})() > 0")
    page.locator("#canvas .sheet").wait_for()


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_selector("#live [data-ready]", state="attached")
    return page


def painted(page: Page) -> None:
    """A picture with two strokes of the brush."""
    open_picture(page, "inpaint", (160, 120))
    stroke(page, (0.2, 0.2), (0.8, 0.3), tool="brush")
    stroke(page, (0.3, 0.7), (0.6, 0.7))


def undone(page: Page) -> int:
    """How often something can be undone."""
    count = 0
    button = page.locator("#canvas").get_by_role("button", name="Undo", exact=True)
    while button.is_visible() and button.is_enabled():  # without a picture there are no tools
        button.click()
        count += 1
    return count


def test_a_reload_at_once_and_another_device_find_the_mask_and_its_whole_history(
    page: Page, studio: Running, browser: Browser
) -> None:
    painted(page)
    before = committed(page, studio)
    page.wait_for_timeout(1500)  # Gradio's own requests have ended: a reload breaks nothing off
    stroke(page, (0.5, 0.5), (0.55, 0.55))
    page.reload()  # before anything could be told
    recalled(page)
    after = committed(page, studio)
    assert ((after > 0) >= (before > 0)).all() and (after > 0).sum() > (before > 0).sum()
    told(page)
    device = browser.new_context()
    other = opened(device.new_page(), studio.url)
    open_tab(other, "inpaint")
    recalled(other)
    assert numpy.array_equal(committed(other, studio), after)
    assert undone(other) == 4  # the picture and three strokes
    device.close()


def test_what_another_device_has_painted_is_there_when_one_comes_back(
    page: Page, studio: Running, browser: Browser
) -> None:
    painted(page)
    told(page)
    device = browser.new_context()
    other = opened(device.new_page(), studio.url)
    open_tab(other, "inpaint")
    recalled(other)
    stroke(other, (0.1, 0.9), (0.9, 0.9))
    told(other)
    there = committed(other, studio)
    device.close()
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    before = mask_alpha(page)
    for _ in range(50):
        if mask_alpha(page) != before:
            break
        page.wait_for_timeout(100)
    assert numpy.array_equal(committed(page, studio), there)


def test_margins_are_there_on_another_device(page: Page, studio: Running, browser: Browser) -> None:
    open_picture(page, "outpaint", (160, 120))
    driver.set_number(page, "outpaint", "left", 24)
    driver.set_number(page, "outpaint", "top", 16)
    page.wait_for_function(f"async () => await ({driver.STEPS})() > 1")
    told(page)
    device = browser.new_context()
    other = opened(device.new_page(), studio.url)
    open_tab(other, "outpaint")
    recalled(other)
    other.wait_for_timeout(1200)  # until Gradio has drawn the fields and said what stands in them
    shown = {side: other.locator(f"#outpaint-{side} input").input_value() for side in ("left", "top")}
    assert shown == {"left": "24", "top": "16"}
    kept = other.evaluate(
        "async () => (await import(new URL('page/canvas.js', document.baseURI))).state().steps.at(-1)"
    )
    assert (kept["margins"]["left"], kept["margins"]["top"]) == (24, 16)
    device.close()


def test_a_project_is_the_same_in_another_studio(page: Page, studio: Running, tmp_path: Path, browser: Browser) -> None:
    painted(page)
    page.locator("#inpaint-prompt textarea").fill("a boat")
    job = driver.generate(page, "inpaint", "a boat")
    driver.wait_for(page, job)
    result = driver.finished(page, job)
    page.locator(f'.card[data-job="{job}"]').get_by_role("button", name="Use", exact=True).click()
    stroke(page, (0.4, 0.1), (0.9, 0.1))
    mask = committed(page, studio)
    file = tmp_path / "my.studio.zip"
    page.get_by_role("button", name="Project", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    download.value.save_as(file)
    (tmp_path / "other").mkdir()
    with driver.running(tmp_path / "other") as elsewhere:
        other = opened(browser.new_context().new_page(), elsewhere.url)
        other.get_by_role("button", name="Project", exact=True).click()
        with other.expect_navigation():
            other.get_by_label("Project file").set_input_files(file)
        other.wait_for_selector("#live [data-ready]", state="attached")
        open_tab(other, "inpaint")
        recalled(other)
        assert numpy.array_equal(committed(other, elsewhere), mask)
        assert other.locator("#inpaint-prompt textarea").input_value() == "a boat"
        now = picture_of(other, elsewhere)
        assert numpy.array_equal(now, driver.pixels(result))
        assert undone(other) == 5  # a picture, two strokes, the result, a stroke
        other.context.close()


def test_a_file_that_is_no_project_is_refused_and_changes_nothing(page: Page, studio: Running) -> None:
    painted(page)
    before = mask_alpha(page)
    page.get_by_role("button", name="Project", exact=True).click()
    file = {"name": "a.zip", "mimeType": "application/zip", "buffer": b"no project"}
    page.get_by_label("Project file").set_input_files(file)
    page.get_by_text("no project that can be read").wait_for()
    assert mask_alpha(page) == before


def picture_of(page: Page, studio: Running) -> Any:
    """The pixels of the picture on the canvas, as the library has them."""
    from PIL import Image

    id = page.evaluate("""async () => (await import(new URL("page/canvas.js", document.baseURI))).current().id""")
    path = next(studio.outputs.rglob(f"*{id}.png"))
    with Image.open(path) as picture:
        return driver.pixels(picture)

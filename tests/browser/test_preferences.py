"""What a person sets for the page holds in this browser, and a telephone's order of things."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.driver import Running, generate, open_tab, pixels, set_number, wait_for

pytestmark = pytest.mark.browser

BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def telephone(browser: Browser, studio: Running) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(studio.url)
    page.wait_for_selector("#live [data-ready]", state="attached")
    yield page
    context.close()


def open_settings(page: Page) -> None:
    page.locator(".studio-header button.model").click()
    page.get_by_label("Look").wait_for()


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["y"]


def shown(element: Locator) -> Any:
    """What it looks like once nothing moves any more, (height, width, 3) from 0 to 255."""
    return pixels(Image.open(io.BytesIO(element.screenshot(animations="disabled"))))


def test_the_look_is_the_one_that_was_set_also_after_a_reload(page: Page) -> None:
    open_settings(page)
    looks = []
    for look in ("Dark", "Light"):
        page.get_by_label("Look").select_option(look)
        looks.append(page.evaluate(BACKGROUND))
    assert looks == ["rgb(17, 19, 20)", "rgb(243, 243, 241)"]
    page.get_by_label("Look").select_option("Dark")
    page.reload()
    page.wait_for_selector("body.dark")
    open_settings(page)
    expect(page.get_by_label("Look")).to_have_value("dark")


def test_the_panel_tells_what_the_studio_was_started_with(page: Page, studio: Running) -> None:
    open_settings(page)
    given = page.locator(".facts.given")
    expect(given).to_contain_text(f"{studio.outputs.resolve()}--outputs")
    expect(given).to_contain_text("Deviceauto--device")


def test_a_download_has_the_format_that_is_set(page: Page) -> None:
    set_number(page, "text_to_image", "steps", 1)
    wait_for(page, job := generate(page, "text_to_image", "a house"))
    open_settings(page)
    page.get_by_label("Download as").select_option("WebP")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.locator(f'.card[data-job="{job}"] a[download]').click()
    assert download.value.suggested_filename.endswith(".webp")
    with Image.open(download.value.path()) as picture:
        assert picture.format == "WEBP"


def test_without_previews_a_run_shows_none(page: Page) -> None:
    open_settings(page)
    box = page.get_by_label("Previews while a picture is being made")
    ticked = shown(box)
    box.uncheck()
    assert (abs(ticked - shown(box)).max(-1) > 32).mean() > 0.5  # it is filled, or it is not
    page.keyboard.press("Escape")
    set_number(page, "text_to_image", "steps", 400)
    job = generate(page, "text_to_image", "a house")
    page.wait_for_function(
        "job => document.querySelector(`.card[data-job='${job}'] .bar`).getAttribute('aria-valuenow') > 4", arg=job
    )
    assert page.locator(f'.card[data-job="{job}"] .preview[src]').count() == 0
    page.locator(f'.card[data-job="{job}"] .stop').click()
    wait_for(page, job, "cancelled")


def test_the_prompt_stays_behind_where_that_is_set(page: Page) -> None:
    open_settings(page)
    page.get_by_label("The prompt goes along to another mode").uncheck()
    page.keyboard.press("Escape")
    page.locator("#text_to_image-prompt textarea").fill("a red house")
    open_tab(page, "inpaint")
    expect(page.locator("#inpaint-prompt textarea")).to_have_value("")


def test_on_a_telephone_the_newest_result_comes_before_the_settings(telephone: Page) -> None:
    page = telephone
    steps = page.locator("#text_to_image-width")
    expect(steps).to_be_hidden()
    page.get_by_role("button", name="Settings").tap()
    expect(steps).to_be_visible()
    set_number(page, "text_to_image", "steps", 1)
    jobs = []
    for prompt in ("a red house", "a blue house"):
        jobs.append(generate(page, "text_to_image", prompt))
        wait_for(page, jobs[-1])
    older, newer = (f'.card[data-job="{job}"]' for job in jobs)
    order = ["#text_to_image-prompt", "#text_to_image-generate", newer, ".studio-drawer .drawer:visible", older]
    places = [top(page, each) for each in order]
    assert places == sorted(places)
    page.get_by_role("button", name="Settings").tap()
    expect(steps).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

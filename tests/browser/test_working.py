"""A run on the canvas' picture is seen in its place, as long as it goes."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import Running, finished, generate, open_picture, open_tab, set_number, stroke, wait_for

pytestmark = pytest.mark.browser

SIZE = (192, 128)
LAYER = "#canvas canvas.working"
READ = """name => {
    const canvas = document.querySelector(name);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, ...data.filter((_, i) => i % 4 === 3)];
}"""


def alpha(page: Page, name: str) -> Any:
    height, width, *values = page.evaluate(READ, name)
    return numpy.array(values).reshape(height, width)


def stop(page: Page, job: str) -> None:
    page.locator(f'.card[data-job="{job}"] .stop').click()
    wait_for(page, job, "cancelled")


def test_an_inpainting_is_seen_within_its_mask_until_it_is_stopped(page: Page) -> None:
    open_picture(page, "inpaint", SIZE)
    stroke(page, (0.2, 0.3), (0.6, 0.7), tool="rectangle")
    shown = page.locator("#canvas .sheet img").get_attribute("src")
    set_number(page, "inpaint", "steps", 1000)
    job = generate(page, "inpaint", "a blue house")
    page.wait_for_selector(LAYER)
    layer, mask = alpha(page, LAYER), alpha(page, "#canvas .mask")
    assert layer.shape == mask.shape == SIZE[::-1]
    assert numpy.array_equal(layer > 0, mask > 0)
    open_tab(page, "image_to_image")
    expect(page.locator(LAYER)).to_be_hidden()
    open_tab(page, "inpaint")
    page.wait_for_selector(LAYER)
    stop(page, job)
    expect(page.locator(LAYER)).to_be_hidden()
    expect(page.locator("#canvas .sheet img")).to_have_attribute("src", str(shown))


def test_a_reload_and_another_page_see_it_too_within_the_mask_that_was_sent(page: Page, studio: Running) -> None:
    """On a result, too, which a job calls by its pixels."""
    open_picture(page, "inpaint", SIZE)
    stroke(page, (0.1, 0.1), (0.4, 0.4), tool="rectangle")
    set_number(page, "inpaint", "steps", 2)
    job = generate(page, "inpaint", "a blue house")
    wait_for(page, job)
    page.locator(f'.card[data-job="{job}"] .use').click()
    stroke(page, (0.2, 0.3), (0.6, 0.7), tool="rectangle")
    mask = alpha(page, "#canvas .mask")
    set_number(page, "inpaint", "steps", 1000)
    job = generate(page, "inpaint", "a blue house")
    page.wait_for_selector(LAYER)
    stroke(page, (0.7, 0.7), (0.9, 0.9), tool="rectangle")  # is not what was sent
    page.reload()
    other = page.context.new_page()
    other.goto(studio.url)
    for each in (page, other):
        open_tab(each, "inpaint")
        each.wait_for_selector(LAYER)
        assert numpy.array_equal(alpha(each, LAYER) > 0, mask > 0)
    other.close()
    stop(page, job)


def test_whoever_paints_on_has_no_preview_in_the_way(page: Page) -> None:
    open_picture(page, "inpaint", SIZE)
    stroke(page, (0.2, 0.3), (0.6, 0.7), tool="rectangle")
    set_number(page, "inpaint", "steps", 1000)
    job = generate(page, "inpaint", "a blue house")
    page.wait_for_selector(LAYER)
    before = page.locator(f'.card[data-job="{job}"] .preview').get_attribute("src")
    stroke(page, (0.5, 0.5), (0.8, 0.8), tool="rectangle")
    page.wait_for_function(
        "([job, before]) => document.querySelector(`.card[data-job='${job}'] .preview`).src !== before",
        arg=[job, before],
    )
    expect(page.locator(LAYER)).to_be_hidden()
    stop(page, job)


def test_an_outpainting_is_seen_around_the_picture_and_its_result_in_its_card(page: Page) -> None:
    open_picture(page, "outpaint", SIZE)
    for side, pixels in {"left": 64, "top": 0, "right": 0, "bottom": 32}.items():
        set_number(page, "outpaint", side, pixels)
    shown = page.locator("#canvas .sheet img").get_attribute("src")
    set_number(page, "outpaint", "steps", 60)
    job = generate(page, "outpaint", "a meadow")
    page.wait_for_selector(LAYER)
    box, sheet = page.locator(LAYER).bounding_box(), page.locator("#canvas .sheet").bounding_box()
    assert box and sheet
    scale = sheet["width"] / SIZE[0]
    assert box["x"] == pytest.approx(sheet["x"] - 64 * scale, abs=1)
    assert (box["width"], box["height"]) == pytest.approx((256 * scale, 160 * scale), abs=1)
    wait_for(page, job, timeout=120)
    expect(page.locator(LAYER)).to_be_hidden()
    assert finished(page, job).size == (256, 160)
    expect(page.locator("#canvas .sheet img")).to_have_attribute("src", str(shown))

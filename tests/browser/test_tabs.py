"""The tab of image to image, and fields that are shown only with what needs them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from playwright.sync_api import Page, expect

from studio.library import Library
from tests.browser.driver import Running, act, finished, generate, open_picture, open_tab, pixels, set_number, wait_for

pytestmark = pytest.mark.browser


def test_a_picture_is_painted_over_and_goes_on_to_be_inpainted(page: Page, studio: Running) -> None:
    before = open_picture(page, "image_to_image", (96, 64))
    expect(page.locator("#canvas .sizes")).to_have_text("96 × 64")
    set_number(page, "image_to_image", "steps", 4)
    page.get_by_label("All steps from there").check()
    wait_for(page, job := generate(page, "image_to_image", "a blue house"))
    after = finished(page, job)
    assert after.size == before.size
    assert numpy.abs(pixels(after) - pixels(before)).mean() > 5
    request: Any = Library(studio.outputs).request(Library(studio.outputs).recent(1)[0].path)
    assert (request.task, request.strength, request.full_steps) == ("image_to_image", 0.6, True)
    act(page, job, "Inpaint")
    expect(page.locator("#inpaint-tab-button")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#canvas .sheet")).to_be_visible()
    shown = page.locator("#canvas .sheet img").get_attribute("src")
    assert shown == page.locator(f'.card[data-job="{job}"] img').get_attribute("src")


def test_what_only_some_choices_need_is_shown_with_them_also_after_a_reload(page: Page) -> None:
    strength = page.locator("#text_to_image-second-strength")
    set_number(page, "text_to_image", "steps", 1)
    expect(strength).to_be_hidden()
    set_number(page, "text_to_image", "enlarge", 2)
    expect(strength).to_be_visible()
    width = int(page.locator("#text_to_image-width input").input_value())
    wait_for(page, job := generate(page, "text_to_image", "a red house"), timeout=120)
    assert finished(page, job).width == 2 * width
    page.reload()
    page.locator("#text_to_image-advanced > button").click()
    expect(page.locator("#text_to_image-enlarge input")).to_have_value("2")
    expect(strength).to_be_visible()
    set_number(page, "text_to_image", "enlarge", 1)
    expect(strength).to_be_hidden()


def test_the_prompt_goes_along_unless_another_one_was_typed(page: Page) -> None:
    def prompt(task: str) -> Any:
        return page.locator(f"#{task}-prompt textarea")

    prompt("text_to_image").fill("a red house")
    open_tab(page, "inpaint")
    expect(prompt("inpaint")).to_have_value("a red house")
    page.locator("#gallery-tab-button").click()
    page.wait_for_selector("#gallery [data-ready]", state="attached")
    open_tab(page, "outpaint")
    expect(prompt("outpaint")).to_have_value("a red house")
    prompt("outpaint").fill("a blue sea")
    open_tab(page, "inpaint")
    expect(prompt("inpaint")).to_have_value("a blue sea")
    open_tab(page, "text_to_image")
    prompt("text_to_image").fill("a green tree")
    open_tab(page, "image_to_image")
    expect(prompt("image_to_image")).to_have_value("a green tree")
    open_tab(page, "outpaint")
    expect(prompt("outpaint")).to_have_value("a blue sea")


def test_what_is_written_into_a_field_that_was_just_unfolded_stays(page: Page) -> None:
    value = page.evaluate("""async () => {
        const fields = await import(new URL("page/fields.js", document.baseURI));
        await fields.fillIn("text_to_image", "steps", 7);
        for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
        return fields.readField("text_to_image-steps");
    }""")
    assert value == "7"

"""The page from end to end: a real studio process, a real model, a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import BrowserContext, Page, expect

from studio.library import Library
from tests.browser.driver import (
    Running,
    act,
    finished,
    generate,
    open_picture,
    open_tab,
    pixels,
    set_number,
    stroke,
    wait_for,
)

pytestmark = pytest.mark.browser

TASKS = ("text_to_image", "image_to_image", "inpaint", "outpaint")
FEATHER = 8
OVERLAP = 16


def newest_mask(outputs: Path) -> Image.Image:
    """The mask of the newest inpainted picture, from the recipe in its file."""
    library = Library(outputs)
    request: Any = library.request(library.recent(1)[0].path)
    return request.mask


def test_the_first_byte_comes_before_three_seconds(studio: Running) -> None:
    assert studio.first_byte < 3


def test_the_web_process_never_loads_torch(page: Page, studio: Running) -> None:
    maps = Path(f"/proc/{studio.process.pid}/maps")
    if not maps.exists():
        pytest.skip("what a process has loaded can only be seen on Linux")
    assert "libtorch" not in maps.read_text()


def test_a_prompt_becomes_pictures(page: Page) -> None:
    set_number(page, "text_to_image", "steps", 4)
    set_number(page, "text_to_image", "count", 2)
    set_number(page, "text_to_image", "seed", 7)
    job = generate(page, "text_to_image", "a red house on the left")
    wait_for(page, job)
    expect(page.locator(f'.card[data-job="{job}"] figure')).to_have_count(2)
    expect(page.locator(f'.card[data-job="{job}"] .seed').last).to_have_text("Seed 8")
    width = int(page.locator("#text_to_image-width input").input_value())
    height = int(page.locator("#text_to_image-height input").input_value())
    picture = finished(page, job)
    assert picture.size == (width, height)
    assert pixels(picture).std() > 5
    page.locator(f'.card[data-job="{job}"] button.screen').first.click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".studio-lightbox p")).to_contain_text("2 of 2 · Seed 8")
    page.keyboard.press("Escape")
    expect(page.locator(".studio-lightbox")).to_be_hidden()


def test_choices_and_styles_are_settled_picture_by_picture(page: Page, studio: Running) -> None:
    set_number(page, "text_to_image", "steps", 2)
    set_number(page, "text_to_image", "count", 4)
    set_number(page, "text_to_image", "seed", 7)
    page.locator("#text_to_image-styles input").click()
    page.get_by_role("option", name="night").click()
    wait_for(page, job := generate(page, "text_to_image", "a {red|blue} house"))
    made = sorted(Library(studio.outputs).recent(4), key=lambda each: each.path.name)
    words = [Library(studio.outputs).request(each.path).prompt for each in made]
    assert set(words) == {"a red house at night", "a blue house at night"}
    figures = page.locator(f'.card[data-job="{job}"] figure img')
    assert [figures.nth(index).get_attribute("alt") for index in range(4)] == words
    page.reload()
    page.locator("#text_to_image-advanced > button").click()
    expect(page.locator("#text_to_image-styles .token")).to_have_text("night")


def test_what_the_model_sees_can_be_unfolded(page: Page) -> None:
    seen = page.locator("#text_to_image-seen textarea")
    for prompt, told in (("a (red:1.3) house", "red(×1.3)"), ("the sea", "the sea")):
        page.locator("#text_to_image-prompt textarea").fill(prompt)
        page.locator("#text_to_image-sight > button").click()
        expect(seen).to_have_value(re.compile(re.escape(told)))
        page.locator("#text_to_image-sight > button").click()
        expect(seen).to_be_hidden()


def test_a_painted_mask_changes_what_is_under_it_and_nothing_else(page: Page, studio: Running) -> None:
    before = open_picture(page, "inpaint", (96, 64))
    stroke(page, (0.3, 0.5), (0.6, 0.5))
    set_number(page, "inpaint", "steps", 4)
    job = generate(page, "inpaint", "a blue house")
    wait_for(page, job)
    after = finished(page, job)
    mask = newest_mask(studio.outputs)
    assert after.size == before.size == mask.size
    change = numpy.abs(pixels(after) - pixels(before)).max(axis=-1)
    reach = numpy.asarray(mask.filter(ImageFilter.MaxFilter(2 * FEATHER + 1))) > 0
    assert 0.02 < reach.mean() < 0.9
    assert change[numpy.asarray(mask) == 255].mean() > 5
    assert change[~reach].max() == 0


def test_a_picture_becomes_wider(page: Page) -> None:
    before = open_picture(page, "outpaint", (96, 64))
    for side, margin in {"left": 32, "top": 0, "right": 0, "bottom": 24}.items():
        set_number(page, "outpaint", side, margin)
    expect(page.locator("#canvas .sizes")).to_have_text("96 × 64 → 128 × 88")
    set_number(page, "outpaint", "steps", 4)
    job = generate(page, "outpaint", "the sea")
    wait_for(page, job)
    after = finished(page, job)
    assert after.size == (128, 88)
    kept = pixels(after)[: 64 - OVERLAP, 32 + OVERLAP :]
    assert (kept == pixels(before)[: 64 - OVERLAP, OVERLAP:]).all()


def test_an_edge_can_be_dragged(page: Page) -> None:
    open_picture(page, "outpaint", (96, 64))
    set_number(page, "outpaint", "right", 0)
    edge = page.locator("#canvas [data-edge=right]")
    box = edge.bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 120, middle[1], steps=4)
    page.mouse.up()
    dragged = int(page.locator("#outpaint-right input").input_value())
    assert dragged > 0
    assert dragged % 8 == 0
    edge.press("ArrowRight")
    expect(page.locator("#outpaint-right input")).to_have_value(str(dragged + 8))


def test_a_result_goes_to_another_tab_with_one_click(page: Page) -> None:
    set_number(page, "text_to_image", "steps", 1)
    job = generate(page, "text_to_image", "a meadow")
    wait_for(page, job)
    act(page, job, "Inpaint")
    expect(page.locator("#canvas .sheet")).to_be_visible()
    page.locator("#text_to_image-tab-button").click()
    act(page, job, "Keep seed")
    seed = page.locator(f'.card[data-job="{job}"] .seed').first.inner_text().removeprefix("Seed ")
    expect(page.locator("#text_to_image-seed textarea, #text_to_image-seed input")).to_have_value(seed)


def test_stop_stops(page: Page, studio: Running) -> None:
    before = len(Library(studio.outputs).recent(100))
    set_number(page, "text_to_image", "steps", 1000)
    job = generate(page, "text_to_image", "a hill")
    page.locator(f'.card[data-job="{job}"] .stop').click()
    wait_for(page, job, "cancelled", 15)
    assert len(Library(studio.outputs).recent(100)) == before


def test_a_reload_finds_the_job_again(page: Page) -> None:
    set_number(page, "text_to_image", "steps", 1000)
    set_number(page, "text_to_image", "count", 20)
    job = generate(page, "text_to_image", "a boat")
    expect(page.locator(f'.card[data-job="{job}"] figure')).to_have_count(20)
    page.reload()
    wait_for(page, job, "running")
    expect(page.locator("#text_to_image-prompt textarea")).to_have_value("a boat")
    page.locator(f'.card[data-job="{job}"] .stop').click()
    wait_for(page, job, "cancelled", 15)


def test_what_is_typed_before_the_page_is_complete_stays(context: BrowserContext, studio: Running) -> None:
    page, held = context.new_page(), []
    page.route("**/page/keep.js", lambda route: held.append(route))
    page.goto(studio.url)
    prompt = page.locator("#text_to_image-prompt textarea")
    prompt.fill("typed early")
    while not held:
        page.wait_for_timeout(50)
    with page.expect_response("**/page/keep.js"):
        for route in held:
            route.continue_()
    page.wait_for_timeout(500)  # as long as it takes to do nothing
    expect(prompt).to_have_value("typed early")
    page.close()


def test_a_browser_that_keeps_nothing_loses_nothing_else(page: Page) -> None:
    page.add_init_script("""for (const name of ["getItem", "setItem", "removeItem"])
        Storage.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };""")
    page.reload()
    open_picture(page, "inpaint", (64, 64))
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    set_number(page, "inpaint", "steps", 1)
    wait_for(page, generate(page, "inpaint", "a tree"))


def test_a_refusal_is_one_visible_sentence_and_loses_nothing(page: Page) -> None:
    open_tab(page, "inpaint")
    page.locator("#inpaint-prompt textarea").fill("a tree")
    page.locator("#inpaint-generate").click()
    alert = page.locator("#live [role=alert]").first
    expect(alert).to_have_text("Open a picture first: drop one on the canvas, paste it or choose a file.")
    open_picture(page, "inpaint", (64, 64))
    page.locator("#inpaint-generate").click()
    expect(alert).to_have_text("Nothing is painted yet: paint over what should be made anew.")
    expect(page.locator("#inpaint-prompt textarea")).to_have_value("a tree")
    open_tab(page, "text_to_image")
    set_number(page, "text_to_image", "width", 12)
    page.locator("#text_to_image-prompt textarea").press("Control+Enter")
    expect(page.locator("#live [role=alert]").first).to_contain_text("width must be a whole number")


def test_a_file_that_is_no_picture_is_refused(page: Page) -> None:
    open_tab(page, "inpaint")
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("#canvas input[type=file]").set_input_files(file)
    expect(page.locator("#canvas [role=alert]")).to_contain_text("is not a picture that can be read")


def test_words_that_the_model_does_not_know_are_named(page: Page) -> None:
    prompt = page.locator("#text_to_image-prompt textarea")
    prompt.fill("a red xylophone")
    expect(page.locator("#text_to_image-help .unknown")).to_have_text("This model does not know “xylophone”.")
    page.locator("#text_to_image-help .example").first.click()
    expect(page.locator("#text_to_image-help .unknown")).to_be_hidden()


def test_nothing_overflows_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    tops = [page.locator(f"#{task}-tab-button").bounding_box() for task in TASKS]
    assert len({box and box["y"] for box in tops}) == 1
    right = page.locator("#tabs [role=tab]").last.bounding_box()
    assert right and right["x"] + right["width"] <= 390
    for task in TASKS:
        open_tab(page, task)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        canvas = [] if task == "text_to_image" else ["#canvas"]
        newest = "#live .card:first-child, #live .hint:not([hidden])"
        parts = [*canvas, f"#{task} .studio-prompt-area", newest, f"#{task} .studio-settings-area"]
        heights = [box["y"] for part in parts if (box := page.locator(part).first.bounding_box())]
        assert len(heights) == len(parts) and heights == sorted(heights)


def test_a_tablet_has_the_words_beside_the_results_and_the_canvas_above_both(page: Page) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    for task in TASKS:
        open_tab(page, task)
        assert page.evaluate("document.documentElement.scrollWidth") <= 820
        expect(page.locator(f"#{task}-count")).to_be_visible()
        parts = ("#canvas", f"#{task} .studio-prompt-area", "#live")
        canvas, words, results = (page.locator(part).bounding_box() for part in parts)
        assert words and results and words["x"] + words["width"] < results["x"]
        assert words["y"] == pytest.approx(results["y"], abs=2)
        assert (canvas is None) == (task == "text_to_image")
        assert canvas is None or (canvas["width"] > 780 and canvas["y"] + canvas["height"] < words["y"])


def test_unknown_words_are_counted_as_the_model_counts_them(page: Page) -> None:
    done = page.evaluate("""async () => {
        const words = await import(new URL("page/unknown.js", document.baseURI));
        return {
            unknown: words.unknownWords("A red-hot Tür, don't A __deep/colour_2__", new Set(["a", "red"])),
            any: words.unknownWords("whatever", new Set()),
        };
    }""")
    assert done == {"unknown": ["hot", "tür", "don't"], "any": []}

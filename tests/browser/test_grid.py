"""Many pictures from one click, sizes by their shape, and what an outpainting will do: on the page."""

from __future__ import annotations

import io
from pathlib import Path

import numpy
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.driver import (
    Running,
    finished,
    generate,
    open_picture,
    pixels,
    set_number,
    wait_for,
)

pytestmark = pytest.mark.browser

T = "text_to_image"


def choose(page: Page, axis: str, setting: str, values: str) -> None:
    """Fill in an axis of the grid, which is unfolded first."""
    for fold in ("advanced", "grid"):
        if not page.locator(f"#{T}-{axis} input").is_visible():
            page.locator(f"#{T}-{fold} > button").click()
            page.locator(f"#{T}-steps input, #{T}-across input").last.wait_for()
    page.locator(f"#{T}-{axis} input").click()
    page.get_by_role("option", name=setting, exact=True).last.click()
    page.locator(f"#{T}-{axis}-values").locator("input, textarea").fill(values)


def native(page: Page) -> int:
    """The side of the pictures that the model makes."""
    return int(page.locator(f"#{T}-width input").input_value())


def places(sheet: numpy.ndarray, picture: numpy.ndarray) -> list[tuple[int, int]]:
    """Where in a sheet a picture lies, pixel by pixel, as (row, column)."""
    height, width = picture.shape[:2]
    corners = zip(*numpy.nonzero((sheet == picture[0, 0]).all(axis=2)), strict=True)
    found = ((int(row), int(column)) for row, column in corners)
    return [(row, column) for row, column in found if same(sheet[row : row + height, column : column + width], picture)]


def same(one: numpy.ndarray, other: numpy.ndarray) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def test_a_grid_is_told_made_shown_and_saved(page: Page, studio: Running) -> None:
    echo = page.locator(f"#{T}-echo p")
    choose(page, "across", "Steps", "2, few")
    expect(echo).to_contain_text("must be a whole number, but is 'few'")
    choose(page, "across", "Steps", "1-2")
    choose(page, "down", "Guidance", "1, 3")
    expect(echo).to_have_text("A grid of 4: Steps 1, Steps 2 × Guidance 1, Guidance 3")
    job = generate(page, T, "a red house")
    wait_for(page, job)
    card = page.locator(f'.card[data-job="{job}"]')
    expect(card.locator("thead th")).to_have_text(["Steps 1", "Steps 2"])
    expect(card.locator("tbody th")).to_have_text(["Guidance 1", "Guidance 3"])
    page.reload()
    expect(card.locator("tbody tr:nth-child(2) td figure[data-picture]")).to_have_count(2)
    expect(echo).to_have_text("A grid of 4: Steps 1, Steps 2 × Guidance 1, Guidance 3")  # kept, so it is told again
    with page.expect_download() as download:
        card.get_by_role("link", name="Save the sheet").click()
    sheet = pixels(Image.open(io.BytesIO(Path(download.value.path()).read_bytes())))
    ids = [str(figure.get_attribute("data-picture")) for figure in card.locator("figure").all()]
    made = [pixels(Image.open(next(studio.outputs.glob(f"*_{id}.png")))) for id in ids]
    ((top, left),), ((top2, right),), ((low, left2),), ((low2, right2),) = (places(sheet, each) for each in made)
    assert top == top2 < low == low2 and left == left2 < right == right2
    choose(page, "across", "Nothing", "")
    choose(page, "down", "Nothing", "")
    expect(echo).to_be_hidden()


def test_a_list_of_prompts_is_one_job(page: Page) -> None:
    set_number(page, T, "steps", 1)
    page.locator(f"#{T}-many > button").click()
    page.locator(f"#{T}-prompts textarea").fill("a red house\n\n# not this\na blue lake")
    expect(page.locator(f"#{T}-echo p")).to_have_text("2 prompts, one after the other.")
    job = generate(page, T, "never mind")
    wait_for(page, job)
    figures = page.locator(f'.card[data-job="{job}"] figure')
    expect(figures).to_have_count(2)
    assert [each.get_attribute("aria-label") for each in figures.all()] == ["a red house", "a blue lake"]
    assert finished(page, job).width == native(page)


def test_a_shape_sets_the_size_and_swap_turns_it(page: Page) -> None:
    size = [page.locator(f"#{T}-{side} input") for side in ("width", "height")]
    wide = {256: ("320", "208"), 64: ("80", "64")}[native(page)]
    shapes = page.locator(f"#{T}-shapes")
    pressed = shapes.locator("[aria-pressed=true]")
    expect(pressed).to_have_text("1:1")
    shapes.get_by_role("button", name="3:2").click()
    for field, value in zip(size, wide, strict=True):
        expect(field).to_have_value(value)
    expect(pressed.first).to_contain_text(":")
    shapes.get_by_role("button", name="Swap").click()
    for field, value in zip(size, reversed(wide), strict=True):
        expect(field).to_have_value(value)
    size[0].fill("96")
    expect(pressed).to_have_count(0)


def test_the_rounds_of_an_outpainting_are_told_while_it_is_set(page: Page) -> None:
    side = native(page)
    open_picture(page, "outpaint", (side, side))
    plan = page.locator("#outpaint-plan")
    set_number(page, "outpaint", "right", side // 2)
    expect(plan).to_have_text(f"In one round, to {side * 3 // 2} × {side}.")
    set_number(page, "outpaint", "right", 2 * side)
    expect(plan.locator("p")).to_have_text(f"About 4 rounds to {3 * side} × {side}:")
    half = side // 2  # a strip: the other half of what the model sees is picture
    expect(plan.locator("li").first).to_have_text(f"right {half} → {side + half} × {side}")
    expect(plan.locator("li")).to_have_count(4)
    outlines = page.locator("#canvas .frame .round")
    expect(outlines).to_have_count(3)  # the frame itself is the last
    whole, first = page.locator("#canvas .frame").bounding_box(), outlines.first.bounding_box()
    assert whole and first
    assert first["x"] == pytest.approx(whole["x"], abs=1)
    assert first["width"] / whole["width"] == pytest.approx(1.5 / 3, abs=0.02)

"""One canvas for all modes: what is on it stays, pictures are steps of its history, and its edges can be dragged."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pipelines.masks import feather, grown
from studio.library import Library
from tests.browser.driver import Running, mask_alpha, on_screen, open_picture, open_tab, set_number, stroke

pytestmark = pytest.mark.browser

SIDES = ("left", "top", "right", "bottom")


def call(page: Page, function: str, argument: Any = None) -> Any:
    """A function of the canvas's module."""
    code = 'async ([name, given]) => (await import(new URL("page/canvas.js", document.baseURI)))[name](given)'
    return page.evaluate(code, [function, argument])


def keep(studio: Running, shade: int, size: tuple[int, int] = (96, 64)) -> dict[str, Any]:
    """A picture in the library, as results name theirs."""
    saved = Library(studio.outputs).keep(Image.new("RGB", size, (shade, 20, 40)))
    return {"id": saved.id, "width": saved.width, "height": saved.height}


def margins(page: Page) -> dict[str, int]:
    """What stands in the fields."""
    return {side: int(page.locator(f"#outpaint-{side} input").input_value()) for side in SIDES}


def drag(page: Page, handle: str, dx: float, dy: float, shift: bool = False, let_go: bool = True) -> None:
    """Drag an edge or a corner so many pixels of the page."""
    box = page.locator(f"#canvas [data-edge='{handle}']").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(x + dx, y + dy, steps=4)
    if let_go:
        page.mouse.up()
        page.keyboard.up("Shift")


def test_the_picture_and_its_mask_stay_when_the_mode_changes(page: Page) -> None:
    open_picture(page, "inpaint", (96, 64))
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    painted, shown = mask_alpha(page), page.locator("#canvas .sheet img[src]").get_attribute("src")
    mask = page.locator("#canvas .mask")
    for task in ("image_to_image", "outpaint"):
        open_tab(page, task)
        expect(mask).to_be_hidden()
        expect(page.locator("#canvas .sheet img")).to_have_attribute("src", str(shown))
        expect(page.locator("#canvas [data-tool=brush]")).to_be_hidden()
    expect(page.locator("#canvas [data-edge='right top']")).to_be_visible()
    open_tab(page, "text_to_image")
    expect(page.locator("#canvas")).to_be_hidden()
    open_tab(page, "inpaint")
    expect(mask).to_be_visible()
    assert mask_alpha(page) == painted > 0
    assert call(page, "current")["width"] == 96


def test_a_picture_that_is_accepted_can_be_taken_back_with_its_mask(page: Page, studio: Running) -> None:
    open_picture(page, "inpaint", (96, 64))
    first = call(page, "current")
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    painted, accepted = mask_alpha(page), keep(studio, 200)
    call(page, "accept", accepted)
    assert (call(page, "current"), mask_alpha(page)) == (accepted, 0)
    page.keyboard.press("Control+z")
    assert (call(page, "current"), mask_alpha(page)) == (first, painted)
    page.keyboard.press("Control+y")
    assert (call(page, "current"), mask_alpha(page)) == (accepted, 0)


def test_a_mask_can_be_kept_for_a_picture_as_large_as_its_own(page: Page, studio: Running) -> None:
    open_picture(page, "inpaint", (96, 64))
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    painted, offer = mask_alpha(page), page.get_by_role("button", name="Keep the mask")
    call(page, "accept", keep(studio, 90, (64, 64)))
    expect(offer).to_be_hidden()
    page.keyboard.press("Control+z")
    accepted = keep(studio, 100)
    call(page, "accept", accepted)
    offer.click()
    assert (call(page, "current"), mask_alpha(page)) == (accepted, painted)
    page.keyboard.press("Control+z")
    assert (call(page, "current")["id"] != accepted["id"], mask_alpha(page)) == (True, painted)


def test_the_whole_state_can_be_taken_away_and_brought_back(page: Page, studio: Running) -> None:
    open_picture(page, "inpaint", (96, 64))
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    stroke(page, (0.3, 0.3), (0.5, 0.6), tool="ellipse")
    state, painted = call(page, "state"), mask_alpha(page)
    call(page, "accept", keep(studio, 120, (48, 48)))
    assert call(page, "restore", state)
    assert (call(page, "current")["width"], mask_alpha(page)) == (96, painted)
    page.keyboard.press("Control+z")
    assert mask_alpha(page) < painted
    before = call(page, "state")
    for bad in (
        None,
        {},
        {"version": 1, "place": 5, "steps": []},
        {"version": 1, "place": 1, "steps": [{"kind": "x"}]},
    ):
        assert call(page, "restore", bad) is False
    point = {"kind": "stroke", "points": [["a", 1]], "width": 2}
    assert call(page, "restore", {"version": 1, "place": 1, "steps": [point]}) is False
    assert call(page, "state") == before


def test_the_soft_edge_is_the_one_that_the_request_will_have(page: Page) -> None:
    open_picture(page, "inpaint", (120, 90))
    stroke(page, (0.3, 0.4), (0.6, 0.5))
    set_number(page, "inpaint", "feather", 12)
    set_number(page, "inpaint", "grow", 3)
    page.locator("#inpaint-prompt textarea").click()
    page.get_by_role("button", name="Soft edge").click()
    read = """name => {
        const canvas = document.querySelector(`#canvas .${name}`);
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [...data.filter((_, i) => i % 4 === 3)];
    }"""
    hard = Image.fromarray(numpy.array(page.evaluate(read, "mask"), numpy.uint8).reshape(90, 120))
    wanted = numpy.asarray(feather(grown(hard, 3), 12)).astype(int)
    page.wait_for_function(f"sum => ({read})('soft').reduce((a, b) => a + b) > sum", arg=int(wanted.sum() * 0.99))
    soft = numpy.array(page.evaluate(read, "soft")).reshape(90, 120)
    assert abs(soft - wanted).max() <= 2
    expect(page.locator("#canvas .soft")).to_be_visible()
    eye = on_screen_middle(page, "Hide the mask while held")
    page.mouse.move(*eye)
    page.mouse.down()
    expect(page.locator("#canvas .soft")).to_be_hidden()
    page.mouse.up()
    expect(page.locator("#canvas .soft")).to_be_visible()


def on_screen_middle(page: Page, name: str) -> tuple[float, float]:
    box = page.get_by_role("button", name=name).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_edges_and_corners_are_dragged_in_steps_and_undone(page: Page) -> None:
    open_picture(page, "outpaint", (97, 64))
    for side in SIDES:
        set_number(page, "outpaint", side, 0)
    drag(page, "right", 90, 0)
    first = margins(page)
    assert first["right"] > 8 and (97 + first["right"]) % 8 == 0
    assert (first["left"], first["top"], first["bottom"]) == (0, 0, 0)
    drag(page, "left top", -40, -30, let_go=False)
    expect(page.locator("#canvas .badge")).to_contain_text(" · +")
    assert min(margins(page)[side] for side in ("left", "top")) > 0
    page.mouse.up()
    second = margins(page)
    assert (97 + second["left"] + second["right"]) % 8 == 0 and (64 + second["top"]) % 8 == 0
    assert min(second["left"], second["top"]) > 0
    expect(page.locator("#canvas .badge")).to_be_hidden()
    width, height = 97 + second["left"] + second["right"], 64 + second["top"]
    expect(page.locator("#canvas .sizes")).to_have_text(f"97 × 64 → {width} × {height}")
    page.locator("#canvas .easel").focus()
    page.keyboard.press("Control+z")
    assert margins(page) == first
    page.keyboard.press("Control+Shift+z")
    assert margins(page) == second


def test_shift_keeps_the_shape(page: Page) -> None:
    open_picture(page, "outpaint", (160, 80))
    for side in SIDES:
        set_number(page, "outpaint", side, 0)
    drag(page, "right bottom", 80, 5, shift=True)
    corner = margins(page)
    assert corner["right"] > 0 and abs((160 + corner["right"]) / (80 + corner["bottom"]) - 2) < 0.15
    page.keyboard.press("Control+z")
    drag(page, "right", 60, 0, shift=True)
    side = margins(page)
    assert side["right"] > 0 and abs(side["top"] - side["bottom"]) <= 1
    assert abs((160 + side["right"]) / (80 + side["top"] + side["bottom"]) - 2) < 0.15


def test_what_fills_its_margins_uses_them_up(page: Page, studio: Running) -> None:
    open_picture(page, "outpaint", (96, 64))
    for side in SIDES:
        set_number(page, "outpaint", side, 32 if side == "left" else 0)
    call(page, "accept", keep(studio, 50, (128, 64)))
    assert margins(page) == dict.fromkeys(SIDES, 0)
    page.locator("#canvas .easel").focus()
    page.keyboard.press("Control+z")
    assert margins(page) == dict.fromkeys(SIDES, 0) | {"left": 32}


def test_a_stroke_that_begins_beside_the_picture_reaches_its_edge(page: Page) -> None:
    open_picture(page, "inpaint", (96, 64))
    stroke(page, (0.5, -0.1), (0.5, 0.3))
    at = on_screen(page, (0.5, 0.02))[0]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).closest('.easel') !== null", list(at))
    alpha = page.evaluate("""() => {
        const canvas = document.querySelector("#canvas .mask");
        return canvas.getContext("2d").getImageData(48, 0, 1, 1).data[3];
    }""")
    assert alpha == 255


def test_margins_that_gradio_sets_are_drawn_and_can_be_undone(page: Page) -> None:
    open_picture(page, "outpaint", (96, 64))
    before = margins(page)
    page.evaluate("""async () => {
        const { recall } = await import(new URL("page/recall.js", document.baseURI));
        const sides = { left: 16, top: 24, right: 0, bottom: 8 };
        await recall("outpaint", Object.entries(sides).map(([field, value]) => ({ name: field, field, value })));
    }""")
    expect(page.locator("#canvas .sizes")).to_have_text("96 × 64 → 112 × 96")
    page.locator("#canvas .easel").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#outpaint-top input")).to_have_value("0")
    assert margins(page) == before


def test_margins_that_are_set_before_there_is_a_picture_are_its_margins(page: Page) -> None:
    open_tab(page, "outpaint")
    set_number(page, "outpaint", "left", 40)
    open_picture(page, "outpaint", (96, 64))
    assert margins(page)["left"] == 40
    right = margins(page)["right"]
    expect(page.locator("#canvas .sizes")).to_have_text(f"96 × 64 → {136 + right} × 64")

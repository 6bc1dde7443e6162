"""The canvas: a mask is undone, kept, and sent with its own picture; a mouse paints it, a finger or a pen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.driver import Running, committed, mask_alpha, on_screen, open_picture, stroke

pytestmark = pytest.mark.browser

COMMIT = """async () => {
    const { commit } = await import(new URL("page/canvas.js", document.baseURI));
    return commit("inpaint");
}"""


@pytest.fixture
def phone(browser: Browser, studio: Running) -> Iterator[Page]:
    """The page on a telephone, with a picture to paint on in the middle of its screen."""
    context = browser.new_context(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(studio.url)
    page.wait_for_selector("#live [data-ready]", state="attached")
    open_picture(page, "inpaint", (64, 64))
    page.evaluate("document.querySelector('#canvas .sheet').scrollIntoView({ block: 'center' })")
    yield page
    context.close()


def test_the_mask_can_be_undone_inverted_and_survives_a_reload(page: Page) -> None:
    open_picture(page, "inpaint", (64, 64))
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    first = mask_alpha(page)
    stroke(page, (0.2, 0.7), (0.8, 0.7))
    both = mask_alpha(page)
    assert both > first > 0
    page.keyboard.press("Control+z")
    assert mask_alpha(page) == first
    page.keyboard.press("Control+Shift+z")
    assert mask_alpha(page) == both
    page.get_by_role("button", name="Invert", exact=True).click()
    assert mask_alpha(page) == 255 * 64 * 64 - both
    page.reload()
    page.wait_for_function("() => document.querySelector('#canvas .mask')?.width === 64")
    assert mask_alpha(page) == 255 * 64 * 64 - both
    page.keyboard.press("Control+z")
    assert mask_alpha(page) == both
    page.keyboard.press("Control+y")
    page.get_by_role("button", name="Clear", exact=True).click()
    assert mask_alpha(page) == 0
    page.get_by_role("button", name="Fill", exact=True).click()
    assert mask_alpha(page) == 255 * 64 * 64


def test_a_new_picture_has_no_mask(page: Page) -> None:
    open_picture(page, "inpaint", (64, 64))
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    open_picture(page, "inpaint", (48, 64))
    page.wait_for_function("() => document.querySelector('#canvas .mask').width === 48")
    assert mask_alpha(page) == 0


def test_a_mask_is_sent_with_the_picture_that_it_was_painted_on(page: Page) -> None:
    late: list[Route] = []
    open_picture(page, "inpaint", (64, 64))
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    page.route("**/api/pictures?kind=mask", lambda route: route.continue_() if late else late.append(route))
    with page.expect_request("**/api/pictures?kind=mask"):
        page.evaluate(f"() => {{ window.first = ({COMMIT})(); }}")
    shown = page.locator("#canvas .sheet img[src]").get_attribute("src")
    open_picture(page, "inpaint", (64, 64), shade=9)
    expect(page.locator("#canvas .sheet img")).not_to_have_attribute("src", str(shown))
    late[0].continue_()
    first = page.evaluate("window.first")
    assert str(shown).endswith(first["picture"])
    stroke(page, (0.2, 0.8), (0.8, 0.8))
    second = page.evaluate(COMMIT)
    assert second["picture"] != first["picture"]
    assert second["mask"] != first["mask"]
    assert page.evaluate(COMMIT) == second


def test_a_picture_that_comes_late_does_not_replace_a_newer_one(page: Page) -> None:
    late: list[Route] = []
    open_picture(page, "inpaint", (64, 64))
    page.route("**/api/pictures", lambda route: route.continue_() if late else late.append(route))
    with page.expect_request("**/api/pictures"):
        open_picture(page, "inpaint", (80, 64), waits=False)
    open_picture(page, "inpaint", (48, 64))
    page.wait_for_function("() => document.querySelector('#canvas .mask').width === 48")
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    painted = mask_alpha(page)
    with page.expect_response("**/api/pictures"):
        late[0].continue_()
    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.locator("#canvas .mask").get_attribute("width") == "48"
    assert mask_alpha(page) == painted > 0


def test_a_finger_on_the_picture_paints_and_beside_it_scrolls(phone: Page) -> None:
    box = phone.locator("#canvas .sheet").bounding_box()
    assert box
    before = phone.evaluate("scrollY")
    swipe_up(phone, box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"], 0.8 * box["height"])
    assert phone.evaluate("scrollY") == before
    assert mask_rows(phone) > 0.8 * 64
    painted = mask_alpha(phone)
    swipe_up(phone, box["x"] - 8, box["y"] + 0.9 * box["height"], 0.8 * box["height"])
    phone.wait_for_function("before => scrollY > before", arg=before)
    assert mask_alpha(phone) == painted


def swipe_up(page: Page, x: float, y: float, far: float) -> None:
    """What a finger does; the moves have to take their time to count as a scroll."""
    touch = page.context.new_cdp_session(page)
    for step in range(11):
        at: Any = {"x": x, "y": y - far * step / 10}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": [at]})
        page.wait_for_timeout(16)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(200)


def test_two_fingers_zoom_and_paint_nothing(phone: Page) -> None:
    (a, b), (c, d) = on_screen(phone, (0.4, 0.5), (0.6, 0.5))
    touch = phone.context.new_cdp_session(phone)
    before = phone.locator("#canvas .sheet").bounding_box()
    for step in range(5):
        fingers: Any = [{"x": a - 8 * step, "y": b, "id": 0}, {"x": c + 8 * step, "y": d, "id": 1}]
        kind = "touchMove" if step else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = phone.locator("#canvas .sheet").bounding_box()
    assert before and after and after["width"] > 1.3 * before["width"]
    assert mask_alpha(phone) == 0


def test_a_pen_paints_as_wide_as_it_is_pressed(page: Page, studio: Running) -> None:
    open_picture(page, "inpaint", (256, 256))
    pen = page.context.new_cdp_session(page)
    points = on_screen(page, *((0.1 + 0.08 * step, 0.5) for step in range(11)))
    for step, (x, y) in enumerate(points):
        kind = "mouseMoved" if step else "mousePressed"
        pressed: Any = {"button": "left", "buttons": 1, "pointerType": "pen", "force": 0.1 + 0.09 * step}
        pen.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "clickCount": 1, **pressed})
    last: Any = {"x": points[-1][0], "y": points[-1][1], "button": "left", "clickCount": 1, "pointerType": "pen"}
    pen.send("Input.dispatchMouseEvent", {"type": "mouseReleased", **last})
    wide = (committed(page, studio) > 127).sum(axis=0)
    brush = int(page.get_by_label("Brush size").input_value())
    for step in (2, 5, 9):
        assert abs(wide[round(256 * (0.1 + 0.08 * step))] - (0.1 + 0.09 * step) * brush) <= 2


def mask_rows(page: Page) -> int:
    """How many rows of the mask have paint."""
    return page.evaluate("""() => {
        const canvas = document.querySelector("#canvas .mask");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const painted = [...data.keys()].filter((i) => data[i]);
        const rows = new Set(painted.map((i) => Math.floor(i / 4 / canvas.width)));
        return rows.size;
    }""")

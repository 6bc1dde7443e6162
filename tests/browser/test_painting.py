"""What is painted is what is sent: each tool against the shape computed by itself, at any size of picture."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import numpy
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.browser.driver import Running, committed, on_screen, open_picture, stroke

pytestmark = pytest.mark.browser

SIZES = [(512, 512), (1024, 768), (333, 517), (4096, 4096)]
ENOUGH = 0.995
Points = list[tuple[float, float]]


def overlap(one: Any, other: Any) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def brushed(size: tuple[int, int], points: Points, width: float) -> Any:
    """The pixels whose middle is within half a width of a way, (height, width)."""
    down, across = (numpy.arange(side, dtype=numpy.float32) + 0.5 for side in size[::-1])
    found = numpy.zeros(size[::-1], bool)
    for (a, b), (c, d) in pairwise(points):
        x, y = across[None] - a, down[:, None] - b
        way = numpy.array([c - a, d - b], numpy.float32)
        share = ((x * way[0] + y * way[1]) / (way @ way)).clip(0, 1)
        found |= numpy.hypot(x - share * way[0], y - share * way[1]) <= width / 2
    return found


def filled(size: tuple[int, int], kind: str, points: Points) -> Any:
    """A shape as Pillow draws it, on pixels a quarter as large where that is not too many."""
    fine = 1 if max(size) > 2000 else 4
    sheet = Image.new("L", (size[0] * fine, size[1] * fine))
    scaled = [(x * fine - 0.5, y * fine - 0.5) for x, y in points]
    getattr(ImageDraw.Draw(sheet), kind)(scaled, fill=255)
    return numpy.asarray(sheet.resize(size, Image.Resampling.BOX)) > 127


def in_pixels(page: Page, size: tuple[int, int], *shares: tuple[float, float]) -> Points:
    """Where in the picture a mouse is that goes to these places."""
    box = page.locator("#canvas .sheet").bounding_box()
    assert box
    far = size[0] / box["width"]
    return [((x - box["x"]) * far, (y - box["y"]) * far) for x, y in on_screen(page, *shares)]


@pytest.mark.parametrize("size", SIZES)
def test_every_tool_paints_its_shape_at_every_size(page: Page, studio: Running, size: tuple[int, int]) -> None:
    open_picture(page, "inpaint", size)
    width = int(page.get_by_label("Brush size").input_value())
    way = [(0.2, 0.2), (0.7, 0.25), (0.6, 0.45)]
    lasso = [(0.1, 0.5), (0.4, 0.55), (0.35, 0.9), (0.15, 0.8)]
    stroke(page, *way)
    stroke(page, *lasso, tool="lasso")
    stroke(page, (0.55, 0.6), (0.9, 0.95), tool="rectangle")
    stroke(page, (0.6, 0.65), (0.85, 0.85), tool="ellipse")
    page.keyboard.down("Alt")
    stroke(page, (0.62, 0.7), (0.75, 0.9), tool="rectangle")
    page.keyboard.up("Alt")
    stroke(page, (0.3, 0.15), (0.3, 0.35), tool="eraser")
    expected = brushed(size, in_pixels(page, size, *way), width)
    expected |= filled(size, "polygon", in_pixels(page, size, *lasso))
    expected |= filled(size, "rectangle", in_pixels(page, size, (0.55, 0.6), (0.9, 0.95)))
    expected |= filled(size, "ellipse", in_pixels(page, size, (0.6, 0.65), (0.85, 0.85)))
    expected &= ~filled(size, "rectangle", in_pixels(page, size, (0.62, 0.7), (0.75, 0.9)))
    expected &= ~brushed(size, in_pixels(page, size, (0.3, 0.15), (0.3, 0.35)), width)
    sent = committed(page, studio)
    assert sent.shape == size[::-1]
    assert overlap(sent > 127, expected) >= ENOUGH


def test_what_is_painted_from_near_lies_where_it_was_painted(page: Page, studio: Running) -> None:
    size = (640, 480)
    open_picture(page, "inpaint", size)
    page.mouse.move(*on_screen(page, (0.6, 0.4))[0])
    page.mouse.wheel(0, -500)
    page.mouse.down(button="middle")
    page.mouse.move(*on_screen(page, (0.62, 0.43))[0])
    page.mouse.up(button="middle")
    stroke(page, (0.5, 0.35), (0.6, 0.45))
    width = int(page.get_by_label("Brush size").input_value())
    assert (
        overlap(committed(page, studio) > 127, brushed(size, in_pixels(page, size, (0.5, 0.35), (0.6, 0.45)), width))
        > 0.99
    )
    page.keyboard.press("Control+0")
    assert page.locator("#canvas .easel").evaluate("node => node.classList.contains('zoomed')") is False


@pytest.mark.parametrize("size", [(300, 200), (4096, 3000)])
def test_a_bucket_fills_what_is_enclosed_and_a_growth_goes_all_round(
    page: Page, studio: Running, size: tuple[int, int]
) -> None:
    open_picture(page, "inpaint", size)
    width = int(page.get_by_label("Brush size").input_value())
    ring = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)]
    stroke(page, *ring)
    stroke(page, (0.5, 0.5), tool="bucket")
    inner = filled(size, "rectangle", in_pixels(page, size, (0.3, 0.3), (0.7, 0.7)))
    whole = brushed(size, in_pixels(page, size, *ring), width) | inner
    sent = committed(page, studio) > 127
    assert overlap(sent, whole) >= ENOUGH
    page.get_by_role("button", name="Grow", exact=True).click()
    by = max(2, round(min(size) / 100))
    wider = numpy.pad(sent, by)
    for axis in (0, 1):
        wider = numpy.any([numpy.roll(wider, step, axis) for step in range(-by, by + 1)], axis=0)
    assert overlap(committed(page, studio) > 127, wider[by:-by, by:-by]) >= ENOUGH
    page.get_by_role("button", name="Shrink", exact=True).click()
    assert overlap(committed(page, studio) > 127, whole) >= 0.99


def test_a_hundred_steps_back_and_forth_give_the_same_bytes(page: Page) -> None:
    open_picture(page, "inpaint", (200, 150))
    tools = ("brush", "rectangle", "eraser", "lasso", "ellipse", "bucket")
    random = numpy.random.default_rng(5)
    seen = [fingerprint(page)]
    for step in range(100):
        if step % 10 == 9:
            name = ("Invert", "Grow", "Shrink", "Fill", "Clear")[step // 10 % 5]
            page.get_by_role("button", name=name, exact=True).click()
        else:
            page.locator(f"#canvas [data-tool={tools[step % 6]}]").click()
            points = on_screen(page, *random.uniform(0.05, 0.95, (3, 2)).tolist())
            page.mouse.move(*points[0])
            page.mouse.down()
            page.mouse.move(*points[1])
            page.mouse.move(*points[2])
            page.mouse.up()
        seen.append(fingerprint(page))
    assert len(set(seen)) > 60
    for before in reversed(seen[:-1]):
        page.keyboard.press("Control+z")
        assert fingerprint(page) == before
    for after in seen[1:]:
        page.keyboard.press("Control+Shift+z")
        assert fingerprint(page) == after


def fingerprint(page: Page) -> str:
    """Of the mask as it is seen."""
    alpha = page.evaluate("""() => {
        const canvas = document.querySelector("#canvas .mask");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [...data.filter((_, i) => i % 4 === 3)].join();
    }""")
    return hashlib.sha256(alpha.encode()).hexdigest()

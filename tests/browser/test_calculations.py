"""The calculations of the page's scripts, each against numpy, scipy, Pillow or an answer worked out by hand."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Page
from scipy import ndimage

pytestmark = pytest.mark.browser


def run(page: Page, module: str, code: str, *given: Any) -> Any:
    """What an expression over a module's functions and the given values comes to."""
    script = (
        f"async given => {{ const m = await import(new URL('page/{module}.js', document.baseURI)); return {code}; }}"
    )
    return page.evaluate(script, list(given))


@pytest.fixture
def spots() -> Any:
    """A mask with soft and hard parts, some at the edge."""
    random = numpy.random.default_rng(2)
    mask = ndimage.gaussian_filter(random.random((31, 45)), 2)
    return numpy.where(mask > 0.52, 255, numpy.where(mask > 0.5, 90, 0)).astype(numpy.uint8)


def test_masks_grow_shrink_and_soften_as_other_programs_do_it(page: Page, spots: Any) -> None:
    flat = spots.ravel().tolist()
    for pixels in (1, 2, 5):
        grown = run(page, "pixels", f"[...m.enlarged(Uint8Array.from(given[0]), 45, 31, {pixels})]", flat)
        assert grown == ndimage.maximum_filter(spots, 2 * pixels + 1, mode="constant").ravel().tolist()
        shrunk = run(page, "pixels", f"[...m.enlarged(Uint8Array.from(given[0]), 45, 31, -{pixels})]", flat)
        assert shrunk == ndimage.minimum_filter(spots, 2 * pixels + 1, mode="constant", cval=255).ravel().tolist()
    soft = run(page, "pixels", "[...m.softened(Uint8Array.from(given[0]), 45, 31, 7)]", flat)
    wider = Image.fromarray(ndimage.maximum_filter(spots, 7, mode="constant"))
    ramp = numpy.asarray(wider.filter(ImageFilter.BoxBlur(3))).astype(int)
    assert abs(numpy.array(soft).reshape(31, 45) - numpy.maximum(ramp, spots)).max() <= 1


def test_a_bucket_finds_what_is_connected(page: Page, spots: Any) -> None:
    open_, _ = ndimage.label(spots < 128)
    painted, _ = ndimage.label(spots >= 128)
    for x, y in ((0, 0), (20, 15), (44, 30), (7, 22)):
        labels = painted if spots[y, x] >= 128 else open_
        found = run(
            page, "pixels", f"[...m.flooded(Uint8Array.from(given[0]), 45, 31, [{x}, {y}])]", spots.ravel().tolist()
        )
        assert (numpy.array(found).reshape(31, 45) == 255).tolist() == (labels == labels[y, x]).tolist()
    assert sum(run(page, "pixels", "[...m.flooded(new Uint8Array(4), 2, 2, [-1, 0])]")) == 0


def test_a_grey_png_is_one_that_pillow_reads(page: Page, spots: Any) -> None:
    code = """await (async () => {
        const rows = (from, to) => Uint8Array.from(given[0]).subarray(from * 45, to * 45);
        const blob = await m.greyPng({ width: 45, height: 31 }, rows);
        const bytes = new Uint8Array(await blob.arrayBuffer());
        return btoa(String.fromCharCode(...bytes));
    })()"""
    file = io.BytesIO(base64.b64decode(run(page, "png", code, spots.ravel().tolist())))
    with Image.open(file) as picture:
        picture.load()
        assert (picture.mode, picture.format) == ("L", "PNG")
        assert (numpy.asarray(picture) == spots).all()


def test_the_view_keeps_what_is_under_the_hand(page: Page) -> None:
    place = {"scale": 2, "x": 10, "y": -5}
    near = run(page, "geometry", "m.zoomed(given[0], 1.5, { x: 70, y: 45 })", place)
    assert near == {"scale": 3, "x": 70 - 30 * 3, "y": 45 - 25 * 3}
    fingers = ([{"x": 0, "y": 0}, {"x": 10, "y": 0}], [{"x": 5, "y": 5}, {"x": 25, "y": 5}])
    assert run(page, "geometry", "m.pinched(given[0], given[1], given[2])", {"scale": 1, "x": 0, "y": 0}, *fingers) == {
        "scale": 2,
        "x": 5,
        "y": 5,
    }
    frame, room = {"left": -10, "top": 0, "width": 100, "height": 50}, {"width": 232, "height": 232}
    assert run(page, "geometry", "m.fitted(given[0], given[1])", frame, room) == {"scale": 2, "x": 36, "y": 66}
    far = run(page, "geometry", "m.held({ scale: 1, x: 900, y: -900 }, given[0], given[1])", frame, room)
    assert far == {"scale": 1, "x": 232 - 48 + 10, "y": 48 - 50}
    point = {"clientX": 110, "clientY": 70}
    assert run(page, "geometry", "m.toPicture(given[0], { left: 10, top: 20 }, given[1])", point, place) == [45, 27.5]


def test_margins_are_snapped_kept_within_limits_and_in_shape(page: Page) -> None:
    none = {"left": 0, "top": 0, "right": 0, "bottom": 0}

    def drag(
        start: dict[str, int], size: tuple[int, int], handle: str, dx: float, dy: float, shape: bool = False
    ) -> Any:
        code = "m.dragged(given[0], given[1], given[2], given[3], given[4], given[5])"
        given = {"width": size[0], "height": size[1]}
        return run(page, "geometry", code, start, given, handle, dx, dy, shape)

    assert drag(none, (96, 64), "right", 21, 99) == none | {"right": 24}
    assert drag(none, (97, 64), "right", 21, 0) == none | {"right": 23}
    assert drag(none, (96, 64), "left top", -30, -5) == none | {"left": 32, "top": 8}
    assert drag(none | {"right": 24}, (96, 64), "right", -60, 0) == none
    assert drag(none, (4000, 64), "right", 9999, 0) == none | {"right": 96}
    assert drag(none, (160, 80), "right bottom", 80, 0, True) == none | {"right": 80, "bottom": 40}
    assert drag(none, (160, 80), "right", 32, 0, True) == none | {"right": 32, "top": 8, "bottom": 8}


def test_shapes_have_names(page: Page) -> None:
    sizes = [(1024, 768), (512, 512), (1080, 1920), (1000, 770)]
    given = [{"width": width, "height": height} for width, height in sizes]
    assert run(page, "geometry", "given.map(m.aspect)", *given) == ["4:3", "1:1", "9:16", "1.30:1"]


def test_a_history_is_what_was_done(page: Page) -> None:
    code = """(() => {
        const history = new m.History(() => {});
        const [one, two] = [{ id: "a", width: 8, height: 8 }, { id: "b", width: 8, height: 8 }];
        const mark = (kind) => ({ kind, points: [[1, 1], [2, 2]], erase: false });
        const seen = [];
        const left = () => history.margins?.left ?? null;
        const look = () => seen.push([history.picture?.id ?? null, history.marks.map(({ kind }) => kind), left()]);
        const steps = [
            { kind: "picture", picture: one },
            mark("rectangle"),
            { kind: "margins", margins: { left: 8, top: 0, right: 0, bottom: 0 } },
            mark("ellipse"),
            { kind: "picture", picture: two, keep: true },
            { kind: "clear" },
            { kind: "invert" },
            { kind: "picture", picture: one },
        ];
        for (const step of steps) {
            history.record(step);
            look();
        }
        while (history.undo()) look();
        history.redo();
        history.record(mark("rectangle"));
        seen.push(history.redo() ?? null);
        seen.push(m.recent(history.state()).steps.map(({ kind }) => kind));
        return seen;
    })()"""
    *steps, redone, recent = run(page, "history", code)
    forward = [
        ["a", [], None],
        ["a", ["rectangle"], None],
        ["a", ["rectangle"], 8],
        ["a", ["rectangle", "ellipse"], 8],
        ["b", ["rectangle", "ellipse"], 8],
        ["b", [], 8],
        ["b", ["invert"], 8],
        ["a", [], 8],
    ]
    assert steps == [*forward, *reversed(forward[:-1]), [None, [], None]]
    assert redone is None
    assert recent == ["picture", "rectangle"]

"""Masks drawn with lines and shapes: areas against geometry, and one drawing at several sizes against itself."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.coverage import brushed, enclosed
from pipelines.errors import InvalidRequest
from pipelines.strokes import MAX_POINTS, Mark, Strokes, read

HAND = {
    "marks": [
        {"kind": "stroke", "points": [[0.1, 0.1], [0.4, 0.15], [0.5, 0.4], [0.2, 0.4]], "width": 0.06, "hardness": 0.5},
        {"kind": "polygon", "points": [[0.5, 0.5], [0.9, 0.55], [0.7, 0.95], [0.6, 0.7]]},
        {"kind": "rectangle", "points": [[0.1, 0.6], [0.4, 0.9]]},
        {"kind": "ellipse", "points": [[0.15, 0.65], [0.35, 0.85]], "erase": True},
    ]
}  # fmt: skip


def area(mask: Image.Image) -> float:
    """In pixels."""
    return float(np.asarray(mask, float).sum() / 255)


def drawn(*marks: Mark, size: tuple[int, int] = (160, 120), unit: str = "pixels") -> Image.Image:
    return Strokes(marks, unit).mask(*size)


@given(st.lists(st.tuples(st.floats(-20, 60), st.floats(-20, 50)), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_a_triangle_covers_its_area(corners: list[tuple[float, float]]) -> None:
    """By the shoelace formula, moved so that no part of it is cut off."""
    points = np.array(corners) + 30
    x, y = points.T
    exact = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    assert enclosed(points, (90, 100)).sum() == pytest.approx(exact, abs=1e-6)


def test_a_star_covers_its_area_and_what_is_cut_off_does_not_count() -> None:
    angles = np.arange(10) * math.pi / 5
    radii = np.where(np.arange(10) % 2, 13.0, 37.0)
    star = np.stack([50.3 + radii * np.cos(angles), 47.7 + radii * np.sin(angles)], 1)
    assert enclosed(star, (100, 100)).sum() == pytest.approx(5 * 13 * 37 * math.sin(math.pi / 5), abs=1e-6)
    assert enclosed(star[::-1], (100, 100)).sum() == pytest.approx(enclosed(star, (100, 100)).sum())
    whole = enclosed(star, (100, 100))
    for move in ((-50, 0), (0, -50), (30, 20)):  # beyond each of the picture's edges
        left, top = -move[0], -move[1]
        part = enclosed(star + move, (60, 60))
        expected = np.zeros((60, 60))
        rows, columns = np.mgrid[0:60, 0:60] + np.array([top, left])[:, None, None]
        there = (rows >= 0) & (rows < 100) & (columns >= 0) & (columns < 100)
        expected[there] = whole[rows[there], columns[there]]
        np.testing.assert_allclose(part, expected, atol=1e-9)


def test_a_pixel_is_as_white_as_it_is_covered() -> None:
    mask = drawn(Mark("rectangle", ((10.25, 20.0), (30.5, 40.75))))
    row, column = np.asarray(mask)[25].astype(int), np.asarray(mask)[:, 15].astype(int)
    assert (row[9], row[10], row[11], row[29], row[30], row[31]) == (0, 191, 255, 255, 128, 0)
    assert (column[19], column[20], column[39], column[40], column[41]) == (0, 255, 255, 191, 0)
    assert np.asarray(drawn(Mark("rectangle", ((30.5, 40.75), (10.25, 20.0))))).tobytes() == mask.tobytes()


@pytest.mark.parametrize("radii", [(50.0, 50.0), (70.5, 12.25), (3.0, 40.0)])
def test_an_ellipse_covers_its_area(radii: tuple[float, float]) -> None:
    a, b = radii
    mask = drawn(Mark("ellipse", ((80 - a, 60 - b), (80 + a, 60 + b))))
    assert area(mask) == pytest.approx(math.pi * a * b, rel=0.002)


@pytest.mark.parametrize("width", [1.0, 7.5, 24.0])
def test_a_stroke_covers_a_band_with_round_ends(width: float) -> None:
    stroke = Mark("stroke", ((30.0, 30.0), (120.0, 80.0)), width=width)
    exact = math.dist(*stroke.points) * width + math.pi * width**2 / 4
    assert area(drawn(stroke)) == pytest.approx(exact, rel=0.01)
    assert area(drawn(Mark("stroke", ((60.0, 60.0),), width=24.0))) == pytest.approx(math.pi * 144, rel=0.01)


def test_a_thin_line_is_as_faint_as_it_is_thin() -> None:
    mask = np.asarray(drawn(Mark("stroke", ((-20.0, 50.5), (200.0, 50.5)), width=0.25)), float)
    np.testing.assert_allclose(mask[50], 255 / 4, atol=1)
    assert mask[:50].max() == mask[51:].max() == 0


def test_a_soft_brush_falls_evenly_from_its_hard_part_to_its_rim() -> None:
    cover = brushed(np.array([(50.5, 50.5)]), 40.0, 0.5, (101, 101))
    down, across = np.mgrid[0:101, 0:101]
    apart = np.hypot(across - 50, down - 50)
    np.testing.assert_allclose(cover, ((20 - apart) / 10).clip(0, 1), atol=1e-9)


def test_a_way_is_the_same_in_one_piece_and_in_many() -> None:
    ends = np.array([(5.0, 90.0), (95.0, 8.0)])
    one = brushed(ends, 3.0, 1.0, (100, 100))
    many = brushed(np.linspace(*ends, 57), 3.0, 1.0, (100, 100))
    np.testing.assert_allclose(one, many, atol=1e-6)


@pytest.mark.parametrize("size", [(160, 120), (97, 131)])
def test_a_drawing_twice_as_large_and_halved_is_the_drawing(size: tuple[int, int]) -> None:
    """Where one mark crosses another within a pixel the two may differ; elsewhere only by rounding and the curves."""
    strokes = read(json.dumps(HAND))
    small = np.asarray(strokes.mask(*size), int)
    halved = np.asarray(strokes.mask(size[0] * 2, size[1] * 2).reduce(2), int)
    assert np.abs(small - halved).mean() < 0.25
    assert np.abs(small - halved).max() < 40
    shapes = Strokes(strokes.marks[1:3])  # which cross nothing
    small = np.asarray(shapes.mask(*size), int)
    halved = np.asarray(shapes.mask(size[0] * 2, size[1] * 2).reduce(2), int)
    assert np.abs(small - halved).max() <= 1


def test_pixels_of_another_size_and_shares_say_the_same() -> None:
    marks = [dict(mark) for mark in HAND["marks"]]
    for mark in marks:
        mark["points"] = [[x * 400, y * 300] for x, y in mark["points"]]
        if "width" in mark:
            mark["width"] *= 300
    pixels = read(json.dumps({"unit": "pixels", "size": [400, 300], "marks": marks}))
    own = read(json.dumps({"unit": "pixels", "marks": marks}))
    shares = read(json.dumps(HAND))
    for other, size in ((pixels, (400, 300)), (pixels, (160, 120)), (own, (400, 300))):
        same, mask = (np.asarray(strokes.mask(*size), int) for strokes in (shares, other))
        np.testing.assert_allclose(mask, same, atol=1)  # where a half is rounded


def test_marks_are_made_in_order_and_some_take_away() -> None:
    box, hole = Mark("rectangle", ((10, 10), (50, 50))), Mark("rectangle", ((20, 20), (30, 30)), erase=True)
    assert area(drawn(box, hole)) == 1600 - 100
    assert area(drawn(hole, box)) == 1600
    assert drawn().getbbox() is None


def marks(*given: dict[str, Any], **more: Any) -> str:
    return json.dumps({"marks": list(given), **more})


DOT = {"kind": "stroke", "points": [[0.5, 0.5]], "width": 0.1}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The strokes are not JSON"),
        ("[" * 100_000, "The strokes are not JSON"),
        ("[]", "There must be names and values in the JSON of strokes, but it is list"),
        ("{}", 'The strokes need a list of "marks"'),
        ('{"marks": 3}', 'The strokes need a list of "marks"'),
        (marks(DOT, colour=1), "There is no 'colour' in the JSON of strokes: there is marks, unit, size"),
        (marks(DOT, unit="miles"), "Unknown unit 'miles': choose one of shares, pixels"),
        (marks(DOT, size=[4, 4]), "Strokes have a size only where their unit is pixels"),
        (marks(DOT, unit="pixels", size=3), "The size of the strokes must be [width, height], but is 3"),
        (marks(DOT, unit="pixels", size=[0, 4]), "side of the size must be a whole number from 1 to 4096, but is 0"),
        (marks(DOT, 7), "Mark 2 of the strokes: there must be names and values in a mark, but it is int"),
        (marks({"kind": "stroke"}), "Mark 1 of the strokes: a mark needs a kind and a list of points"),
        (marks(DOT | {"colour": 1}), "Mark 1 of the strokes: there is no 'colour' in a mark"),
        (marks(DOT | {"kind": "blob"}), "Mark 1 of the strokes: unknown kind of mark 'blob': choose one of stroke"),
        (marks(DOT | {"points": []}), "Mark 1 of the strokes: strokes have 1 to 20,000 points, but this one has 0"),
        (marks(DOT | {"points": [[1]]}), "Mark 1 of the strokes: a point must be [x, y], but is (1,)"),
        (marks(DOT | {"points": [["a", 1]]}), "Mark 1 of the strokes: coordinate must be a number"),
        (marks(DOT | {"points": [[float("nan"), 1]]}), "Mark 1 of the strokes: coordinate must be a number"),
        (marks({"kind": "stroke", "points": [[0, 0]]}), "Mark 1 of the strokes: a stroke needs a width"),
        (marks({"kind": "ellipse", "points": [[0, 0], [1, 1]], "width": 1}), "a stroke needs a width, and no other"),
        (
            marks({"kind": "ellipse", "points": [[0, 0]]}),
            "Mark 1 of the strokes: ellipses have 2 points, but this one has 1",
        ),
        (marks(DOT | {"hardness": 2}), "Mark 1 of the strokes: hardness must be a number from 0 to 1, but is 2"),
        (marks(DOT | {"erase": 1}), "Mark 1 of the strokes: erase must be true or false, but is 1"),
        (marks(*[DOT] * 2001), "The strokes have 2,001 marks and 2,001 points, but may have at most 2,000 and 20,000"),
    ],
)
def test_strokes_of_another_form_get_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_lies_far_outside_is_most_likely_of_the_other_unit() -> None:
    with pytest.raises(InvalidRequest, match="The stroke lies far outside the picture: give its points in the unit of"):
        read(marks({"kind": "stroke", "points": [[300, 200]], "width": 20})).mask(64, 64)
    beside = read(marks({"kind": "polygon", "points": [[1.2, 0], [1.4, 0], [1.3, 1]]}))
    assert beside.mask(64, 64).getbbox() is None
    assert MAX_POINTS >= 20_000

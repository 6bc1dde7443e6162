"""Margins for a canvas of a size, of an aspect, from further away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InvalidRequest
from pipelines.framing import ANCHORS, to_aspect, to_size, zoomed_out

sizes = st.tuples(st.integers(8, 2000), st.integers(8, 2000))


def grown(size, margins) -> tuple[int, int]:
    return size[0] + margins.left + margins.right, size[1] + margins.top + margins.bottom


@given(size=sizes, more=st.tuples(st.integers(0, 900), st.integers(0, 900)), anchor=st.sampled_from(sorted(ANCHORS)))
def test_the_canvas_has_the_size_that_was_asked_for(size, more, anchor: str) -> None:
    target = max(size[0] + more[0], 64), max(size[1] + more[1], 64)
    margins = to_size(size, target, anchor)
    assert grown(size, margins) == target
    for side, opposite in (("left", "right"), ("top", "bottom"), ("right", "left"), ("bottom", "top")):
        if side in anchor:
            assert getattr(margins, side) == 0
        elif opposite not in anchor:
            assert abs(getattr(margins, side) - getattr(margins, opposite)) <= 1


@given(size=sizes, aspect=st.sampled_from([(16, 9), (9, 16), (1, 1), (4, 3), (2.39, 1)]))
def test_the_aspect_is_met_by_the_smallest_canvas(size, aspect) -> None:
    try:
        width, height = grown(size, to_aspect(size, aspect))
    except InvalidRequest as error:
        assert "64 to 4096" in str(error)
        return
    assert abs(width - height * aspect[0] / aspect[1]) <= max(1, aspect[0] / aspect[1])
    assert width == size[0] or height == size[1]


@pytest.mark.parametrize(
    ("factor", "canvas"), [(1.0, (100, 80)), (1.5, (150, 120)), (2.0, (200, 160)), (1.01, (101, 81))]
)
def test_zooming_out_makes_both_sides_longer(factor: float, canvas: tuple[int, int]) -> None:
    assert grown((100, 80), zoomed_out((100, 80), factor)) == canvas


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: to_size((200, 100), (199, 300)), "only grow: the picture is 200x100, so 199x300 is too small"),
        (lambda: to_size((200, 100), (300, 300), "middle"), "Unknown anchor 'middle': choose one of top left"),
        (lambda: zoomed_out((200, 100), 0.5), "zoom must be a number from 1 to 16"),
        (lambda: to_aspect((200, 100), (0, 1)), "width of the aspect must be a number from 0.01"),
        (lambda: to_size((2000, 100), (5000, 100)), "width must be a whole number from 64 to 4096"),
    ],
)
def test_what_cannot_be_framed_is_refused_in_a_sentence(call, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        call()

"""Extending by any amount: the plan's geometry on random canvases, and what comes of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines import outpainting
from pipelines.errors import InvalidRequest
from pipelines.events import Picture, Step
from pipelines.outpainting import rounds_of
from pipelines.parts import Margins
from pipelines.requests import Outpaint, Sampling
from pipelines.rounds import COMFORT, Round, divided, plan_rounds, starts
from pipelines.run import generate

MODEL = SimpleNamespace(native=64, multiple=8, downscale=8)

sides = st.integers(0, 400)
canvases = st.tuples(st.integers(8, 300), st.integers(8, 300))
wishes = st.builds(Margins, left=sides, top=sides, right=sides, bottom=sides)


def place(size: tuple[int, int], added: Margins) -> tuple[slice, slice]:
    """Where the picture before a round lies on the canvas after it."""
    width, height = size
    return slice(added.top, height - added.bottom), slice(added.left, width - added.right)


def drawn(size: tuple[int, int], rounds: tuple[Round, ...]) -> tuple[np.ndarray, list[np.ndarray]]:
    """How often each pixel is painted; and after each round, which pixels a model saw that were picture before."""
    times, contexts = np.zeros(size[::-1], int), []
    for each in rounds:
        grown = np.ones(each.size[::-1], int)
        grown[place(each.size, each.margins)] = times
        new = np.ones_like(grown, bool)
        new[place(each.size, each.margins)] = False
        left, top, width, height = each.region
        seen = np.zeros_like(new)
        seen[top : top + height, left : left + width] = True
        assert not (new & ~seen).any()
        contexts.append(seen & ~new)
        times = grown
    return times, contexts


@given(size=canvases, margins=wishes, strips=st.booleans())
def test_every_new_pixel_is_painted_once_and_seen_beside_the_picture(size, margins, strips: bool) -> None:
    rounds = plan_rounds(size, margins, MODEL, strips)
    times, contexts = drawn(size, rounds)
    height, width = times.shape
    assert (width, height) == (
        size[0] + margins.left + margins.right,
        size[1] + margins.top + margins.bottom,
    )
    old = (slice(margins.top, margins.top + size[1]), slice(margins.left, margins.left + size[0]))
    expected = np.ones((height, width), int)
    expected[old] = 0
    np.testing.assert_array_equal(times, expected)
    assert all(context.any() for context in contexts)
    assert sum(each.fresh for each in rounds) == expected.sum()


@given(size=canvases, margins=wishes)
def test_windows_fit_the_model_cover_their_region_and_overlap(size, margins) -> None:
    for each in plan_rounds(size, margins, MODEL):
        covered = np.zeros((each.region.height, each.region.width), int)
        for left, top, width, height in each.windows:
            covered[top : top + height, left : left + width] += 1
            assert width * height <= COMFORT * MODEL.native**2
            assert left % MODEL.downscale == top % MODEL.downscale == 0
        assert covered.min() >= 1
        if len(each.windows) > 1:
            one, other = each.windows[:2]
            shared = max(one.left + one.width - other.left, 0) * max(one.top + one.height - other.top, 0)
            assert shared >= MODEL.native // 4 * min(each.region.width, each.region.height) * 0.9


@given(size=canvases, margins=wishes)
def test_half_of_what_a_round_sees_is_picture(size, margins) -> None:
    """As far as there is that much picture."""
    rounds = plan_rounds(size, margins, MODEL, strips=True)
    for each in rounds:
        added = max(vars(each.margins).values())
        assert added <= MODEL.native // 2
        across = each.region.width if each.margins.left or each.margins.right else each.region.height
        whole = each.size[0] if each.margins.left or each.margins.right else each.size[1]
        assert across == min(whole, MODEL.native)


def test_what_can_be_composed_in_one_piece_is_one_round() -> None:
    (only,) = plan_rounds((64, 64), Margins(left=8, right=8, top=16), MODEL)
    assert (only.size, only.region, only.windows) == ((80, 80), (0, 0, 80, 80), ((0, 0, 80, 80),))


def test_opposite_sides_take_turns_and_corners_come_with_the_second_pair() -> None:
    rounds = plan_rounds((100, 200), Margins(left=64, right=32, top=20), MODEL)
    assert [{side: n for side, n in vars(each.margins).items() if n} for each in rounds] == [
        {"left": 32}, {"right": 32}, {"left": 32}, {"top": 20},
    ]  # fmt: skip
    assert rounds[-1].region == (0, 0, 196, 64)


@given(margin=st.integers(0, 3000), most=st.integers(8, 600), multiple=st.sampled_from([1, 8, 16, 64]))
def test_a_margin_is_divided_nearly_evenly(margin: int, most: int, multiple: int) -> None:
    parts = divided(margin, most, multiple)
    assert sum(parts) == margin
    assert all(0 < part <= max(most, multiple) for part in parts)
    assert all(part % multiple == 0 for part in parts[:-1])
    assert len(parts) <= -(-margin // max(most // multiple * multiple, multiple))


@given(length=st.integers(1, 500), window=st.integers(4, 90))
def test_windows_are_as_few_as_cover(length: int, window: int) -> None:
    overlap = window // 4
    first = starts(length, window, overlap)
    assert first[0] == 0
    assert first[-1] == max(length - window, 0)
    gaps = np.diff(first)
    assert (gaps <= window - overlap + 0.5).all()
    fewest = 1 if length <= window else -(-(length - overlap) // (window - overlap))
    assert len(first) == fewest


def settings(**options) -> Sampling:
    return Sampling(**{"steps": 3, "guidance": 3.0, "seed": 11, **options})


def extended(family, **options) -> Image.Image:
    request = Outpaint(prompt="a boat", sampling=settings(), **options)
    return next(event.image for event in generate(family, request) if isinstance(event, Picture))


@pytest.mark.parametrize("nine_channels", [False, True])
def test_a_long_way_in_rounds_keeps_the_old_pixels(models, photo, nine_channels: bool) -> None:
    family = models(inpainting=nine_channels).family
    request = Outpaint(
        prompt="a boat", image=photo, margins=Margins(left=72, right=40, bottom=70), overlap=6, sampling=settings()
    )
    rounds = rounds_of(request, family.facts)
    assert len(rounds) == 8
    assert any(len(each.windows) > 1 for each in rounds)
    events = list(generate(family, request))
    assert [(event.step, event.steps) for event in events if isinstance(event, Step)] == [
        (step, 24) for step in range(1, 25)
    ]
    result = events[-1].image
    assert result.size == (176, 134)
    inside = result.crop((72 + 6, 0, 72 + 64 - 6, 64 - 6))
    assert inside.tobytes() == photo.crop((6, 0, 58, 58)).tobytes()
    assert np.asarray(result).std((0, 1)).min() > 1  # something was painted everywhere
    assert np.asarray(result.crop((0, 64, 72, 134))).std() > 1


def test_a_round_is_a_walk_of_its_own_and_a_batch_is_its_pictures(models, photo) -> None:
    family = models().family
    request = Outpaint(prompt="a boat", image=photo, margins=Margins(right=96), count=2, sampling=settings())
    made = {event.index: event.image for event in generate(family, request) if isinstance(event, Picture)}
    for index in range(2):
        alone = next(e.image for e in generate(family, request.alone(index)) if isinstance(e, Picture))
        assert alone.tobytes() == made[index].tobytes()
    assert made[0].tobytes() != made[1].tobytes()
    parts = [np.asarray(made[0].crop((64 + at, 0, 96 + at, 64))) for at in (0, 32, 64)]
    assert (parts[0] != parts[1]).any()
    assert (parts[1] != parts[2]).any()


def test_anchored_left_then_right_is_right_then_left(models, photo) -> None:
    """With a picture so wide that the two sides do not see each other."""
    wide = Image.fromarray(np.tile(np.asarray(photo), (1, 3, 1)))
    family, shared = models().family, {"anchored": True, "overlap": 4}
    left, right = Margins(left=32), Margins(right=24)
    one = extended(family, image=extended(family, image=wide, margins=left, **shared), margins=right,
                   origin=(-32, 0), **shared)  # fmt: skip
    other = extended(family, image=extended(family, image=wide, margins=right, **shared), margins=left, **shared)
    assert one.tobytes() == other.tobytes()
    both = extended(family, image=wide, margins=Margins(left=32, right=24), **shared)
    assert both.tobytes() == one.tobytes()


def test_anchored_twice_is_once_as_far(models, photo) -> None:
    wide = Image.fromarray(np.tile(np.asarray(photo), (1, 2, 1)))
    family, step = models().family, Margins(left=32)
    for anchored, same in ((True, True), (False, False)):
        shared = {"anchored": anchored, "overlap": 4}
        first = extended(family, image=wide, margins=step, **shared)
        twice = extended(family, image=first, margins=step, origin=(-32, 0), **shared)
        once = extended(family, image=wide, margins=Margins(left=64), **shared)
        assert (twice.tobytes() == once.tobytes()) is same


def test_anchored_noise_wants_whole_cells(models, photo) -> None:
    request = Outpaint(image=photo, margins=Margins(left=30), anchored=True, sampling=settings())
    with pytest.raises(InvalidRequest, match="in multiples of 8, but one is 30: try 24"):
        list(generate(models().family, request))


@pytest.mark.parametrize(("verdicts", "rolls", "walks", "notes"), [
    ([0.0, 0.0, 0.0], 2, 3, ()),
    ([0.9, 0.0, 0.0, 0.0], 2, 4, ("copied the picture beside it and was painted anew once.",)),
    ([0.9, 0.0, 0.9, 0.9, 0.9, 0.0], 2, 6, ("was painted anew 3 times.", "still looks like a copy")),
    ([], 0, 3, ()),
])  # fmt: skip
def test_a_part_that_copies_the_picture_is_painted_anew_and_that_is_told(
    models, photo, monkeypatch, verdicts, rolls, walks, notes
) -> None:
    """Three rounds; the judge is told what to say of each part, and is not asked where no copy is minded."""
    said = iter(verdicts)
    monkeypatch.setattr(outpainting, "copied", lambda new, old: next(said))
    request = Outpaint(image=photo, margins=Margins(right=96), rolls=rolls, sampling=settings())
    events = list(generate(models().family, request))
    assert [event.step for event in events if isinstance(event, Step)] == list(range(1, 3 * walks + 1))
    assert events[-1].image.size == (160, 64)
    assert next(said, None) is None
    assert len(events[-1].notes) == len(notes)
    assert all(part in note for part, note in zip(notes, events[-1].notes, strict=True))


def test_another_roll_paints_something_else(models, photo, monkeypatch) -> None:
    family, made = models().family, []
    for verdicts in ([0.0], [0.9, 0.0]):
        said = iter(verdicts)
        monkeypatch.setattr(outpainting, "copied", lambda new, old, said=said: next(said))
        made.append(extended(family, image=photo, margins=Margins(right=32), anchored=True))
    assert made[0].tobytes() != made[1].tobytes()


@pytest.mark.parametrize("origin", [(1,), "here", (1.5, 2), None])
def test_an_origin_that_is_none_is_refused_in_a_sentence(photo, origin) -> None:
    with pytest.raises(InvalidRequest, match="origin must be"):
        Outpaint(image=photo, origin=origin)

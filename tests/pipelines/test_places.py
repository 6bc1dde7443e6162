"""Where on the picture that is worked on the previews of a run lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipelines.events import Picture, Step
from pipelines.requests import ImageToImage, Inpaint, Margins, Outpaint, Sampling, Size, TextToImage
from pipelines.run import generate

FEW = Sampling(steps=2, guidance=1.0, seed=3, sampler="euler")


def run(family: Any, request: Any) -> tuple[list[Any], Image.Image]:
    """The place at each step, and the picture that came of it."""
    events = list(generate(family, request))
    (picture,) = (event.image for event in events if isinstance(event, Picture))
    return [event.place for event in events if isinstance(event, Step)], picture


def test_a_small_picture_is_seen_whole_with_what_it_is_drawn_out_by(models, photo, mask) -> None:
    box = (0, 0, 60, 52)
    request = Inpaint(prompt="a boat", image=photo.crop(box), mask=mask.crop(box), sampling=FEW)
    places, _ = run(models().family, request)
    assert set(places) == {(0, 0, 64, 56)}


def test_of_a_large_one_the_part_that_is_worked_on(models, photo) -> None:
    large = photo.resize((400, 320))
    mask = Image.new("L", large.size)
    mask.paste(255, (280, 200, 320, 240))
    request = Inpaint(prompt="a boat", image=large, mask=mask, sampling=FEW, feather=4)
    places, painted = run(models().family, request)
    (place,) = set(places)
    left, top, width, height = place
    assert width * height < 400 * 320 / 4
    rows, columns = np.nonzero((np.asarray(painted, int) != np.asarray(large, int)).any(-1))
    assert left <= columns.min() and columns.max() < left + width
    assert top <= rows.min() and rows.max() < top + height


def test_a_close_up_lies_as_small_as_it_is_in_the_picture(models, photo) -> None:
    mask = Image.new("L", photo.size)
    mask.paste(255, (8, 8, 24, 24))
    request = Inpaint(prompt="a boat", image=photo, mask=mask, sampling=FEW, feather=0, area="closeup", padding=0)
    ((left, top, width, height),) = set(run(models().family, request)[0])
    assert (left, top) == (8, 8)
    assert (width, height) == pytest.approx((16, 16), abs=2)


def test_an_outpainting_lies_around_its_picture_in_every_round(models, photo) -> None:
    margins = Margins(left=16, top=8)
    request = Outpaint(prompt="a boat", image=photo, margins=margins, sampling=FEW)
    places, painted = run(models().family, request)
    assert set(places) == {(-16, -8, *painted.size)}
    wide = Outpaint(prompt="a boat", image=photo, margins=Margins(left=40, right=72), sampling=FEW, rolls=0)
    places, painted = run(models().family, wide)
    assert len(set(places)) > 1
    ends = [(left, left + width) for left, _, width, _ in places]
    assert min(start for start, _ in ends) == -40
    assert max(end for _, end in ends) == 64 + 72 == painted.width - 40


def test_a_picture_that_is_painted_over_is_seen_whole_unless_it_is_cut(models, photo) -> None:
    request = ImageToImage(prompt="a boat", image=photo, sampling=FEW, width=192, height=64)
    assert set(run(models().family, request)[0]) == {(0, 0, 64, 64)}
    cut = ImageToImage(prompt="a boat", image=photo, sampling=FEW, width=192, height=64, resize="crop")
    assert set(run(models().family, cut)[0]) == {None}
    text = TextToImage(prompt="a boat", sampling=FEW, size=Size(width=64, height=64))
    assert set(run(models().family, text)[0]) == {None}

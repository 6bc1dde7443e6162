"""The seam meter, against pictures whose seam is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pipelines.seams import TAPS, VISIBLE, Seam, measure

SIDE = 96


def block(top: int = 30, left: int = 24, height: int = 40, width: int = 44) -> Tensor:
    mask = torch.zeros(1, SIDE, SIDE)
    mask[:, top : top + height, left : left + width] = 1
    return mask


def disc() -> Tensor:
    places = torch.arange(SIDE) - SIDE / 2
    return (places[:, None].square() + places.square() < 30**2).float()[None]


def ramp() -> Tensor:
    """Three straight ramps of different slope and direction."""
    down, across = torch.meshgrid(torch.linspace(-0.8, 0.8, SIDE), torch.linspace(-0.6, 0.6, SIDE), indexing="ij")
    return torch.stack([across, down, (across - down) / 2])


def grain(spread: float, seed: int = 0) -> Tensor:
    """White noise of so many levels around the middle grey."""
    return torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed)) * spread / 127.5


def lifted(pixels: Tensor, mask: Tensor, *levels: float) -> Tensor:
    """The picture, brighter under the mask by so many levels of red, green and blue."""
    return pixels + mask * torch.tensor(levels)[:, None, None] / 127.5


@pytest.mark.parametrize("mask", [block(), disc(), 1 - block()], ids=["block", "disc", "frame"])
def test_a_ramp_across_the_edge_is_no_seam(mask: Tensor) -> None:
    seam = measure(ramp(), mask)
    assert seam.ratio == pytest.approx(1, abs=1e-3)
    assert seam.drift == pytest.approx(0, abs=1e-3)
    assert seam.score < 2e-3


@pytest.mark.parametrize("height", [1.0, 4.0, 20.0])
@pytest.mark.parametrize("mask", [block(), disc()], ids=["block", "disc"])
def test_a_step_in_an_even_area_is_measured_as_high_as_it_is(mask: Tensor, height: float) -> None:
    seam = measure(lifted(torch.zeros(3, SIDE, SIDE), mask, height, height, height), mask)
    assert seam.ratio == pytest.approx((height + VISIBLE) / VISIBLE, rel=1e-4)
    assert seam.drift == pytest.approx(height, rel=1e-4)
    assert seam.unrest == pytest.approx(0, abs=1e-3)
    assert seam.tint == pytest.approx((height,) * 3, rel=1e-4)


def test_a_step_on_a_ramp_is_told_from_the_ramp() -> None:
    seam = measure(lifted(ramp(), block(), 3, -6, 9), block())
    assert seam.tint == pytest.approx((3, -6, 9), rel=1e-3)
    assert seam.drift == pytest.approx(((9 + 36 + 81) / 3) ** 0.5, rel=1e-3)


@pytest.mark.parametrize("spread", [2.0, 10.0, 40.0])
def test_texture_on_both_sides_does_not_alarm(spread: float) -> None:
    scores = [measure(grain(spread, seed), block()).score for seed in range(8)]
    assert max(scores) < 1
    assert sum(scores) / len(scores) < 0.4


def test_the_same_step_shows_less_in_texture_than_in_an_even_area() -> None:
    faint, strong = (measure(lifted(grain(spread), block(), 8, 8, 8), block()) for spread in (20.0, 0.5))
    assert faint.score < strong.score / 3
    assert faint.tint[1] == pytest.approx(8, abs=4)


def test_a_seam_in_the_calm_half_of_a_picture_is_not_lost_in_the_texture_of_the_other() -> None:
    half = grain(25)
    half[..., : SIDE // 2] = 0
    assert measure(half, block()).score < 1
    seam = measure(lifted(half, block(), 8, 8, 8), block())
    assert seam.score > 2
    assert seam.drift == pytest.approx(8, abs=1.5)


def test_a_texture_that_stops_at_the_edge_is_found_by_its_steps() -> None:
    """New grain in an even picture: the steps across the edge are half of one side, half of the other."""
    mask = block()
    assert 0.4 < measure(grain(20) * mask, mask).ratio < 2.5
    seam = measure(grain(20) * mask + (1 - mask) * 0.3, mask)
    assert seam.score > 1  # and a change of tone


@pytest.mark.parametrize("turn", [(1,), (2,), (1, 2)], ids=str)
@pytest.mark.parametrize("mask", [block(), disc()], ids=["block", "disc"])
def test_a_mirrored_picture_has_the_same_seam(mask: Tensor, turn: tuple[int, ...]) -> None:
    pixels = lifted(grain(5), mask, 4, 0, -4)
    one, other = measure(pixels, mask), measure(pixels.flip(turn), mask.flip(turn))
    assert (other.ratio, other.drift, other.unrest) == pytest.approx((one.ratio, one.drift, one.unrest), rel=1e-3)
    assert other.tint == pytest.approx(one.tint, rel=1e-3, abs=1e-3)
    assert other.length == one.length


def test_a_picture_turned_by_a_right_angle_has_the_same_seam() -> None:
    pixels = lifted(grain(5), block(), 4, 0, -4)
    one, other = measure(pixels, block()), measure(pixels.mT, block().mT)
    assert (other.ratio, other.drift) == pytest.approx((one.ratio, one.drift), rel=1e-3)
    assert other.tint == pytest.approx(one.tint, rel=1e-3, abs=1e-3)


def test_the_length_of_an_edge_is_the_number_of_pairs_it_parts() -> None:
    assert measure(ramp(), block(height=10, width=7)).length == 2 * (10 + 7)
    assert measure(ramp(), block(top=0, left=0, height=10, width=7)).length == 10 + 7
    one = torch.zeros(1, SIDE, SIDE)
    one[0, 50, 50] = 1
    assert measure(ramp(), one).length == 4


def test_what_lies_far_from_the_edge_does_not_count() -> None:
    mask = block(height=12, width=12)
    near = lifted(torch.zeros(3, SIDE, SIDE), mask, 5, 5, 5)
    far = near.clone()
    far[:, 80:, 80:] = grain(60)[:, 80:, 80:]
    assert measure(far, mask).score == pytest.approx(measure(near, mask).score, rel=1e-6)


def test_a_soft_edge_shows_less_and_its_change_of_tone_is_found_across_it() -> None:
    mask = block()
    soft = torch.nn.functional.avg_pool2d(mask, 9, 1, 4)
    hard, blended = (measure(lifted(torch.zeros(3, SIDE, SIDE), each, 10, 10, 10), each) for each in (mask, soft))
    assert blended.ratio < hard.ratio / 2
    assert blended.drift == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (5, 7)])
def test_any_size_can_be_measured(shape: tuple[int, int]) -> None:
    mask = torch.zeros(1, *shape)
    assert measure(torch.rand(3, *shape), mask) == Seam(1.0, 0.0, 0.0, (0.0, 0.0, 0.0), 0)
    assert measure(torch.rand(3, *shape), mask + 1).length == 0
    mask[0, 0, 0] = 1
    assert measure(torch.zeros(3, *shape), mask).score == 0


def test_a_line_thinner_than_the_taps_has_a_ratio_but_no_tone() -> None:
    mask = block(width=TAPS - 2, top=0, height=SIDE)
    seam = measure(lifted(torch.zeros(3, SIDE, SIDE), mask, 9, 9, 9), mask)
    assert seam.ratio > 2
    assert seam.drift == 0

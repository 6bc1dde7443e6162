"""What stands under a mask, against brute force and pictures whose continuation is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from torch import Tensor

from pipelines.infill import FILLS, edge, mirror, patch, statistics, surroundings
from pipelines.nearest import nearest

PIXEL_FILLS = sorted(name for name, row in FILLS.items() if row.pixels is not FILLS["original"].pixels)


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def block(height: int, width: int, box: tuple[int, int, int, int]) -> Tensor:
    """A hole from (left, top) to (right, bottom)."""
    left, top, right, bottom = box
    hole = torch.zeros(1, height, width)
    hole[:, top:bottom, left:right] = 1
    return hole


def stripes(kind: str, side: int = 64) -> Tensor:
    down, across = torch.meshgrid(torch.arange(float(side)), torch.arange(float(side)), indexing="ij")
    place = {"upright": across, "level": down, "slanting": across + down}[kind]
    wave = torch.sin(place * 2 * torch.pi / 8)
    return torch.stack([wave, wave.sign(), 0.5 * wave])


def octaves(side: int, slope: float, seed: int = 0) -> Tensor:
    """Noise whose power falls off with the frequency to the power of ``slope``, in other colours than grey."""
    random = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf
    noise = np.fft.irfft2(np.fft.rfft2(random.normal(size=(3, side, side))) * frequency ** (-slope / 2))
    mixed = np.einsum("ab,bhw->ahw", [[1, 0, 0], [0.8, 0.3, 0], [0.2, 0.1, 0.5]], noise / noise.std())
    return torch.from_numpy(0.25 * mixed).float()


def slope_of(pixels: Tensor) -> float:
    """The fall of the power spectrum of a picture, by a straight line through its logarithm (windowed by Hann)."""
    values = pixels.numpy()
    side = values.shape[-1]
    window = np.hanning(side)[:, None] * np.hanning(side)
    power = (np.abs(np.fft.rfft2((values - values.mean((1, 2), keepdims=True)) * window)) ** 2).sum(0)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    middle = (frequency > 3 / side) & (frequency < 0.35)
    return -np.polyfit(np.log(frequency[middle]), np.log(power[middle]), 1)[0]


@pytest.mark.parametrize("fill", PIXEL_FILLS)
@pytest.mark.parametrize("box", [(5, 9, 30, 28), (0, 0, 12, 40), (17, 13, 18, 14)], ids=["block", "margin", "pixel"])
def test_every_fill_leaves_known_pixels_as_they_are(fill: str, box: tuple[int, int, int, int]) -> None:
    pixels, hole = picture(40, 44), block(40, 44, box)
    found = FILLS[fill].pixels(pixels, hole)
    known = hole[0] == 0
    assert torch.equal(found[:, known], pixels[:, known])
    assert not torch.equal(found, pixels)
    assert found.isfinite().all()


@pytest.mark.parametrize("fill", PIXEL_FILLS)
def test_what_stood_in_the_hole_does_not_show(fill: str) -> None:
    hole = block(40, 44, (5, 9, 30, 28))
    one, other = picture(40, 44), picture(40, 44, seed=1)
    other = torch.where(hole > 0, other, one)
    assert torch.equal(FILLS[fill].pixels(one, hole), FILLS[fill].pixels(other, hole))


@pytest.mark.parametrize("fill", PIXEL_FILLS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 13), (13, 1), (2, 2), (6, 40), (7, 7), (15, 16)])
def test_any_size_and_any_hole_is_filled(fill: str, shape: tuple[int, int]) -> None:
    pixels = picture(*shape)
    one = torch.zeros(1, *shape)
    assert torch.equal(FILLS[fill].pixels(pixels, one), pixels)
    assert FILLS[fill].pixels(pixels, one + 1).isfinite().all()
    one[0, -1, -1] = 1
    for hole in (one, 1 - one):
        found = FILLS[fill].pixels(pixels, hole)
        assert found.shape == pixels.shape
        assert found.isfinite().all()
        assert torch.equal(found * (1 - hole), pixels * (1 - hole))


@pytest.mark.parametrize("fill", ["surroundings", "edge", "mirror", "patch", "statistics"])
def test_a_hole_in_one_colour_takes_that_colour(fill: str) -> None:
    colour = torch.tensor([0.3, -0.7, 0.9])[:, None, None].expand(3, 50, 61)
    hole = block(50, 61, (20, 15, 45, 40))
    torch.testing.assert_close(FILLS[fill].pixels(colour * (1 - hole), hole), colour.clone(), atol=1e-5, rtol=0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), st.floats(0, 1), st.integers(0, 2**31))
def test_the_nearest_pixel_is_the_nearest(height: int, width: int, share: float, seed: int) -> None:
    known = np.random.default_rng(seed).random((height, width)) >= share
    known.flat[seed % known.size] = True
    rows, columns = (each.numpy() for each in nearest(torch.from_numpy(~known).float()[None]))
    assert known[rows, columns].all()
    down, across = np.mgrid[:height, :width]
    expected = ndimage.distance_transform_edt(~known)
    np.testing.assert_allclose(np.hypot(rows - down, columns - across), expected, rtol=1e-12)


def test_an_edge_is_drawn_out_as_pillow_and_numpy_do_it() -> None:
    pixels = picture(20, 30)
    grown = np.pad(pixels.numpy(), ((0, 0), (0, 0), (12, 7)), mode="edge")
    hole = 1 - block(20, 49, (12, 0, 42, 20))
    np.testing.assert_array_equal(edge(torch.from_numpy(grown) * (1 - hole), hole).numpy(), grown)


@pytest.mark.parametrize("sides", [((0, 0), (12, 7)), ((9, 19), (0, 0)), ((5, 6), (7, 8))], ids=str)
def test_a_margin_is_mirrored_as_numpy_does_it(sides: tuple[tuple[int, int], tuple[int, int]]) -> None:
    pixels = picture(20, 30)
    grown = torch.from_numpy(np.pad(pixels.numpy(), ((0, 0), *sides), mode="reflect"))
    (top, _), (left, _) = sides
    hole = 1 - block(*grown.shape[1:], (left, top, left + 30, top + 20))
    assert torch.equal(mirror(grown * (1 - hole), hole), grown)


def test_a_margin_wider_than_the_picture_is_mirrored_twice_and_then_drawn_out() -> None:
    grown = torch.from_numpy(np.pad(picture(6, 5).numpy(), ((0, 0), (0, 0), (13, 0)), mode="reflect"))
    found = mirror(grown, block(6, 18, (0, 0, 13, 6)))
    assert torch.equal(found[..., 5:], grown[..., 5:])
    assert torch.equal(found[..., :5], grown[..., 13:14].expand(3, 6, 5))


@pytest.mark.parametrize("kind", ["upright", "level", "slanting"])
@pytest.mark.parametrize("box", [(18, 20, 44, 46), (0, 0, 24, 64)], ids=["block", "margin"])
def test_stripes_are_continued_from_patches(kind: str, box: tuple[int, int, int, int]) -> None:
    pixels, hole = stripes(kind), block(64, 64, box)
    inside = hole[0] > 0
    found, softer = ((fill(pixels, hole) - pixels)[:, inside].square().mean().sqrt() for fill in (patch, surroundings))
    assert found < softer / 4


def test_patches_take_nothing_but_colours_of_the_picture() -> None:
    """Two flat colours, one of them far from the hole: none between them is made up."""
    pixels = torch.full((3, 48, 48), -0.5)
    pixels[:, :, 24:] = 0.5
    hole = block(48, 48, (14, 14, 34, 34))
    found = patch(pixels, hole)[0, hole[0] > 0]
    torch.testing.assert_close(found.abs(), torch.full_like(found, 0.5), atol=0.02, rtol=0)


def test_patches_of_a_large_picture_are_searched_in_a_smaller_one() -> None:
    pixels = stripes("upright", 320)
    hole = block(320, 320, (130, 120, 210, 190))
    found = patch(pixels, hole)
    assert float((found - pixels)[:, hole[0] > 0].square().mean().sqrt()) < 0.05


def test_a_scratch_in_a_large_picture_is_mended_with_what_is_near() -> None:
    pixels, hole = stripes("upright", 600), torch.zeros(1, 600, 600)
    for row in range(20, 100):
        hole[0, row, row // 2 + 10 : row // 2 + 12] = 1
    torch.testing.assert_close(patch(pixels, hole), pixels, atol=1e-3, rtol=0)


def test_a_fill_is_the_same_each_time() -> None:
    pixels, hole = picture(48, 48), block(48, 48, (10, 10, 38, 38))
    for fill in (patch, statistics):
        state = torch.get_rng_state()
        assert torch.equal(fill(pixels, hole), fill(pixels, hole))
        assert torch.equal(torch.get_rng_state(), state)  # nobody else's noise changes either


@pytest.mark.parametrize(("slope", "least"), [(0.0, 0.9), (1.0, 0.85), (2.0, 0.7), (3.0, 0.5)])
def test_coloured_noise_has_the_spectrum_and_the_spread_of_the_picture(slope: float, least: float) -> None:
    """The steeper the spectrum, the more of the spread is in waves longer than half a picture shows."""
    slopes, ratios = [], []
    for seed in range(3):
        pixels = octaves(256, slope, seed)
        known, found = pixels[..., :128], statistics(pixels, block(256, 256, (128, 0, 256, 256)))[:, 64:192, 128:]
        slopes.append(slope_of(found) - slope_of(known[:, 64:192]))
        ratios.append(float(found.std() / known.std()))
    assert abs(np.mean(slopes)) < 0.5
    assert least < np.mean(ratios) < 1.15


def test_coloured_noise_varies_in_the_colours_of_the_picture() -> None:
    """Where red and green go together in the picture they do so in the noise, and blue stays as apart as it is."""
    pixels = octaves(128, 1.0)
    hole = block(128, 128, (64, 0, 128, 128))
    known, found = (
        np.corrcoef(each.flatten(1).numpy()) for each in (pixels[..., :64], statistics(pixels, hole)[..., 64:])
    )
    np.testing.assert_allclose(found, known, atol=0.15)


def test_coloured_noise_begins_with_what_is_around_it() -> None:
    pixels = stripes("level") * 0.1
    pixels[..., 32:] += 0.8
    hole = block(64, 64, (28, 8, 56, 56))
    found = statistics(pixels, hole)
    assert float(found[:, 20:44, 50:55].mean()) > float(found[:, 20:44, 28:31].mean()) + 0.2

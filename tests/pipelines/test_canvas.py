"""Pixel geometry and masks, against scipy's morphology and plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from pipelines.canvas import fit, grow, to_picture, to_pixels
from pipelines.compositing import paste
from pipelines.infill import neutral, surroundings
from pipelines.masks import feather, grown, to_cells, to_graded_cells, to_weights
from pipelines.requests import Margins


def test_pixels_there_and_back(photo) -> None:
    assert to_picture(to_pixels(photo)).tobytes() == photo.tobytes()
    assert to_pixels(Image.new("RGB", (2, 2), "white")).max() == 1
    assert to_pixels(Image.new("RGB", (2, 2), "black")).min() == -1


def test_fit_draws_out_the_edge(photo) -> None:
    fitted = fit(photo.crop((0, 0, 50, 57)), 8)
    assert fitted.size == (56, 64)
    column = np.asarray(fitted)[:57, 50:]
    np.testing.assert_array_equal(column, np.repeat(np.asarray(photo)[:57, 49:50], 6, axis=1))
    assert fit(photo, 8) is photo


@pytest.mark.parametrize(
    "margins", [Margins(left=10), Margins(top=5, bottom=300), Margins(left=1, top=2, right=3, bottom=4)]
)
def test_grow_holds_the_picture_and_masks_the_rest(photo, margins: Margins) -> None:
    grown, mask = grow(photo, margins)
    box = (margins.left, margins.top, margins.left + 64, margins.top + 64)
    assert grown.crop(box).tobytes() == photo.tobytes()
    assert mask.crop(box).getextrema() == (0, 0)
    assert np.count_nonzero(np.asarray(mask)) == grown.width * grown.height - 64 * 64


def test_new_parts_of_a_transparent_picture_are_opaque(photo) -> None:
    clear = photo.copy()
    clear.putalpha(0)
    alpha = np.asarray(grow(clear, Margins(right=8))[0].getchannel("A"))
    assert (alpha[:, :64] == 0).all()
    assert (alpha[:, 64:] == 255).all()


@pytest.mark.parametrize("width", [0, 1, 2, 7, 16])
def test_feather_is_whole_within_and_nothing_beyond(width: int) -> None:
    mask = np.zeros((60, 60), np.uint8)
    mask[20:35, 25:40] = 255
    soft = np.asarray(feather(Image.fromarray(mask), width))
    assert (soft[mask == 255] == 255).all()
    beyond = ~ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=width) if width else mask == 0
    assert (soft[beyond] == 0).all()
    ring = soft[27, 40 : 40 + width]
    assert (np.diff(ring.astype(int)) <= 0).all()
    if width >= 7:
        assert len(np.unique(ring)) >= width // 2


def test_grey_masks_stay_grey() -> None:
    grey = Image.new("L", (16, 16), 51)
    assert float(to_weights(grey).mean()) == pytest.approx(0.2)
    assert feather(grey, 4).getextrema() == (51, 51)


def test_a_cell_is_touched_by_a_single_pixel() -> None:
    mask = Image.new("L", (32, 24))
    mask.putpixel((17, 9), 1)
    cells = to_cells(to_weights(mask), 8)
    assert cells.shape == (1, 3, 4)
    assert cells.nonzero().tolist() == [[0, 1, 2]]


def test_paste_mixes_by_weight(photo) -> None:
    white = Image.new("RGB", photo.size, "white")
    soft = Image.new("L", photo.size)
    soft.paste(128, (32, 0, 48, 64))
    soft.paste(255, (48, 0, 64, 64))
    result = np.asarray(paste(photo, white, soft)).astype(float)
    old = np.asarray(photo).astype(float)
    np.testing.assert_array_equal(result[:, :32], old[:, :32])
    np.testing.assert_allclose(result[:, 32:48], old[:, 32:48] + 128 / 255 * (255 - old[:, 32:48]), atol=0.51)
    assert (result[:, 48:] == 255).all()


@pytest.mark.parametrize("pixels", [-9, -1, 0, 1, 12])
def test_a_mask_grows_and_shrinks_as_scipy_does_it(pixels: int) -> None:
    mask = np.zeros((50, 60), np.uint8)
    mask[10:35, 20:45] = 255
    mask[30:50, 0:12] = 128
    square = (2 * abs(pixels) + 1,) * 2
    rule = ndimage.grey_dilation if pixels > 0 else ndimage.grey_erosion
    border = {"mode": "constant", "cval": 0 if pixels > 0 else 255}
    expected = rule(mask, size=square, **border) if pixels else mask
    np.testing.assert_array_equal(np.asarray(grown(Image.fromarray(mask), pixels)), expected)


def test_graded_cells_hold_the_brightest_pixel() -> None:
    mask = np.zeros((16, 24), np.float32)
    mask[3, 5], mask[12, 20] = 0.4, 0.9
    cells = to_graded_cells(torch.from_numpy(mask)[None], 8)
    np.testing.assert_allclose(cells[0].numpy(), [[0.4, 0, 0], [0, 0, 0.9]], rtol=1e-6)


def test_surroundings_fill_a_hole_with_what_is_around_it() -> None:
    """Known pixels stay; a hole in one colour takes that colour; one between two colours takes what lies between."""
    down, across = np.mgrid[0:61, 0:75]
    pixels = torch.from_numpy(np.stack([across / 37 - 1, down / 30 - 1, 0 * across]).astype(np.float32))
    hole = torch.zeros(1, 61, 75)
    hole[:, 20:40, 25:50] = 1
    filled = surroundings(pixels, hole)
    assert torch.equal(filled * (1 - hole), pixels * (1 - hole))
    inside = hole[0].bool()
    assert float((filled - pixels)[:, inside].abs().max()) < 0.5  # a ramp across the hole is roughly gone on with
    assert float((filled - pixels)[:, inside].abs().mean()) < 0.15
    one = torch.full((3, 61, 75), 0.3)
    torch.testing.assert_close(surroundings(one * (1 - hole), hole), one)
    assert torch.equal(surroundings(pixels, torch.ones(1, 61, 75)), pixels)  # nothing is known: nothing to take
    assert float(neutral(pixels, hole)[:, inside].abs().max()) == 0

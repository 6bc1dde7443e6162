"""Edges of pictures whose edges are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.edges import edges


def lines(picture: Image.Image) -> np.ndarray:
    found = np.asarray(edges(picture))
    assert found.shape == (*picture.size[::-1], 3) and set(np.unique(found)) <= {0, 255}
    assert (found == found[..., :1]).all()
    return found[..., 0] > 0


def square(inside: int = 255, outside: int = 0) -> Image.Image:
    picture = Image.new("RGB", (64, 48), (outside,) * 3)
    picture.paste((inside,) * 3, (16, 12, 48, 36))
    return picture


@pytest.mark.parametrize(("inside", "outside"), [(255, 0), (0, 255)])
def test_a_square_has_four_thin_lines(inside: int, outside: int) -> None:
    """One pixel wide, beside the place where the tone changes, and nowhere else."""
    found = lines(square(inside, outside))
    middle = found[24]
    assert middle.sum() == 2 and {15, 16} & set(np.flatnonzero(middle)) and {47, 48} & set(np.flatnonzero(middle))
    column = found[:, 32]
    assert column.sum() == 2 and {11, 12} & set(np.flatnonzero(column)) and {35, 36} & set(np.flatnonzero(column))
    assert not found[:10].any() and not found[:, :14].any() and not found[16:32, 20:44].any()


def test_a_slope_and_grain_have_none() -> None:
    across = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    assert not lines(Image.fromarray(across).convert("RGB")).any()
    grain = np.random.default_rng(0).integers(120, 136, (48, 64), np.uint8)
    assert not lines(Image.fromarray(grain).convert("RGB")).any()


def test_a_faint_line_is_kept_where_it_goes_on_from_a_clear_one() -> None:
    """By two thresholds: a line that fades is kept as far as the lower one, a faint line alone is not."""
    fading, even = np.zeros((64, 80)), np.zeros((64, 80))
    fading[:32], even[:32] = np.linspace(120, 56, 80), 56
    found, alone = (lines(Image.fromarray(each.astype(np.uint8)).convert("RGB")) for each in (fading, even))
    assert found[30:34].any(axis=0).all() and not alone.any()


def test_a_circle_is_closed() -> None:
    """Each direction is treated alike: from the middle, every ray meets a line near the radius."""
    picture = Image.new("RGB", (96, 96))
    ImageDraw.Draw(picture).ellipse((18, 18, 78, 78), fill=(255,) * 3)
    found = lines(picture)
    for angle in np.linspace(0, 2 * np.pi, 180, endpoint=False):
        ray = [(48 + r * np.sin(angle), 48 + r * np.cos(angle)) for r in np.linspace(26, 34, 33)]
        assert any(found[round(y), round(x)] for y, x in ray)
    down, across = np.nonzero(found)
    assert np.abs(np.hypot(down - 48, across - 48) - 30).max() < 2.5

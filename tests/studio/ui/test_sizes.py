"""Sizes by their shape, against the buckets that people use with these models."""

from __future__ import annotations

import pytest

from studio.ui.sizes import SHAPES, size_of


@pytest.mark.parametrize(
    ("shape", "native", "size"),
    [
        ((1, 1), 1024, (1024, 1024)),
        ((4, 3), 1024, (1152, 896)),  # as SDXL was trained
        ((16, 9), 1024, (1344, 768)),
        ((9, 16), 1024, (768, 1344)),
        ((3, 2), 512, (640, 448)),
        ((1, 1), 256, (256, 256)),
        ((2, 3), 256, (208, 320)),
        ((16, 9), 64, (80, 64)),  # no side may be smaller
    ],
)
def test_the_size_of_a_shape(shape: tuple[int, int], native: int, size: tuple[int, int]) -> None:
    assert size_of(shape, native) == size


@pytest.mark.parametrize("native", [256, 512, 768, 1024])
@pytest.mark.parametrize("shape", SHAPES)
def test_sizes_have_about_the_shape_and_as_many_pixels(shape: tuple[int, int], native: int) -> None:
    width, height = size_of(shape, native)
    assert width % 16 == height % 16 == 0
    assert abs(width * height / native**2 - 1) < 0.15
    assert abs((width / height) / (shape[0] / shape[1]) - 1) < 0.12

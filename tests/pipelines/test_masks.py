"""Masks from the picture itself and from pictures of other kinds, against pixel-by-pixel arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.errors import InvalidRequest
from pipelines.masks import around, as_mask, feather, from_alpha, from_colour, grown, hardened, inverted, opaque


def noise(mode: str, size: tuple[int, int] = (23, 17), seed: int = 0) -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], bands), dtype=np.uint8)
    return Image.fromarray(pixels[..., 0] if bands == 1 else pixels, mode)


def values(mask: Image.Image) -> np.ndarray:
    assert mask.mode == "L"
    return np.asarray(mask).astype(int)


def test_inverting_twice_changes_nothing() -> None:
    mask = noise("L")
    np.testing.assert_array_equal(values(inverted(mask)), 255 - values(mask))
    assert inverted(inverted(mask)).tobytes() == mask.tobytes()


def test_what_is_transparent_is_repainted() -> None:
    picture = noise("RGBA")
    np.testing.assert_array_equal(values(from_alpha(picture)), 255 - np.asarray(picture)[..., 3].astype(int))
    np.testing.assert_array_equal(np.asarray(opaque(picture)), np.asarray(picture)[..., :3])
    clear = noise("L").convert("P")
    clear.info["transparency"] = clear.getpixel((3, 4))
    expected = np.where(np.asarray(clear) == clear.getpixel((3, 4)), 255, 0)
    np.testing.assert_array_equal(values(from_alpha(clear)), expected)
    with pytest.raises(InvalidRequest, match="no transparency to take a mask from: give it some, or a mask"):
        from_alpha(noise("RGB"))


@pytest.mark.parametrize("tolerance", [0, 1, 40, 254, 255])
def test_a_colour_is_found_by_the_largest_difference_of_its_parts(tolerance: int) -> None:
    picture = noise("RGB", (64, 64))
    picture.putpixel((5, 6), (255, 0, 127))
    apart = np.abs(np.asarray(picture).astype(int) - (255, 0, 127)).max(-1)
    found = values(from_colour(picture, "#ff007f", tolerance))
    np.testing.assert_array_equal(found, np.where(apart <= tolerance, 255, 0))


def test_colours_have_names_and_wrong_ones_get_a_sentence() -> None:
    picture = Image.new("RGB", (9, 8), "magenta")
    assert from_colour(picture, "fuchsia").getextrema() == (255, 255)
    for colour in ("pinkish", "#12", "", "rgb(1,2)"):
        with pytest.raises(InvalidRequest, match=r"Unknown colour .*: write it as #rrggbb"):
            from_colour(picture, colour)
    with pytest.raises(InvalidRequest, match="tolerance must be a whole number from 0 to 255, but is 256"):
        from_colour(picture, "#ff00ff", 256)


def test_pictures_of_every_kind_are_read_as_masks() -> None:
    grey = noise("L")
    assert as_mask(grey).tobytes() == grey.tobytes()
    assert as_mask(grey.convert("RGB")).tobytes() == grey.tobytes()
    bits = grey.convert("1")
    np.testing.assert_array_equal(values(as_mask(bits)), np.where(np.asarray(bits), 255, 0))
    palette = grey.convert("P")
    assert as_mask(palette).tobytes() == palette.convert("L").tobytes()
    deep = Image.fromarray(np.array([[0, 128, 129, 257, 25700, 65535]] * 8, dtype=np.uint16))
    assert values(as_mask(deep))[0].tolist() == [0, 0, 1, 1, 100, 255]
    painted = Image.merge("LA", (Image.new("L", grey.size, 255), grey))  # white, the clearer the more it keeps
    np.testing.assert_allclose(values(as_mask(painted)), values(grey), atol=1)


def test_all_but_black_can_be_made_white() -> None:
    mask = noise("L")
    np.testing.assert_array_equal(values(hardened(mask)), np.where(values(mask) > 0, 255, 0))


@pytest.mark.parametrize("reach", [0, 2, 50])
def test_the_box_around_a_mask_stays_within_the_picture(reach: int) -> None:
    mask = Image.new("L", (40, 30))
    assert around(mask, reach) is None
    mask.paste(9, (10, 11, 14, 18))
    expected = (max(10 - reach, 0), max(11 - reach, 0), min(14 + reach, 40), min(18 + reach, 30))
    assert around(mask, reach) == expected


@pytest.mark.parametrize("place", [(0, 0), (39, 29), (20, 0)])
def test_a_single_pixel_can_be_grown_and_feathered_anywhere(place: tuple[int, int]) -> None:
    mask = Image.new("L", (40, 30))
    mask.putpixel(place, 255)
    down, across = np.mgrid[0:30, 0:40]
    apart = np.maximum(abs(across - place[0]), abs(down - place[1]))
    np.testing.assert_array_equal(values(grown(mask, 3)), np.where(apart <= 3, 255, 0))
    soft = values(feather(mask, 6))
    assert soft[place[1], place[0]] == 255
    assert (soft[apart > 6] == 0).all()
    assert (soft[apart <= 3] > 60).all()
    assert grown(mask, -1).getbbox() is None


def test_a_wide_feather_is_the_mean_over_the_grown_mask() -> None:
    """Against the definition, in exact arithmetic: grown by half the width, averaged as far, at least the mask."""
    mask = noise("L", (60, 50), seed=3).point([0] * 250 + [255] * 6)
    wide = values(grown(mask, 4)).astype(float)
    padded = np.pad(wide, 4, mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, (9, 9)).mean((-1, -2))
    np.testing.assert_allclose(values(feather(mask, 8)), np.maximum(values(mask), mean), atol=1)

"""The pixel lock: whatever the picture, the mask and the settings, what is not masked keeps its bytes.

What may change is found with SciPy's morphology, and what has changed by comparing samples.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from benchmarks.large_picture import Nothing
from pipelines.depth import keep_low_bytes, low_bytes, samples, with_low_bytes
from pipelines.errors import LockBroken
from pipelines.events import Picture
from pipelines.locking import prove
from pipelines.parts import AREAS
from pipelines.pictures import ORIENTATION, picture_key
from pipelines.requests import Inpaint, Margins, Outpaint, Request, Sampling
from pipelines.run import generate

STEP = Sampling(steps=1, guidance=1.0, sampler="euler")
DEEP_COLOUR = "RGB, 16 bits"
DEEP_CLEAR = "RGBA, 16 bits"
MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16", DEEP_COLOUR, DEEP_CLEAR)
BOTH = ndimage.generate_binary_structure(2, 2)


class Painter(Nothing):
    """A model that costs nothing, for small pictures."""

    facts = dataclasses.replace(Nothing.facts, native=64)


def made(request: Request) -> Picture:
    (picture,) = (event for event in generate(Painter(), request) if isinstance(event, Picture))
    return picture


def noise(mode: str, size: tuple[int, int], seed: int) -> Image.Image:
    """Random samples of any mode; a palette has a transparent colour."""
    chance = np.random.default_rng(seed)
    if mode == "I;16":
        return Image.fromarray(chance.integers(0, 65536, size[::-1], dtype=np.uint16))
    if mode in (DEEP_COLOUR, DEEP_CLEAR):
        return with_low_bytes(noise(mode.split(",")[0], size, seed), noise(mode.split(",")[0], size, seed + 1))
    if mode in ("P", "1"):
        picture = noise("RGB", size, seed).convert(mode)
        picture.info |= {"transparency": 3} if mode == "P" else {}
        return picture
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = chance.integers(0, 256, (size[1], size[0], bands), dtype=np.uint8)
    return Image.fromarray(pixels[..., 0] if bands == 1 else pixels, mode)


def shown(picture: Image.Image, like: Image.Image) -> np.ndarray:
    """The samples of a picture in the mode of another, which was made from it."""
    if picture.mode == like.mode and "transparency" not in picture.info:
        return samples(picture)
    return np.asarray(picture.convert(like.mode))


def may_change(mask: Image.Image, grow: int, feather: int) -> np.ndarray:
    """Where a pixel is within reach of the mask, by steps of one pixel."""
    inside = np.asarray(mask) > 0
    if grow < 0:
        inside = ndimage.binary_erosion(inside, BOTH, -grow, border_value=1)
    reach = max(grow, 0) + feather
    return ndimage.binary_dilation(inside, BOTH, reach) if reach else inside


@st.composite
def edits(draw: st.DrawFn) -> dict[str, Any]:
    """A picture from 8 pixels, up to eight times as long as wide, with a mask of one of the kinds people draw."""
    short = draw(st.integers(8, 48))
    size = (short, draw(st.integers(short, min(8 * short, 160))))
    size = size[:: draw(st.sampled_from((1, -1)))]
    mask = Image.new("L", size)
    kind = draw(st.sampled_from(("pixel", "corner", "border", "box", "all", "grey")))
    if kind == "grey":
        mask = noise("L", size, 5).point([0] * 200 + list(range(200, 256)))
    else:
        x, y = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
        boxes = {"pixel": (x, y, x + 1, y + 1), "corner": (0, 0, 1, 1), "border": (0, y, size[0], y + 1)}
        boxes |= {"box": (x // 2, y // 2, x + 1, y + 1), "all": (0, 0, *size)}
        mask.paste(draw(st.sampled_from((255, 90))), boxes[kind])
    image = noise(draw(st.sampled_from(MODES)), size, draw(st.integers(0, 9)))
    own = {"feather": draw(st.integers(0, 20)), "grow": draw(st.integers(0, 6)), "graded": draw(st.booleans())}
    own |= {"area": draw(st.sampled_from(sorted(AREAS))), "strength": draw(st.sampled_from((1.0, 0.4)))}
    return {"image": image, "mask": mask, **own}


@given(edits())
@settings(max_examples=150, deadline=None)
def test_what_is_not_masked_keeps_its_bytes(edit: dict[str, Any]) -> None:
    event = made(Inpaint(**edit, sampling=STEP))
    free = may_change(edit["mask"], edit["grow"], edit["feather"])
    before, after = shown(edit["image"], event.image), samples(event.image)
    np.testing.assert_array_equal(after[~free], before[~free])
    if "A" in event.image.getbands():
        np.testing.assert_array_equal(after[..., -1], before[..., -1])
    assert event.proof is not None
    kept = np.where(free.reshape(free.shape + (1,) * (before.ndim - 2)), 0, before).astype(before.dtype)
    assert event.proof.after == event.proof.before == hashlib.sha256(kept.tobytes()).hexdigest()
    assert event.proof.locked == pytest.approx(1 - free.mean())
    assert event.proof.locked + event.proof.ring + event.proof.repainted == pytest.approx(1)


@given(st.sampled_from(MODES), st.tuples(*[st.integers(0, 40)] * 4), st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_a_wider_canvas_keeps_the_old_picture(mode: str, sides: tuple[int, ...], overlap: int) -> None:
    image, margins = (
        noise(mode, (33, 26), 1),
        Margins(**dict(zip(("left", "top", "right", "bottom"), sides, strict=True))),
    )
    event = made(Outpaint(image=image, margins=margins, overlap=overlap, sampling=STEP))
    left, top, right, bottom = sides
    assert event.image.size == (33 + left + right, 26 + top + bottom)
    inside = [min(side, 1) * overlap for side in (top, left, bottom, right)]
    whole = samples(event.image)[top : top + 26, left : left + 33]
    held = (slice(inside[0], 26 - inside[2]), slice(inside[1], 33 - inside[3]))
    np.testing.assert_array_equal(whole[held], shown(image, event.image)[held])


@pytest.mark.parametrize("mode", ["RGB", "LA", "I;16", DEEP_CLEAR])
def test_after_fifty_edits_in_a_row_what_was_never_masked_is_as_it_was(mode: str) -> None:
    chance = np.random.default_rng(4)
    original = picture = noise(mode, (97, 61), 8)
    touched = np.zeros((61, 97), bool)
    for _ in range(50):
        mask = Image.new("L", picture.size)
        left, top = chance.integers(0, 90), chance.integers(0, 55)
        mask.paste(int(chance.integers(1, 256)), (left, top, left + chance.integers(1, 9), top + chance.integers(1, 9)))
        feather = int(chance.integers(0, 4))
        picture = made(Inpaint(image=picture, mask=mask, feather=feather, sampling=STEP)).image
        touched |= may_change(mask, 0, feather)
    assert 0.1 < touched.mean() < 0.9
    before = samples(original if mode != "LA" else original.convert("RGBA"))
    np.testing.assert_array_equal(samples(picture)[~touched], before[~touched])
    assert (samples(picture)[touched] != before[touched]).any()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_worked_on_as_people_see_it(orientation: int) -> None:
    seen = noise("RGB", (40, 24), 2)
    turns = Image.Transpose
    undo = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE,
        6: turns.ROTATE_90, 7: turns.TRANSVERSE, 8: turns.ROTATE_270,
    }  # fmt: skip
    stored = seen.transpose(undo[orientation]) if orientation in undo else seen.copy()
    stored.getexif()[ORIENTATION] = orientation
    mask = Image.new("L", seen.size)
    mask.paste(255, (30, 2, 38, 9))
    event = made(Inpaint(image=stored, mask=mask, feather=2, sampling=STEP))
    free = may_change(mask, 0, 2)
    np.testing.assert_array_equal(samples(event.image)[~free], samples(seen)[~free])
    assert (samples(event.image)[2:9, 30:38] != samples(seen)[2:9, 30:38]).any()
    assert event.image.getexif().get(ORIENTATION, 1) == 1  # it lies as it is to be seen
    assert Outpaint(image=stored).image.tobytes() == seen.tobytes()


def test_a_picture_that_lost_a_locked_pixel_is_not_handed_out() -> None:
    original, mask = noise(DEEP_COLOUR, (40, 30), 3), Image.new("L", (40, 30))
    mask.paste(255, (10, 10, 20, 20))
    request = Inpaint(image=original, mask=mask, feather=3, sampling=STEP)
    picture = made(request).image
    assert prove(request, picture).locked == pytest.approx(1 - 16 * 16 / 1200)
    assert prove(request, picture).repainted == pytest.approx(100 / 1200)
    for place in ((0, 0), (6, 10), (39, 29), (23, 15)):
        high, low = picture.copy(), with_low_bytes(picture.copy(), low_bytes(picture).copy())
        for changed in (high, low_bytes(low)):
            red, green, blue = changed.getpixel(place)
            changed.putpixel(place, (red ^ 1, green, blue))
        for broken in (high, low):
            with pytest.raises(LockBroken, match="A pixel outside the mask has changed, so the picture is not handed"):
                prove(request, broken)
    with pytest.raises(LockBroken, match="another size"):
        prove(request, picture.crop((0, 0, 39, 30)))


def test_sixteen_bits_are_mixed_as_sixteen_bits() -> None:
    """Grey: half way between old and new in the ring.  Colours: new samples are the eight bits spread over sixteen."""
    original, mask = noise("I;16", (64, 64), 6), Image.new("L", (64, 64), 128)
    painted = samples(made(Inpaint(image=original, mask=mask, feather=0, sampling=STEP)).image).astype(float)
    anew = samples(made(Inpaint(image=original, mask=mask.point([255] * 256), feather=0, sampling=STEP)).image)
    assert (anew % 257 == 0).all()
    expected = samples(original) + 128 / 255 * (anew.astype(float) - samples(original))
    np.testing.assert_allclose(painted, expected, atol=0.51)
    colours = made(Inpaint(image=noise(DEEP_COLOUR, (64, 64), 6), mask=mask, sampling=STEP)).image
    assert (samples(colours) % 257 == 0).all()


def test_low_bytes_are_part_of_what_a_picture_is() -> None:
    one, other = noise(DEEP_COLOUR, (16, 16), 1), noise("RGB", (16, 16), 1)
    assert one.tobytes() == other.tobytes() and picture_key(one) != picture_key(other)
    assert samples(one).dtype == np.uint16 and (samples(one) >> 8 == np.asarray(other)).all()
    assert low_bytes(one.crop((0, 0, 8, 8))) is None  # those of the whole are not those of a part
    assert keep_low_bytes(other, other, Image.new("L", (4, 4), 255), (0, 0)) is other

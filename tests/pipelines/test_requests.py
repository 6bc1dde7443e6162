"""Requests refuse what cannot be done in one sentence, and survive a journey through JSON."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines.engine.guidance import GUIDANCES
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.errors import InvalidRequest
from pipelines.parts import PADDED
from pipelines.pictures import picture_key
from pipelines.requests import (
    MAX_SEED,
    Guiding,
    Inpaint,
    Margins,
    Outpaint,
    Sampling,
    Size,
    TextToImage,
    Tuning,
    Variation,
)
from pipelines.rereading import from_dict

PICTURE = Image.new("RGB", (64, 48), "red")
MASK = Image.new("L", (64, 48), 255)


def clear(picture: Image.Image) -> Image.Image:
    """With the shade 0 made transparent, as PNG files can say."""
    picture.info["transparency"] = 0
    return picture


samplings = st.builds(
    Sampling,
    steps=st.integers(1, 1000),
    guidance=st.floats(1, 100),
    sampler=st.sampled_from(sorted(SAMPLERS)),
    spacing=st.sampled_from(sorted(SPACING_LABELS)),
    seed=st.integers(0, MAX_SEED),
)
tunings = st.builds(Tuning)
guidings = st.builds(
    Guiding,
    method=st.sampled_from(sorted(GUIDANCES)),
    stop=st.floats(0.5, 1),
    end=st.none() | st.floats(1, 100),
    rescale=st.floats(0, 1),
)
variations = st.builds(Variation, seed=st.integers(0, MAX_SEED), strength=st.floats(0, 1))
common = {
    "tuning": tunings,
    "guiding": guidings,
    "variation": variations,
    "clip_skip": st.integers(1, 12),
    "prompt": st.text(max_size=200),
    "negative": st.text(max_size=50),
    "count": st.integers(1, 64),
    "sampling": samplings,
}
sizes = st.builds(Size, width=st.integers(64, 4096), height=st.integers(64, 4096))
margins = st.builds(Margins, left=st.integers(0, 900), top=st.integers(0, 900))
requests = st.one_of(
    st.builds(TextToImage, **common, size=sizes),
    st.builds(Inpaint, **common, image=st.just(PICTURE), mask=st.just(MASK), strength=st.floats(0, 1)),
    st.builds(
        Inpaint,
        **common,
        image=st.just(PICTURE),
        mask=st.just(MASK),
        area=st.sampled_from(PADDED),
        padding=st.none() | st.integers(0, 1024),
    ),
    st.builds(Outpaint, **common, image=st.just(PICTURE), margins=margins),
)


@given(requests)
def test_json_and_back_is_the_same_request(request) -> None:
    kept = request.pictures()
    again = from_dict(json.loads(request.to_json()), kept.__getitem__)
    assert again == request
    assert again.to_json() == request.to_json()
    assert again.key == request.key


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Sampling(steps=0), "steps must be a whole number from 1 to 1000, but is 0"),
        (lambda: Sampling(steps=2.5), "steps must be a whole number"),
        (lambda: Sampling(steps=True), "steps must be a whole number"),
        (lambda: Sampling(guidance=0.5), "guidance must be a number from 1 to 100, but is 0.5"),
        (lambda: Sampling(guidance=float("nan")), "guidance must be a number"),
        (lambda: Sampling(sampler="eulr"), "Unknown sampler 'eulr': choose one of euler, euler_a"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, fill="blue"), "Unknown fill 'blue': choose one of original"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, grow=300), "grow must be a whole number from -256 to 256"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, graded=1), "graded must be true or false, but is 1"),
        (lambda: Sampling(noise="gpu"), "Unknown noise source 'gpu': choose one of cpu, device"),
        (lambda: TextToImage(clip_skip=0), "clip skip must be a whole number from 1 to 12, but is 0"),
        (lambda: Tuning(eta=1.5), "eta must be a number from 0 to 1, but is 1.5"),
        (lambda: Tuning(sigma_min=3, sigma_max=2), "sigma_min must be below sigma_max, but is 3 beside 2"),
        (lambda: TextToImage(tuning=Tuning(eta=0.5)), "DPM++ 2M has no use for eta: leave it out, or choose Euler a"),
        (
            lambda: TextToImage(tuning=Tuning(rho=5), sampling=Sampling(spacing="uniform")),
            "Uniform has no use for rho: leave it out, or choose Karras, Polyexponential",
        ),
        (lambda: Guiding(method="pag"), "Unknown guidance method 'pag': choose one of cfg, apg, cfg_zero"),
        (lambda: Guiding(start=0.8, stop=0.2), "Guidance must start before it stops, but is set from 0.8 to 0.2"),
        (lambda: Guiding(scales=(5.0,)), "guidance scales must be two numbers or more, but is (5.0,)"),
        (lambda: Guiding(scales=(5.0, 0.0)), "each of the guidance scales must be a number from 1 to 100, but is 0.0"),
        (lambda: Guiding(scales=(5.0, 2.0), end=1.0), "leave guidance end out"),
        (lambda: Guiding(end=0.0), "guidance end must be a number from 1 to 100, but is 0.0"),
        (lambda: Variation(strength=2), "variation strength must be a number from 0 to 1, but is 2"),
        (lambda: Variation(width=64), "needs both a width and a height, or none"),
        (lambda: Sampling(spacing="wide"), "Unknown spacing 'wide': choose one of automatic, uniform, karras"),
        (lambda: Sampling(seed=-1), "seed must be a whole number from 0 to 4294967295, but is -1"),
        (lambda: Sampling(seed=2**32), "seed must be"),
        (lambda: Size(width=63), "width must be a whole number from 64 to 4096, but is 63"),
        (lambda: Size(height=100_000), "height must be"),
        (lambda: Margins(left=-8), "The left margin must be a whole number from 0 to 4096, but is -8"),
        (lambda: TextToImage(prompt="x" * 10_000), "The prompt has 10,000 characters; shorten it to 4,000"),
        (lambda: TextToImage(prompt="sea \ud800"), "The prompt has half a character in it"),
        (lambda: TextToImage(prompt=None), "The prompt must be text"),
        (lambda: Sampling(guidance=10**400), "guidance must be a number"),
        (lambda: Sampling(sampler=[]), "Unknown sampler []"),
        (lambda: TextToImage(size=None), "The size must be a Size, but is None"),
        (lambda: TextToImage(sampling={}), "The sampling must be a Sampling, but is {}"),
        (lambda: from_dict({"task": []}), "one of the tasks"),
        (lambda: Outpaint(image=Image.new("F", (64, 64))), "The picture is of mode F, which would lose its values"),
        (lambda: Outpaint(image=Image.new("I", (64, 64))), "The picture is of mode I, which would lose its values"),
        (lambda: Outpaint(image=clear(Image.new("I;16", (64, 64)))), "The picture has 16 bits and one shade of clear"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, area="face"), "Unknown area 'face': choose one of automatic, whole"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, area="masked", padding=-1), "padding must be a whole number from 0"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, padding=8), "The area 'automatic' has no padding: leave it out, or"),
        (lambda: TextToImage(count=0), "count must be"),
        (lambda: Inpaint(image=PICTURE, mask=Image.new("L", (9, 9))), "as large as the picture, 64x48, but is 9x9"),
        (lambda: Inpaint(image=PICTURE, mask=PICTURE), "The mask must be grey"),
        (lambda: Inpaint(image="photo.png", mask=MASK), "The picture must be a PIL image, but is str"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, strength=1.5), "strength must be a number from 0 to 1"),
        (lambda: Inpaint(image=PICTURE, mask=MASK, feather=-1), "feather must be"),
        (lambda: Outpaint(image=PICTURE, margins=Margins(right=4090)), "would be 4154x48; sides may be at most 4096"),
        (lambda: Outpaint(image=Image.new("RGB", (5000, 8))), "The picture is 5000x8, but sides must be 8 to 4096"),
        (lambda: from_dict({"task": "dance"}), "one of the tasks text_to_image, image_to_image, inpaint, outpaint"),
        (lambda: from_dict({"task": "text_to_image", "colour": "red"}), "text_to_image has no setting 'colour'"),
        (lambda: from_dict({"task": "inpaint", "prompt": "x"}), "The inpaint request lacks its image and mask"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(make, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        make()
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_requests_that_change_nothing_say_why() -> None:
    assert TextToImage().idle is None
    assert Inpaint(image=PICTURE, mask=MASK).idle is None
    assert "mask is empty" in Inpaint(image=PICTURE, mask=Image.new("L", (64, 48))).idle
    assert "strength is 0" in Inpaint(image=PICTURE, mask=MASK, strength=0.0).idle
    assert "margins are 0" in Outpaint(image=PICTURE).idle


def test_seeds_of_a_batch_wrap_around() -> None:
    request = TextToImage(count=3, sampling=Sampling(seed=MAX_SEED))
    assert [request.alone(index).sampling.seed for index in range(3)] == [MAX_SEED, 0, 1]
    assert request.alone(2).count == 1


def test_pictures_are_known_by_their_pixels() -> None:
    assert picture_key(PICTURE) == picture_key(PICTURE.copy())
    assert len({picture_key(p) for p in (PICTURE, PICTURE.resize((48, 64)), PICTURE.convert("RGBA"), MASK)}) == 4


def test_requests_need_neither_torch_nor_pillow() -> None:
    code = "import sys, pipelines.requests; print({'torch', 'PIL', 'numpy', 'diffusers'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_equal_requests_are_one_text() -> None:
    assert Sampling(guidance=7) == Sampling(guidance=7.0)
    assert TextToImage(sampling=Sampling(guidance=7)).key == TextToImage(sampling=Sampling(guidance=7.0)).key


def test_the_palette_counts() -> None:
    red, blue = (Image.new("RGB", (8, 8), colour).quantize(2) for colour in ("red", "blue"))
    assert red.tobytes() == blue.tobytes()
    assert picture_key(red) != picture_key(blue)

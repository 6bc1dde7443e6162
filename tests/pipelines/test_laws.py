"""The laws of the design: what a person may rely on, whatever the settings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from pipelines.canvas import to_picture
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import FlowPath
from pipelines.errors import InvalidRequest
from pipelines.events import Picture, Step
from pipelines.infill import FILLS
from pipelines.requests import (
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
from pipelines.run import generate


def pictures(family, request, **options) -> list[Image.Image]:
    events = [event for event in generate(family, request, **options) if isinstance(event, Picture)]
    return [event.image for event in sorted(events, key=lambda event: event.index)]


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.mode == other.mode and one.size == other.size and one.tobytes() == other.tobytes()


def settings(**options) -> Sampling:
    return Sampling(**{"steps": 4, "guidance": 3.0, "seed": 11, **options})


KINDS = ("sd", "sdxl", "sd3", "flux", "zimage", "qwen", "flux2", "chroma", "pixart", "sana")
GIVEN_THE_MASK = (("sd", {"inpainting": True}), ("sdxl", {"inpainting": True}), ("flux", {"fill": True}))
EVERYWHERE = ("euler", "euler_a", "dpmpp_2m")
SAMPLED = [("sd", name) for name in SAMPLERS] + [(kind, name) for kind in KINDS[1:] for name in EVERYWHERE]


@pytest.fixture(params=KINDS)
def family(models, request):
    """One of each family."""
    return models(request.param).family


@pytest.fixture
def diffusion(models):
    """One that is guided and predicts noise."""
    return models().family


@pytest.mark.parametrize(("kind", "options"), [*((kind, {}) for kind in KINDS), *GIVEN_THE_MASK])
def test_an_empty_mask_gives_the_input_back(models, photo, kind: str, options) -> None:
    request = Inpaint(prompt="a boat", image=photo, mask=Image.new("L", photo.size), sampling=settings())
    assert same(pictures(models(kind, **options).family, request)[0], photo)


@pytest.mark.parametrize(("kind", "options"), GIVEN_THE_MASK)
def test_networks_that_are_given_the_mask_keep_what_it_does_not_cover(models, photo, mask, kind: str, options) -> None:
    """And they make pictures and wider ones too."""
    family = models(kind, **options).family
    made = pictures(family, TextToImage(prompt="a boat", size=Size(width=64, height=80), sampling=settings()))[0]
    assert made.size == (64, 80) and np.asarray(made).std() > 1
    base = {"prompt": "a boat", "image": photo, "sampling": settings()}
    painted = np.asarray(pictures(family, Inpaint(**base, mask=mask, feather=0))[0]) != np.asarray(photo)
    assert painted[24:56, 16:48].any(-1).mean() > 0.5
    assert painted.sum() == painted[24:56, 16:48].sum()
    wider = pictures(family, Outpaint(**base, margins=Margins(left=24), overlap=0))[0]
    assert wider.size == (88, 64)
    assert same(wider.crop((24, 0, 88, 64)), photo)


def test_strength_0_gives_the_input_back(family, photo, mask) -> None:
    request = Inpaint(prompt="a boat", image=photo, mask=mask, strength=0.0, sampling=settings())
    assert same(pictures(family, request)[0], photo)


def test_outpainting_by_nothing_gives_the_input_back(family, photo) -> None:
    assert same(pictures(family, Outpaint(prompt="a boat", image=photo, sampling=settings()))[0], photo)


@pytest.mark.parametrize(("kind", "sampler"), SAMPLED)
def test_a_full_mask_gives_the_text_to_image_result(models, photo, kind: str, sampler: str) -> None:
    family = models(kind).family
    whole = Image.new("L", photo.size, 255)
    sampling = settings(sampler=sampler)
    painted = pictures(family, Inpaint(prompt="a boat", image=photo, mask=whole, sampling=sampling))[0]
    made = pictures(family, TextToImage(prompt="a boat", size=Size(width=64, height=64), sampling=sampling))[0]
    assert same(painted, made)


@pytest.mark.parametrize(
    ("kind", "size", "feather"),
    [
        *(("sd", size, feather) for size in ((64, 64), (83, 61)) for feather in (0, 1, 8, 15)),
        *((kind, (83, 61), 8) for kind in KINDS[1:]),
    ],
)
def test_outside_mask_and_feather_every_byte_stays_after_many_edits(models, kind: str, size, feather: int) -> None:
    family = models(kind).family
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    original = picture = Image.fromarray(pixels)
    mask = Image.new("L", size)
    mask.paste(255, (20, 18, 41, 37))
    for seed in range(3):
        picture = pictures(
            family, Inpaint(prompt="a hill", image=picture, mask=mask, feather=feather, sampling=settings(seed=seed))
        )[0]
    changed = np.argwhere((np.asarray(picture) != np.asarray(original)).any(-1))
    assert changed.min(0)[0] >= 18 - feather
    assert changed.max(0)[0] < 37 + feather
    assert changed.min(0)[1] >= 20 - feather
    assert changed.max(0)[1] < 41 + feather
    assert (np.asarray(picture)[18:37, 20:41] != np.asarray(original)[18:37, 20:41]).any()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA", "CMYK", "1"])
def test_every_kind_of_picture_keeps_its_pixels_and_transparency(diffusion, photo, mask, mode: str) -> None:
    original = photo.convert(mode)
    if "A" in mode:
        original.putalpha(Image.linear_gradient("L").resize(photo.size))
    result = pictures(diffusion, Inpaint(prompt="a hill", image=original, mask=mask, feather=4, sampling=settings()))[0]
    outside = (slice(0, 12), slice(None))
    after, before = (np.asarray(picture.convert("RGB")) for picture in (result, original))
    np.testing.assert_array_equal(after[outside], before[outside])
    assert ("A" in result.getbands()) == ("A" in mode)
    if "A" in mode:
        assert result.getchannel("A").tobytes() == original.getchannel("A").tobytes()


def test_what_says_how_a_picture_is_shown_is_kept(diffusion, photo, mask) -> None:
    """Its colour profile, its resolution, and the transparency of a palette."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    clear = photo.convert("P")
    clear.info |= {"transparency": clear.getpixel((0, 0)), "icc_profile": profile, "dpi": (300, 300)}
    result = pictures(diffusion, Inpaint(prompt="a hill", image=clear, mask=mask, sampling=settings()))[0]
    assert (result.info["icc_profile"], result.info["dpi"]) == (profile, (300, 300))
    assert result.getchannel("A").tobytes() == clear.convert("RGBA").getchannel("A").tobytes()
    wider = pictures(diffusion, Outpaint(image=clear, margins=Margins(left=8), sampling=settings()))[0]
    assert wider.info["icc_profile"] == profile


@pytest.mark.parametrize("width", [0, 8])
def test_the_feather_and_the_overlap_blend_a_ring_as_wide_as_they_say(family, photo, mask, width: int) -> None:
    after = pictures(family, Inpaint(prompt="a hill", image=photo, mask=mask, feather=width, sampling=settings()))[0]
    changed = (np.asarray(after) != np.asarray(photo)).any(-1)
    assert changed[24:56, 12:16].mean() == pytest.approx(1.0 if width else 0.0, abs=0.2)
    margins = Margins(left=16)
    wider = pictures(family, Outpaint(image=photo, margins=margins, overlap=width, sampling=settings()))[0]
    changed = (np.asarray(wider)[:, 16:] != np.asarray(photo)).any(-1)
    assert changed[:, :4].mean() == pytest.approx(1.0 if width else 0.0, abs=0.2)


def test_a_preview_shows_what_the_picture_becomes(family, photo, mask) -> None:
    """Guided, with all sides of an AND, and with what is kept: the last preview is that of the finished latents."""
    prompt = "a red house AND sea :0.5"
    for request in (
        TextToImage(prompt=prompt, size=Size(width=64, height=64), sampling=settings()),
        Inpaint(prompt=prompt, image=photo, mask=mask, sampling=settings()),
    ):
        finished = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(family), "decode", lambda self, x: finished.append(x) or torch.zeros(3, 64, 64))  # noqa: B023
            events = list(generate(family, request))
        preview = [event for event in events if isinstance(event, Step)][-1].preview()
        assert same(preview, to_picture(family.preview(finished[0])))


def test_a_wider_canvas_holds_the_old_picture(family, photo) -> None:
    margins = Margins(left=24, top=8, right=13, bottom=0)
    wider = pictures(family, Outpaint(prompt="sea", image=photo, margins=margins, overlap=6, sampling=settings()))[0]
    assert wider.size == (64 + 37, 64 + 8)
    held = np.asarray(wider.crop((24 + 6, 8 + 6, 24 + 64 - 6, 8 + 64)))
    np.testing.assert_array_equal(held, np.asarray(photo.crop((6, 6, 58, 64))))
    assert np.asarray(wider.crop((0, 0, 24, 72))).std() > 1


@pytest.mark.parametrize(("kind", "sampler"), SAMPLED)
def test_picture_k_of_a_batch_is_picture_k_alone(models, kind: str, sampler: str) -> None:
    family = models(kind).family
    request = TextToImage(
        prompt="a red tree", size=Size(width=64, height=64), count=3, sampling=settings(sampler=sampler)
    )
    together = pictures(family, request)  # on the CPU
    for index in range(3):
        assert same(together[index], pictures(family, request.alone(index))[0])
    rough = pictures(family, request, exact=False)
    assert max(int(np.abs(np.int16(a) - np.int16(b)).max()) for a, b in zip(rough, together, strict=True)) <= 1
    assert not same(together[0], together[1])


def test_the_same_request_makes_the_same_picture(family, photo, mask) -> None:
    request = Inpaint(prompt="a red tree", image=photo, mask=mask, sampling=settings(sampler="euler_a"))
    assert same(pictures(family, request)[0], pictures(family, request)[0])


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_cancelled_run_leaves_no_trace(family, monkeypatch, after: int) -> None:
    request = TextToImage(prompt="sea", size=Size(width=64, height=64), count=2, sampling=settings(sampler="dpmpp_2m"))
    fresh = pictures(family, request)
    decoded = []
    with monkeypatch.context() as patch:
        patch.setattr(type(family), "decode", lambda self, latents: decoded.append(latents))
        events = generate(family, request)
        for _ in range(after):
            assert isinstance(next(events), Step)
        events.close()
    assert not decoded
    assert all(map(same, pictures(family, request), fresh))


def test_steps_are_counted_to_the_end_and_previews_are_small(family) -> None:
    request = TextToImage(prompt="sea", size=Size(width=64, height=80), sampling=settings(sampler="heun"))
    steps = [event for event in generate(family, request) if isinstance(event, Step)]
    counts = [event.step for event in steps]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1], steps[0].steps) == (1, 4, 4)
    assert steps[-1].preview().size == (64 // family.facts.downscale, 80 // family.facts.downscale)


def test_settings_are_not_silently_ignored(diffusion) -> None:
    """Each of these changes the picture."""
    base = {"prompt": "a red tree", "size": Size(width=64, height=64)}
    first = pictures(diffusion, TextToImage(**base, sampling=settings()))[0]
    others = [
        TextToImage(**base | {"prompt": "a blue boat"}, sampling=settings()),
        TextToImage(**base, negative="boat", sampling=settings()),
        *(
            TextToImage(**base, sampling=settings(**change))
            for change in ({"steps": 5}, {"guidance": 1.0}, {"seed": 12}, {"spacing": "normal"}, {"sampler": "euler"})
        ),
        TextToImage(**base, sampling=settings(), clip_skip=2),
        TextToImage(**base, sampling=settings(), tuning=Tuning(sigma_max=3.0)),
        TextToImage(**base, sampling=settings(), tuning=Tuning(rho=3.0)),
        *(
            TextToImage(**base, sampling=settings(), guiding=Guiding(**change))
            for change in ({"method": "apg"}, {"method": "cfg_zero"}, {"start": 0.5}, {"stop": 0.5}, {"rescale": 0.7})
        ),
        TextToImage(**base, sampling=settings(), guiding=Guiding(end=1.0)),
        TextToImage(**base, sampling=settings(), variation=Variation(seed=3, strength=0.2)),
        TextToImage(**base, sampling=settings(), variation=Variation(width=128, height=128)),
    ]
    for other in others:
        assert not same(pictures(diffusion, other)[0], first), other


def test_settings_that_all_families_have_are_not_silently_ignored(family) -> None:
    base = {"prompt": "a red tree", "size": Size(width=64, height=64)}
    first = pictures(family, TextToImage(**base, sampling=settings()))[0]
    flow = isinstance(family.path, FlowPath)
    others = [
        TextToImage(**base | {"prompt": "a blue boat"}, sampling=settings()),
        *(
            [TextToImage(**base | {"prompt": "a (red:1.5) tree"}, sampling=settings())]
            if family.facts.weighs_words
            else []
        ),
        *(
            TextToImage(**base, sampling=settings(**change))
            for change in ({"steps": 5}, {"guidance": 1.0}, {"seed": 12}, {"spacing": "beta"}, {"sampler": "euler"})
        ),
        TextToImage(**base, sampling=settings(), variation=Variation(seed=3, strength=0.2)),
        *([TextToImage(**base, sampling=settings(), tuning=Tuning(shift=6.0))] if flow else []),
        *([] if family.facts.embeds_guidance else [TextToImage(**base, negative="boat", sampling=settings())]),
        *([TextToImage(**base, clip_skip=2, sampling=settings())] if hasattr(family, "text_encoder_3") else []),
    ]
    for other in others:
        assert not same(pictures(family, other)[0], first), other


@pytest.mark.parametrize(
    ("sampler", "change"),
    [(name, knob) for name, row in SAMPLERS.items() for knob in row.knobs if knob not in ("s_tmin", "s_tmax")],
)
def test_what_is_turned_on_a_sampler_is_not_silently_ignored(diffusion, sampler: str, change: str) -> None:
    base = {"prompt": "a red tree", "size": Size(width=64, height=64), "sampling": settings(sampler=sampler)}
    noisy = {} if "eta" not in SAMPLERS[sampler].knobs or change == "eta" else {"eta": 0.7}
    churned = {"s_churn": 4.0} if change == "s_noise" and "s_churn" in SAMPLERS[sampler].knobs else {}
    first = pictures(diffusion, TextToImage(**base, tuning=Tuning(**noisy, **churned)))[0]
    value = {"eta": 0.6, "s_churn": 2.0, "s_noise": 0.8}[change]
    other = pictures(diffusion, TextToImage(**base, tuning=Tuning(**{**noisy, **churned, change: value})))[0]
    assert not same(first, other)


@pytest.mark.parametrize("kind", [Inpaint, Outpaint])
@pytest.mark.parametrize(
    "change",
    [
        {"clip_skip": 2},
        {"tuning": Tuning(rho=3.0)},
        {"guiding": Guiding(method="apg")},
        {"guiding": Guiding(rescale=0.7)},
        {"variation": Variation(seed=3, strength=0.3)},
    ],
    ids=str,
)
def test_every_task_heeds_what_all_share(diffusion, photo, mask, kind, change) -> None:
    own = {"mask": mask} if kind is Inpaint else {"margins": Margins(right=32)}
    base = {"prompt": "a hill", "image": photo, "sampling": settings(), **own}
    assert not same(pictures(diffusion, kind(**base, **change))[0], pictures(diffusion, kind(**base))[0])


def test_settings_of_the_mask_are_not_silently_ignored(diffusion, photo, mask) -> None:
    base = {"prompt": "a hill", "image": photo, "mask": mask, "sampling": settings()}
    first = pictures(diffusion, Inpaint(**base))[0]
    for change in ({"strength": 0.5}, {"feather": 0}, {"negative": "boat"}, {"grow": 5}, {"grow": -5}):
        assert not same(pictures(diffusion, Inpaint(**base | change))[0], first), change


def test_what_stands_under_the_mask_matters_below_full_strength(diffusion, photo, mask) -> None:
    base = {"prompt": "a hill", "image": photo, "mask": mask, "sampling": settings(), "strength": 0.6}
    made = {fill: pictures(diffusion, Inpaint(**base, fill=fill))[0].tobytes() for fill in FILLS}
    assert len(set(made.values())) == len(FILLS)


def test_a_graded_mask_changes_the_more_the_brighter_it_is(diffusion, photo) -> None:
    base, made = {"prompt": "a hill", "image": photo, "sampling": settings(steps=8)}, []
    for grey in (20, 100, 180, 255):  # in 8 steps the first of them never gets its turn
        request = Inpaint(**base, mask=Image.new("L", photo.size, grey), graded=True)
        made.append(np.asarray(pictures(diffusion, request)[0], int))
    changes = [np.abs(each - made[0]).mean() for each in made[1:]]
    assert 0 < changes[0] < changes[1] < changes[2]
    plain = Inpaint(**base, mask=Image.new("L", photo.size, 255))
    assert (np.asarray(pictures(diffusion, plain)[0], int) == made[-1]).all()  # white is white, graded or not


def test_a_model_that_is_given_the_mask_refuses_to_grade_it(models, photo, mask) -> None:
    request = Inpaint(prompt="a hill", image=photo, mask=mask, sampling=settings(), graded=True)
    with pytest.raises(InvalidRequest, match="cannot grade it: leave graded out"):
        pictures(models(inpainting=True).family, request)


def test_a_mask_shrunk_to_nothing_is_refused(family, photo, mask) -> None:
    request = Inpaint(prompt="a hill", image=photo, mask=mask, sampling=settings(), grow=-40)
    with pytest.raises(InvalidRequest, match="Nothing of the mask is left after shrinking it by 40: shrink it less"):
        pictures(family, request)


def test_words_beyond_the_first_75_tokens_count(family) -> None:
    long = "a red house on the left " * 20
    base = {"size": Size(width=64, height=64), "sampling": settings()}
    one = pictures(family, TextToImage(prompt=long + "boat", **base))[0]
    other = pictures(family, TextToImage(prompt=long + "tree", **base))[0]
    assert not same(one, other)


def test_what_a_model_has_no_use_for_is_refused(diffusion) -> None:
    base = {"prompt": "a hill", "size": Size(width=64, height=64)}
    with pytest.raises(InvalidRequest, match="no use for shift: only models that match flows have a shift"):
        pictures(diffusion, TextToImage(**base, tuning=Tuning(shift=3.0)))
    with pytest.raises(InvalidRequest, match=r"DPM\+\+ 3M SDE would overshoot .* Normal spacing: choose Karras"):
        pictures(diffusion, TextToImage(**base, sampling=Sampling(steps=20, sampler="dpmpp_3m_sde", spacing="normal")))
    with pytest.raises(InvalidRequest, match="text encoder has 2 layers, so clip skip can be 1 to 2"):
        pictures(diffusion, TextToImage(**base, clip_skip=3))

"""Painting over, again and larger: beside the diffusers pipelines, with the same parts."""

from __future__ import annotations

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image, ImageOps

from pipelines import image_to_image, text_to_image
from pipelines.errors import InvalidRequest
from pipelines.events import Picture, Step
from pipelines.parts import SEEDS_APART
from pipelines.requests import Hires, ImageToImage, Sampling, Size, TextToImage, Variation
from pipelines.resizing import RESIZES
from pipelines.run import generate

PROMPT, SEED = "a red house on the left", 7


@pytest.fixture
def pair(models, monkeypatch):
    """Our family, and diffusers' image-to-image pipeline of the same parts, taking the likeliest latents too."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    family, oracle = models()
    parts = {**oracle.components, "safety_checker": None}
    painter = diffusers.StableDiffusionImg2ImgPipeline(**parts, requires_safety_checker=False)
    painter.set_progress_bar_config(disable=True)
    return family, oracle, painter


def sampling(**options) -> Sampling:
    return Sampling(**{"steps": 10, "guidance": 4.0, "sampler": "euler", "spacing": "uniform", "seed": SEED, **options})


def picture_of(family, request) -> Image.Image:
    (picture,) = (event.image for event in generate(family, request) if isinstance(event, Picture))
    return picture


def painted(painter, image, strength: float, steps: int, seed: int) -> Image.Image:
    """What diffusers makes of it."""
    return painter(
        PROMPT,
        image=image,
        strength=strength,
        num_inference_steps=steps,
        guidance_scale=4.0,
        generator=torch.Generator().manual_seed(seed),
    ).images[0]


def assert_same(ours: Image.Image, theirs: Image.Image) -> None:
    apart = np.abs(np.asarray(ours, int) - np.asarray(theirs, int))
    assert apart.max() <= 1  # of 255: rounding


@pytest.mark.parametrize("strength", [0.3, 0.6, 0.95])
def test_a_share_of_the_steps_as_diffusers_counts(pair, photo, strength: float) -> None:
    family, _, painter = pair
    request = ImageToImage(prompt=PROMPT, image=photo, strength=strength, sampling=sampling())
    events = list(generate(family, request))
    assert sum(isinstance(event, Step) for event in events) == int(10 * strength)
    assert_same(events[-1].image, painted(painter, photo, strength, 10, SEED))


@pytest.mark.parametrize(("strength", "steps"), [(0.5, 6), (0.8, 4)])
def test_all_steps_from_the_level_of_the_strength(pair, photo, strength: float, steps: int) -> None:
    """That is what diffusers does when it is asked for as many more steps as the strength leaves out."""
    family, _, painter = pair
    request = ImageToImage(
        prompt=PROMPT, image=photo, strength=strength, full_steps=True, sampling=sampling(steps=steps)
    )
    events = list(generate(family, request))
    assert [event.step for event in events if isinstance(event, Step)] == list(range(1, steps + 1))
    assert_same(events[-1].image, painted(painter, photo, strength, round(steps / strength), SEED))


@pytest.mark.parametrize("strength", [0.07, 0.35, 0.5, 0.99])
def test_all_steps_begin_where_the_strength_says(models, photo, strength: float) -> None:
    request = ImageToImage(image=photo, strength=strength, full_steps=True, sampling=sampling(steps=20))
    (trajectory,) = image_to_image.plan(models(timestep_spacing="trailing").family, request)
    assert trajectory.steps == 20
    assert trajectory.walk.schedule.levels[0].timestep == pytest.approx(1000 * strength, rel=0.03)


def test_more_steps_than_the_model_has_levels_are_refused(models, photo) -> None:
    request = ImageToImage(image=photo, strength=0.01, full_steps=True, sampling=sampling(steps=20))
    with pytest.raises(InvalidRequest, match="cannot make 2000 steps: use fewer"):
        image_to_image.plan(models().family, request)


def test_loops_paint_over_what_came_of_the_last_one(pair, photo) -> None:
    family, _, painter = pair
    request = ImageToImage(prompt=PROMPT, image=photo, strength=0.5, loops=3, sampling=sampling(steps=6))
    events = list(generate(family, request))
    assert [(event.step, event.steps) for event in events[:-1]] == [(step, 9) for step in range(1, 10)]
    expected = photo
    for number in range(3):
        expected = painted(painter, expected, 0.5, 6, (SEED + number * SEEDS_APART) % 2**32)
    apart = np.abs(np.asarray(events[-1].image, int) - np.asarray(expected, int))
    assert np.quantile(apart, 0.99) <= 2  # roundings of three pictures


def test_hires_paints_over_the_enlarged_picture(pair) -> None:
    family, oracle, painter = pair
    request = TextToImage(
        prompt=PROMPT,
        size=Size(width=64, height=64),
        sampling=sampling(),
        hires=Hires(scale=1.6, strength=0.5, steps=5),
    )
    ours = picture_of(family, request)
    first = oracle(
        PROMPT,
        num_inference_steps=10,
        guidance_scale=4.0,
        width=64,
        height=64,
        generator=torch.Generator().manual_seed(SEED),
    ).images[0]
    larger = first.resize((104, 104), Image.Resampling.LANCZOS)  # 64 · 1.6 = 102.4, and 104 is a multiple of 8
    theirs = painted(painter, larger, 0.5, 10, (SEED + SEEDS_APART) % 2**32)
    assert ours.size == (104, 104)
    assert np.quantile(np.abs(np.asarray(ours, int) - np.asarray(theirs, int)), 0.99) <= 2


def test_hires_may_enlarge_the_latents_and_have_a_sampler_and_a_prompt_of_its_own(pair) -> None:
    family, oracle, painter = pair
    hires = Hires(scale=2, strength=0.5, steps=4, upscale="latents", sampler="euler", prompt="a blue boat")
    request = TextToImage(prompt=PROMPT, size=Size(width=64, height=64), sampling=sampling(sampler="heun"), hires=hires)
    ours = picture_of(family, request)
    scheduler = diffusers.HeunDiscreteScheduler.from_config(oracle.scheduler.config)
    first = diffusers.StableDiffusionPipeline(
        **{**oracle.components, "scheduler": scheduler}, requires_safety_checker=False
    )
    first.set_progress_bar_config(disable=True)
    small = first(
        PROMPT,
        num_inference_steps=10,
        guidance_scale=4.0,
        width=64,
        height=64,
        generator=torch.Generator().manual_seed(SEED),
        output_type="latent",
    ).images
    large = torch.nn.functional.interpolate(small, scale_factor=2, mode="bicubic")
    theirs = painter(
        "a blue boat",
        image=large,
        strength=0.5,
        num_inference_steps=8,
        guidance_scale=4.0,
        generator=torch.Generator().manual_seed((SEED + SEEDS_APART) % 2**32),
    ).images[0]
    assert ours.size == (128, 128)
    assert_same(ours, theirs)


def test_steps_are_counted_over_both_walks_and_nothing_is_decoded_on_the_way_but_once(models) -> None:
    request = TextToImage(
        prompt=PROMPT, size=Size(width=64, height=64), sampling=sampling(steps=4), hires=Hires(scale=2, steps=3)
    )
    events = list(generate(models().family, request))
    assert [(event.step, event.steps) for event in events if isinstance(event, Step)] == [
        (step, 7) for step in range(1, 8)
    ]
    assert isinstance(events[-1], Picture)


def test_a_picture_of_a_batch_is_that_picture_alone(models) -> None:
    family = models().family
    whole = TextToImage(
        prompt=PROMPT, size=Size(width=64, height=64), count=3, sampling=sampling(steps=3), hires=Hires(scale=1.5)
    )
    for request in (whole, TextToImage(**{**vars(whole), "variation": Variation(seed=3, strength=0.4)})):
        made = {event.index: event.image for event in generate(family, request) if isinstance(event, Picture)}
        for index in (0, 2):
            assert picture_of(family, request.alone(index)).tobytes() == made[index].tobytes()
        assert made[0].tobytes() != made[2].tobytes()


def test_without_scale_there_is_no_second_walk(models) -> None:
    request = TextToImage(prompt=PROMPT, size=Size(width=64, height=64), sampling=sampling(steps=4))
    (trajectory,) = text_to_image.plan(models().family, request)
    assert trajectory.steps == 4


def test_a_picture_that_would_become_too_large_is_refused_before_anything_is_painted(models) -> None:
    request = TextToImage(size=Size(width=128, height=128), sampling=sampling(), hires=Hires(scale=4))
    with pytest.raises(InvalidRequest, match="512x512 is too large for a model that was trained on 64x64"):
        text_to_image.plan(models().family, request)


@pytest.mark.parametrize("size", [(96, 64), (64, 128), (40, 88)])
def test_resize_modes_are_those_of_pillow(photo, size: tuple[int, int]) -> None:
    lanczos = Image.Resampling.LANCZOS
    assert RESIZES["stretch"].pixels(photo, size).tobytes() == photo.resize(size, lanczos).tobytes()
    assert RESIZES["crop"].pixels(photo, size).tobytes() == ImageOps.fit(photo, size, lanczos).tobytes()
    filled, inside = RESIZES["fill"].pixels(photo, size), ImageOps.contain(photo, size, lanczos)
    left, top = (size[0] - inside.width) // 2, (size[1] - inside.height) // 2
    assert filled.size == size
    assert filled.crop((left, top, left + inside.width, top + inside.height)).tobytes() == inside.tobytes()
    low, high = np.asarray(inside).min(), np.asarray(inside).max()
    assert np.asarray(filled).min() >= low
    assert np.asarray(filled).max() <= high


@pytest.mark.parametrize("resize", RESIZES)
def test_the_result_has_the_size_that_was_asked_for(models, photo, resize: str) -> None:
    request = ImageToImage(image=photo, width=90, height=70, resize=resize, strength=0.5, sampling=sampling(steps=2))
    assert picture_of(models().family, request).size == (90, 70)


def test_latents_are_stretched_where_that_is_asked_for(pair, photo) -> None:
    family, _, painter = pair
    request = ImageToImage(
        prompt=PROMPT, image=photo, width=96, height=128, resize="latent", strength=0.6, sampling=sampling()
    )
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        small = painter.vae.encode(pixels).latent_dist.mode() * painter.vae.config.scaling_factor
    large = torch.nn.functional.interpolate(small, (16, 12), mode="bicubic")
    assert_same(picture_of(family, request), painted(painter, large, 0.6, 10, SEED))


def test_strength_0_gives_the_input_back(models, photo) -> None:
    request = ImageToImage(image=photo, strength=0.0, sampling=sampling())
    assert request.idle
    assert picture_of(models().family, request).tobytes() == photo.tobytes()


def test_transparency_and_profile_are_kept(models, photo) -> None:
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(photo.size))
    clear.info["icc_profile"] = b"profile"
    request = ImageToImage(image=clear, strength=0.5, width=83, height=71, sampling=sampling(steps=2))
    result = picture_of(models().family, request)
    assert (result.mode, result.size, result.info) == ("RGBA", (83, 71), {"icc_profile": b"profile"})
    assert (
        result.getchannel("A").tobytes() == clear.getchannel("A").resize((83, 71), Image.Resampling.LANCZOS).tobytes()
    )


def test_an_inpainting_network_can_do_it_too(models, photo) -> None:
    """It is told that everything may change."""
    family = models(inpainting=True).family
    low, high = (
        np.asarray(picture_of(family, ImageToImage(image=photo, strength=strength, sampling=sampling())), int)
        for strength in (0.2, 0.9)
    )
    assert low.shape == high.shape == (64, 64, 3)
    assert (low != high).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 64}, "both a width and a height, or none"),
        ({"strength": 1.5}, "strength must be a number from 0 to 1"),
        ({"resize": "squash"}, "Unknown resize mode 'squash': choose one of stretch, crop, fill, latent"),
        ({"loops": 0}, "loops must be a whole number from 1 to 64"),
        ({"full_steps": "yes"}, "full_steps must be true or false"),
        ({"width": 63, "height": 64}, "width must be a whole number from 64"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(photo, options, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        ImageToImage(image=photo, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": 0.5}, "hires scale must be a number from 1 to 4"),
        ({"strength": 0.0}, "hires strength must be a number from 0.01 to 1"),
        ({"upscale": "dreams"}, "Unknown hires upscale 'dreams': choose one of pixels, latents"),
        ({"sampler": "eular"}, "Unknown hires sampler 'eular'"),
        ({"steps": -1}, "hires steps must be a whole number from 0"),
    ],
)
def test_a_second_walk_that_cannot_be_is_refused_in_a_sentence(options, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        Hires(**options)

"""Law 4: with the same parts, our latents are those of the diffusers pipelines, to float rounding."""

from __future__ import annotations

import copy

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

from pipelines import inpainting, text_to_image
from pipelines.engine.noise import Noise
from pipelines.errors import InvalidRequest
from pipelines.requests import Guiding, Inpaint, Sampling, Size, TextToImage
from tests.pipelines.oracles import NEGATIVE, PROMPT, SEEDS, assert_same, generators, latents

SCHEDULERS = {
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm2": ("KDPM2DiscreteScheduler", {}),
    "dpm2_a": ("KDPM2AncestralDiscreteScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    "ddim": ("DDIMScheduler", {"clip_sample": False, "set_alpha_to_one": True}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "unipc": ("UniPCMultistepScheduler", {}),
}
KNOWING_ZERO_SNR = {"euler", "euler_a", "dpmpp_2m", "dpmpp_2m_sde"}


BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "timestep_spacing": "trailing"}


def with_scheduler(pipeline, sampler: str, zero_snr: bool):
    """The same parts in a pipeline of its own, with diffusers' scheduler of that name."""
    name, extra = SCHEDULERS[sampler]
    facts = BETAS | {"prediction_type": "v_prediction"} | ({"rescale_betas_zero_snr": True} if zero_snr else {})
    oracle = diffusers.StableDiffusionPipeline.from_pipe(pipeline)
    oracle.scheduler = getattr(diffusers, name)(**facts | extra)
    oracle.set_progress_bar_config(disable=True)
    return oracle


@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_text_to_image_two_at_a_time(models, prediction: str, guidance: float) -> None:
    family, oracle = models(prediction_type=prediction)
    settings = Sampling(steps=8, guidance=guidance, sampler="euler", spacing="uniform", seed=SEEDS[0])
    request = TextToImage(prompt=PROMPT, negative=NEGATIVE, size=Size(width=72, height=64), count=2, sampling=settings)
    theirs = oracle(
        PROMPT,
        negative_prompt=NEGATIVE,
        num_inference_steps=8,
        guidance_scale=guidance,
        width=72,
        height=64,
        num_images_per_prompt=2,
        generator=generators(),
        output_type="latent",
    ).images
    assert_same(latents(text_to_image.plan(family, request)), theirs)


@pytest.mark.parametrize("sampler", SCHEDULERS)
def test_every_sampler(models, sampler: str) -> None:
    """Also with fresh noise at every step: the same stream is drawn in the same order."""
    zero_snr = sampler in KNOWING_ZERO_SNR
    options = {"rescale_betas_zero_snr": True} if zero_snr else {}
    family, pipeline = models(timestep_spacing="trailing", prediction_type="v_prediction", **options)
    request = TextToImage(
        prompt=PROMPT,
        size=Size(width=64, height=64),
        count=2,
        sampling=Sampling(steps=8, sampler=sampler, spacing="uniform", seed=SEEDS[0]),
    )
    plan = text_to_image.plan(family, request)
    first = plan[0].walk.schedule.levels[0]
    start = torch.stack([Noise(seed, (4, 8, 8))() for seed in SEEDS])
    oracle = with_scheduler(pipeline, sampler, zero_snr)
    # Pure noise to us; some of diffusers' schedulers scale it by the largest sigma instead, which is a little less.
    in_sigmas = float(oracle.scheduler.init_noise_sigma) != 1
    theirs = oracle(
        PROMPT,
        num_inference_steps=8,
        guidance_scale=7.0,
        width=64,
        height=64,
        num_images_per_prompt=2,
        generator=[skipped(seed) for seed in SEEDS],
        latents=start / first.sigma if in_sigmas else start,
        output_type="latent",
    ).images
    assert_same(latents(plan), theirs)


def skipped(seed: int) -> torch.Generator:
    """A generator past its first draw, which went into the starting latents."""
    stream = torch.Generator().manual_seed(seed)
    torch.randn((1, 4, 8, 8), generator=stream)
    return stream


def one_picture(oracle, **options) -> torch.Tensor:
    return oracle(
        PROMPT,
        num_inference_steps=8,
        width=64,
        height=64,
        generator=torch.Generator().manual_seed(SEEDS[0]),
        output_type="latent",
        **options,
    ).images


def a_request(guidance: float, **options) -> TextToImage:
    sampling = Sampling(steps=8, guidance=guidance, sampler="euler", spacing="uniform", seed=SEEDS[0])
    return TextToImage(prompt=PROMPT, size=Size(width=64, height=64), sampling=sampling, **options)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_guidance_rescale(models, prediction: str) -> None:
    family, oracle = models(prediction_type=prediction)
    ours = latents(text_to_image.plan(family, a_request(8.0, guiding=Guiding(rescale=0.7))))
    assert_same(ours, one_picture(oracle, guidance_scale=8.0, guidance_rescale=0.7))
    assert not torch.allclose(ours, one_picture(oracle, guidance_scale=8.0), atol=1e-2)


def test_clip_skip(models) -> None:
    """Skipping the last layer is having a text encoder that never had one."""
    family, oracle = models()
    ours = latents(text_to_image.plan(family, a_request(5.0, clip_skip=2)))
    shorter = copy.deepcopy(oracle.text_encoder)
    shorter.encoder.layers = shorter.encoder.layers[:-1]
    parts = {name: part for name, part in oracle.components.items() if name != "text_encoder"}
    theirs = diffusers.StableDiffusionPipeline(**parts, text_encoder=shorter, requires_safety_checker=False)
    theirs.set_progress_bar_config(disable=True)
    assert_same(ours, one_picture(theirs, guidance_scale=5.0))
    assert not torch.allclose(ours, one_picture(oracle, guidance_scale=5.0), atol=1e-3)


def test_a_network_that_is_told_the_guidance(models) -> None:
    """Distilled networks (LCM): the scale is an input, and there is one call a step."""
    family, oracle = models(told_guidance=True)
    assert family.facts.embeds_guidance
    plan = text_to_image.plan(family, a_request(7.5))
    assert len(plan) == 1
    ours = latents(plan)
    assert_same(ours, one_picture(oracle, guidance_scale=7.5))
    assert not torch.allclose(ours, one_picture(oracle, guidance_scale=2.0), atol=1e-3)
    assert all(len(estimates) == 1 for estimates in plan[0].answers)


@pytest.mark.parametrize("guiding", [Guiding(method="apg"), Guiding(rescale=0.5)])
def test_a_network_that_is_told_the_guidance_has_no_use_for_ways_of_guiding(models, guiding: Guiding) -> None:
    with pytest.raises(InvalidRequest, match="guides itself and is only told how strongly"):
        text_to_image.plan(models(told_guidance=True).family, a_request(7.5, guiding=guiding))


def test_guidance_over_an_interval_asks_less(models) -> None:
    """Off, it costs one estimate instead of two; the result is that of a pipeline whose guidance is switched off."""
    family, oracle = models(prediction_type="epsilon")
    plan = text_to_image.plan(family, a_request(6.0, guiding=Guiding(stop=0.5)))
    ours = latents(plan)
    assert [len(estimates) for estimates in plan[0].answers] == [2, 2, 2, 2, 1, 1, 1, 1]

    def switch_off(pipeline, step, timestep, values):
        if step == 3:
            pipeline._guidance_scale = 1.0
            values["prompt_embeds"] = values["prompt_embeds"].chunk(2)[1]
        return values

    wanted = ["prompt_embeds"]
    theirs = one_picture(
        oracle, guidance_scale=6.0, callback_on_step_end=switch_off, callback_on_step_end_tensor_inputs=wanted
    )
    assert_same(ours, theirs)


def test_a_scale_for_each_step(models) -> None:
    family, oracle = models(prediction_type="epsilon")
    steps = np.interp(np.linspace(0, 1, 8), [0, 0.5, 1], [2.0, 9.0, 4.0])

    def next_scale(pipeline, step, timestep, values):
        pipeline._guidance_scale = steps[min(step + 1, 7)]
        return values

    ours = latents(text_to_image.plan(family, a_request(7.0, guiding=Guiding(scales=(2.0, 9.0, 4.0)))))
    assert_same(ours, one_picture(oracle, guidance_scale=2.0, callback_on_step_end=next_scale))


@pytest.mark.parametrize("strength", [1.0, 0.6])
@pytest.mark.parametrize("nine_channels", [False, True])
@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_inpainting(models, photo, mask, monkeypatch, nine_channels: bool, strength: float, guidance: float) -> None:
    """diffusers draws the autoencoder's latents at random; we take the likeliest, and so does the oracle here."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    family, oracle = models(inpainting=nine_channels)
    if not nine_channels:
        oracle = diffusers.StableDiffusionInpaintPipeline(
            **{**oracle.components, "safety_checker": None}, requires_safety_checker=False
        )
        oracle.set_progress_bar_config(disable=True)
    settings = Sampling(steps=10, guidance=guidance, sampler="euler", seed=SEEDS[0])
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=mask, strength=strength, feather=0, sampling=settings)
    theirs = oracle(
        PROMPT,
        image=photo,
        mask_image=mask,
        strength=strength,
        num_inference_steps=10,
        guidance_scale=guidance,
        width=64,
        height=64,
        num_images_per_prompt=2,
        generator=generators(),
        output_type="latent",
    ).images
    assert_same(latents(inpainting.plan(family, request)), theirs)

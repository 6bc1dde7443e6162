"""Law 4 for Sana; diffusers has no pipelines for its other tasks."""

from __future__ import annotations

import inspect
from pathlib import Path

import diffusers
import pytest
import torch

from pipelines import inpainting, text_to_image
from pipelines.errors import InvalidRequest
from pipelines.families.sana import INSTRUCTION
from pipelines.loading import load
from pipelines.requests import Inpaint, Sampling, Size, TextToImage
from tests.pipelines.oracles import NEGATIVE, PROMPT, SEEDS, assert_same, decoded, latents, told
from tests.tiny import make_sana_pipeline


def sampling(**options) -> Sampling:
    return Sampling(
        **{"steps": 8, "guidance": 4.5, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=96, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


def drawn(oracle, **options) -> torch.Tensor:
    settings = {"width": 96, "height": 64, "use_resolution_binning": False, "clean_caption": False}
    return told(oracle, **settings | options)


@pytest.mark.parametrize("guidance", [1.0, 4.5])
@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_text_to_image_two_at_a_time(models, negative: str, guidance: float) -> None:
    """What it is guided away from is read without the instruction."""
    family, oracle = models("sana")
    ours = latents(text_to_image.plan(family, a_request(negative=negative, sampling=sampling(guidance=guidance))))
    same = {"negative_prompt": negative, "guidance_scale": guidance}
    assert_same(ours, drawn(oracle, **same))
    torch.testing.assert_close(decoded(family, ours), drawn(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)


@pytest.mark.parametrize("said", ["A Red House", "  a boat  ", "red house " * 200])
def test_capital_letters_blanks_and_more_words_than_are_read(models, said: str) -> None:
    family, oracle = models("sana")
    ours = latents(text_to_image.plan(family, a_request(prompt=said, negative=said)))
    assert_same(ours, drawn(oracle, prompt=said, negative_prompt=said, guidance_scale=4.5))


def test_weights_are_refused(models) -> None:
    """Its network brings what it makes of the words to one length, so that little would be left of them."""
    with pytest.raises(InvalidRequest, match="all words weigh the same"):
        text_to_image.plan(models("sana").family, a_request(prompt="a (red:1.3) tree"))


def test_the_instruction_is_that_of_the_pipeline() -> None:
    theirs = inspect.signature(diffusers.SanaPipeline.__call__).parameters["complex_human_instruction"].default
    assert "\n".join(theirs) == INSTRUCTION


def test_inpainting_from_noise_is_the_picture_itself(models, photo) -> None:
    """diffusers cannot inpaint with it; where all is masked, ours is diffusers' text to image."""
    from PIL import Image

    family, oracle = models("sana")
    whole = Image.new("L", photo.size, 255)
    request = Inpaint(prompt=PROMPT, count=2, image=photo, mask=whole, feather=0, sampling=sampling())
    ours = latents(inpainting.plan(family, request))
    assert_same(ours, drawn(oracle, guidance_scale=4.5, negative_prompt="", width=64, height=64))


def test_its_autoencoder_sees_what_diffusers_sees(models, photo) -> None:
    family, oracle = models("sana")
    pixels = torch.rand(3, 64, 96) * 2 - 1
    with torch.inference_mode():
        theirs = oracle.vae.encode(pixels[None]).latent[0] * oracle.vae.config.scaling_factor
    torch.testing.assert_close(family.encode(pixels), theirs)


def test_the_levels_of_its_published_scheduler(tmp_path: Path) -> None:
    """DPM-Solver's, which begins a thousandth below pure noise."""
    pipeline = make_sana_pipeline()
    pipeline.scheduler = diffusers.DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    pipeline.save_pretrained(tmp_path)
    path = load(tmp_path, device="cpu").path
    pipeline.scheduler.set_timesteps(20)
    ours = torch.tensor([path.at_timestep(timestep).sigma for timestep in path.uniform(20)])
    torch.testing.assert_close(ours, pipeline.scheduler.sigmas[:-1], rtol=1.1e-3, atol=0)

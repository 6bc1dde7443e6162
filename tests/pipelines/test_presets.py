"""What suits a model is told from its configuration and its name, in a process that knows no torch."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.engine.pairing import misfit
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import FlowPath
from pipelines.engine.spacings import AUTOMATIC, SPACINGS, build_schedule, spacing_for
from pipelines.families import MODULES
from pipelines.families.paths import diffusion_path
from pipelines.presets import FAMILY_PRESETS, find_preset
from pipelines.requests import Sampling, Size

XL = "StableDiffusionXLPipeline"
NAMES = [
    (XL, "sd_xl_base_1.0", 30, 6.0, "dpmpp_2m", "cfg"),
    (XL, "sdxl_lightning_4step", 4, 1.0, "euler", "none"),
    (XL, "DreamShaperXL_Lightning", 8, 1.0, "euler", "none"),
    (XL, "Hyper-SDXL-8steps", 8, 1.0, "ddim", "none"),
    (XL, "sd_xl_turbo_1.0_fp16", 4, 1.0, "euler_a", "none"),
    (XL, "dmd2_sdxl_4step_unet", 4, 1.0, "lcm", "none"),
    (XL, "ponyDiffusionV6XL", 28, 6.0, "euler_a", "cfg"),
    (XL, "pony-diffusion-v6", 28, 6.0, "euler_a", "cfg"),
    (XL, "Illustrious-XL-v1", 28, 6.0, "euler_a", "cfg"),
    (XL, "turbotastic landscapes", 30, 6.0, "dpmpp_2m", "cfg"),
    ("StableDiffusionPipeline", "v1-5-pruned", 20, 7.0, "dpmpp_2m", "cfg"),
    ("StableDiffusionPipeline", "sd-turbo", 4, 1.0, "euler_a", "none"),
    ("FluxPipeline", "flux1-dev", 28, 3.5, "euler", "embedded"),
    ("FluxPipeline", "flux1-schnell", 4, 1.0, "euler", "none"),
    ("FluxPipeline", "flux-dev-hyper-8steps", 8, 3.5, "euler", "embedded"),
    ("StableDiffusion3Pipeline", "sd3.5_large_turbo", 4, 1.0, "euler", "none"),
    ("ZImagePipeline", "z_image_turbo_bf16", 9, 1.0, "euler", "none"),
    ("ZImagePipeline", "z_image_bf16", 28, 5.0, "euler", "cfg"),
    ("QwenImagePipeline", "qwen_image_fp8", 30, 4.0, "euler", "cfg"),
    ("QwenImagePipeline", "Qwen-Image-Lightning-4steps-V1.0", 4, 1.0, "euler", "none"),
    ("Flux2KleinPipeline", "flux-2-klein-4b", 4, 1.0, "euler", "none"),
    ("Flux2KleinPipeline", "flux-2-klein-base-4b", 28, 4.0, "euler", "cfg"),
    ("PixArtSigmaPipeline", "PixArt-Sigma-XL-2-1024-MS", 20, 4.5, "dpmpp_2m", "cfg"),
    ("ChromaPipeline", "Chroma1-HD", 30, 5.0, "euler", "cfg"),
]


@pytest.mark.parametrize(("pipeline", "name", "steps", "guidance", "sampler", "guiding"), NAMES)
def test_what_names_say(pipeline: str, name: str, steps: int, guidance: float, sampler: str, guiding: str) -> None:
    preset = find_preset(pipeline, name=name)
    assert (preset.steps, preset.guidance, preset.sampler, preset.guiding) == (steps, guidance, sampler, guiding)


def test_a_distilled_model_keeps_its_own_sampler_whatever_it_predicts() -> None:
    preset = find_preset(XL, name="noob_vpred_lightning_4step", scheduler={"prediction_type": "v_prediction"})
    assert (preset.sampler, preset.spacing, preset.steps) == ("euler", "sgm_uniform", 4)


@pytest.mark.parametrize(
    ("pipeline", "network", "title", "guidance"),
    [
        ("FluxPipeline", {"guidance_embeds": True, "in_channels": 64}, "Flux dev", 3.5),
        ("FluxPipeline", {"guidance_embeds": False, "in_channels": 64}, "Flux schnell", 1.0),
        ("FluxFillPipeline", {"guidance_embeds": True, "in_channels": 384}, "Flux Fill", 30.0),
        ("StableDiffusion3Pipeline", {"qk_norm": None}, "Stable Diffusion 3", 7.0),
        ("StableDiffusion3Pipeline", {"qk_norm": "rms_norm"}, "Stable Diffusion 3.5", 4.5),
        ("LatentConsistencyModelPipeline", {"time_cond_proj_dim": 256}, "Stable Diffusion", 8.0),
        ("SomethingElsePipeline", {}, "Stable Diffusion", 7.0),
    ],
)
def test_what_the_network_says(pipeline: str, network: dict[str, object], title: str, guidance: float) -> None:
    preset = find_preset(pipeline, network=network)
    assert (preset.title, preset.guidance) == (title, guidance)


def test_every_family_has_a_preset() -> None:
    assert FAMILY_PRESETS.keys() == MODULES.keys()


@pytest.mark.parametrize(("pipeline", "name"), [(row[0], row[1]) for row in NAMES])
def test_every_preset_is_a_sound_request(pipeline: str, name: str) -> None:
    preset = find_preset(pipeline, name=name)
    Sampling(steps=preset.steps, guidance=preset.guidance, sampler=preset.sampler, spacing=preset.spacing)
    flow = not re.match("StableDiffusion(XL)?Pipeline", pipeline)
    path = FlowPath(3.0) if flow else diffusion_path({})
    sampler = SAMPLERS[preset.sampler]
    spacing = spacing_for(path, sampler.suits) if preset.spacing == AUTOMATIC else preset.spacing
    assert misfit(sampler, SPACINGS[spacing], path, build_schedule(path, preset.steps, spacing)) is None


@pytest.mark.parametrize("native", [256, 512, 768, 1024])
def test_sizes_have_as_many_pixels_as_the_square_and_suit_every_family(native: int) -> None:
    sizes = find_preset(XL, native=native).sizes
    assert sizes[0] == (native, native)
    assert len(set(sizes)) == 9
    for width, height in sizes:
        Size(width=width, height=height)
        assert width % 16 == height % 16 == 0
        assert abs(width * height / native**2 - 1) < 0.07
        assert (height, width) in sizes


def test_it_needs_no_torch() -> None:
    code = "import sys, pipelines.presets; print({'torch', 'diffusers', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr

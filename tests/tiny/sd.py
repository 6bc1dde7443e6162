"""Stable Diffusion 1 and 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tiny.parts import make_clip, make_unet, make_vae
from tests.tiny.words import make_tokenizer

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}


def make_sd_folder(path: Path, *, inpainting: bool = False, **scheduler: Any) -> Path:
    """Write a random Stable Diffusion model in diffusers' layout: 8x downscale, 4 latent channels, 77 tokens.

    ``inpainting``: a 9-channel network.  ``scheduler``: overrides of its scheduler_config, such as prediction_type.
    """
    pipeline = make_sd_pipeline(inpainting=inpainting, **scheduler)
    pipeline.save_pretrained(path, safe_serialization=True)
    return path


def make_sd_pipeline(*, inpainting: bool = False, told_guidance: bool = False, **scheduler: Any) -> Any:
    """The same as diffusers' own pipeline object, the oracle of the parity tests.

    ``told_guidance``: a network that takes the guidance scale as an input, as distilled ones do.
    """
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionInpaintPipeline, StableDiffusionPipeline

    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    kind = StableDiffusionInpaintPipeline if inpainting else StableDiffusionPipeline
    pipeline = kind(
        unet=make_unet(inpainting=inpainting, told_guidance=told_guidance),
        vae=make_vae(),
        text_encoder=make_clip(tokenizer),
        tokenizer=tokenizer,
        scheduler=EulerDiscreteScheduler(**BETAS | {"timestep_spacing": "leading", **scheduler}),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

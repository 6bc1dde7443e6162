"""Stable Diffusion XL."""

from __future__ import annotations

from typing import Any

from tests.tiny.parts import make_clip, make_unet, make_vae
from tests.tiny.sd import BETAS
from tests.tiny.words import make_tokenizer


def make_sdxl_pipeline(
    *,
    inpainting: bool = False,
    refiner: bool = False,
    told_guidance: bool = False,
    hides_silence: bool = True,
    **scheduler: Any,
) -> Any:
    """A random model; a ``refiner`` has the second text encoder only and is told an aesthetic score."""
    import torch
    from diffusers import (
        EulerDiscreteScheduler,
        StableDiffusionXLImg2ImgPipeline,
        StableDiffusionXLInpaintPipeline,
        StableDiffusionXLPipeline,
    )

    torch.manual_seed(0)
    first, second = make_tokenizer(), make_tokenizer(pad="!")
    numbers, pooled = (5 if refiner else 6), 16
    unet = make_unet(
        inpainting=inpainting,
        told_guidance=told_guidance,
        cross_attention_dim=48 if refiner else 32 + 48,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=numbers * 8 + pooled,
        transformer_layers_per_block=(1, 2),
    )
    parts = {
        "unet": unet,
        "vae": make_vae(force_upcast=True, scaling_factor=0.13025),
        "text_encoder": None if refiner else make_clip(first, layers=3),
        "tokenizer": None if refiner else first,
        "text_encoder_2": make_clip(second, width=48, projection=pooled, layers=3),
        "tokenizer_2": second,
        "scheduler": EulerDiscreteScheduler(**BETAS | {"timestep_spacing": "leading", **scheduler}),
        "force_zeros_for_empty_prompt": hides_silence,
        "add_watermarker": False,
    }
    if refiner:
        pipeline = StableDiffusionXLImg2ImgPipeline(**parts, requires_aesthetics_score=True)
    else:
        pipeline = (StableDiffusionXLInpaintPipeline if inpainting else StableDiffusionXLPipeline)(**parts)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

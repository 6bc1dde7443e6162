"""Flux.1."""

from __future__ import annotations

from typing import Any

from tests.tiny.parts import make_clip, make_t5, make_vae
from tests.tiny.words import make_t5_tokenizer, make_tokenizer

GROWING = {
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "shift": 3.0,
}


def make_flux_pipeline(*, schnell: bool = False, fill: bool = False, channels: int = 0) -> Any:
    """A random model: dev unless it is schnell or Fill; ``channels``: of its network, where not as usual."""
    import torch
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        FluxFillPipeline,
        FluxPipeline,
        FluxTransformer2DModel,
    )

    torch.manual_seed(0)
    first, second = make_tokenizer(), make_t5_tokenizer()
    transformer = FluxTransformer2DModel(
        in_channels=channels or (4 * (16 + 16 + 64) if fill else 4 * 16),
        out_channels=4 * 16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        guidance_embeds=not schnell,
        axes_dims_rope=(4, 6, 6),
    ).eval()
    pipeline = (FluxFillPipeline if fill else FluxPipeline)(
        transformer=transformer,
        vae=make_vae(
            latent_channels=16,
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
            force_upcast=True,
        ),
        text_encoder=make_clip(first),
        tokenizer=first,
        text_encoder_2=make_t5(second),
        tokenizer_2=second,
        scheduler=FlowMatchEulerDiscreteScheduler(**({"shift": 1.0} if schnell else GROWING)),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

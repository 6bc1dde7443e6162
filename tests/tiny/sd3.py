"""Stable Diffusion 3."""

from __future__ import annotations

from typing import Any

from tests.tiny.parts import make_clip, make_t5, make_vae
from tests.tiny.words import make_t5_tokenizer, make_tokenizer


def make_sd3_pipeline(*, t5: bool = True, inpainting: bool = False, qk_norm: bool = False, **scheduler: Any) -> Any:
    """A random model, with T5 or without; ``qk_norm``: as 3.5 has it."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    torch.manual_seed(0)
    first, second, third = make_tokenizer(), make_tokenizer(pad="!"), make_t5_tokenizer()
    transformer = SD3Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=33 if inpainting else 16,
        out_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=96,
        caption_projection_dim=32,
        pooled_projection_dim=16 + 24,
        pos_embed_max_size=24,
        qk_norm="rms_norm" if qk_norm else None,
    ).eval()
    pipeline = StableDiffusion3Pipeline(
        transformer=transformer,
        vae=make_vae(
            latent_channels=16,
            scaling_factor=1.5305,
            shift_factor=0.0609,
            use_quant_conv=False,
            use_post_quant_conv=False,
            force_upcast=True,
        ),
        text_encoder=make_clip(first, projection=16, layers=3),
        tokenizer=first,
        text_encoder_2=make_clip(second, width=48, projection=24, layers=3),
        tokenizer_2=second,
        text_encoder_3=make_t5(third, width=96) if t5 else None,
        tokenizer_3=third if t5 else None,
        scheduler=FlowMatchEulerDiscreteScheduler(**{"shift": 3.0, **scheduler}),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

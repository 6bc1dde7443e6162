"""Chroma."""

from __future__ import annotations

from typing import Any

from tests.tiny.parts import make_t5, make_vae
from tests.tiny.words import make_t5_tokenizer


def make_chroma_pipeline(**scheduler: Any) -> Any:
    """A random model."""
    import torch
    from diffusers import ChromaPipeline, ChromaTransformer2DModel, FlowMatchEulerDiscreteScheduler

    torch.manual_seed(0)
    tokenizer = make_t5_tokenizer()
    transformer = ChromaTransformer2DModel(
        in_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        axes_dims_rope=(4, 6, 6),
        approximator_num_channels=8,
        approximator_hidden_dim=32,
        approximator_layers=1,
    ).eval()
    pipeline = ChromaPipeline(
        transformer=transformer,
        vae=make_vae(
            latent_channels=16,
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=make_t5(tokenizer),
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(**{"shift": 1.0, **scheduler}),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

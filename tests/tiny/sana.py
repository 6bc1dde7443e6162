"""Sana."""

from __future__ import annotations

from typing import Any

from tests.tiny.words import make_gemma_tokenizer


def make_sana_pipeline(**scheduler: Any) -> Any:
    """A random model; its autoencoder's cells are 8 pixels wide, not 32."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, SanaPipeline, SanaTransformer2DModel
    from transformers import Gemma2Config, Gemma2Model

    torch.manual_seed(0)
    tokenizer = make_gemma_tokenizer()
    transformer = SanaTransformer2DModel(
        in_channels=4,
        out_channels=4,
        num_layers=2,
        num_attention_heads=4,
        attention_head_dim=8,
        num_cross_attention_heads=4,
        cross_attention_head_dim=8,
        cross_attention_dim=32,
        caption_channels=32,
        sample_size=8,
    ).eval()
    config = Gemma2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    pipeline = SanaPipeline(
        transformer=transformer,
        vae=make_dc(),
        text_encoder=Gemma2Model(config).eval(),
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(**{"shift": 3.0, **scheduler}),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_dc() -> Any:
    """A deep compression autoencoder, less deep."""
    from diffusers import AutoencoderDC

    sides = {
        "block_out_channels": (8, 8, 8, 8),
        "block_types": ("ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"),
        "layers_per_block": (1, 1, 1, 1),
        "qkv_multiscales": ((), (), (), (5,)),
    }
    return AutoencoderDC(
        **{f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in sides.items()},
        latent_channels=4,
        attention_head_dim=2,
        downsample_block_type="conv",
        upsample_block_type="interpolate",
        scaling_factor=0.41407,
    ).eval()

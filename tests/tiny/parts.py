"""Random parts that several kinds of models have."""

from __future__ import annotations

from typing import Any


def make_unet(*, channels: int = 4, inpainting: bool = False, told_guidance: bool = False, **more: Any) -> Any:
    """Two levels, with attention in the lower; ``more``: what is different."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        **{
            "sample_size": 8,
            "in_channels": 2 * channels + 1 if inpainting else channels,
            "out_channels": channels,
            "block_out_channels": (16, 32),
            "layers_per_block": 1,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 32,
            "attention_head_dim": 2,
            "norm_num_groups": 8,
            "time_cond_proj_dim": 16 if told_guidance else None,
            **more,
        }
    ).eval()


def make_vae(**more: Any) -> Any:
    """8x downscale, 4 latent channels where ``more`` does not say otherwise."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        **{
            "block_out_channels": (8, 8, 16, 16),
            "down_block_types": ("DownEncoderBlock2D",) * 4,
            "up_block_types": ("UpDecoderBlock2D",) * 4,
            "norm_num_groups": 4,
            "latent_channels": 4,
            "sample_size": 64,
            **more,
        }
    ).eval()


def make_clip(tokenizer: Any, *, width: int = 32, projection: int = 0, layers: int = 2) -> Any:
    """A CLIP text encoder; with a ``projection`` of its pooled answer to so many numbers, or none."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=77,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **({"projection_dim": projection} if projection else {}),
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def make_t5(tokenizer: Any, width: int = 32) -> Any:
    """A T5 text encoder; its first layer's words are drawn widely, as those of trained ones are."""
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=8,
        d_ff=2 * width,
        num_layers=2,
        num_heads=2,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
    )
    return T5EncoderModel(config).eval()


def make_image_encoder(*, width: int = 32, projection: int = 24) -> Any:
    """A CLIP image encoder for squares of 32 pixels; its answer for a whole picture has ``projection`` numbers."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
        projection_dim=projection,
    )
    return CLIPVisionModelWithProjection(config).eval()

"""PixArt-Alpha and PixArt-Sigma."""

from __future__ import annotations

from typing import Any

from tests.tiny.parts import make_t5, make_vae
from tests.tiny.words import make_t5_tokenizer

BETAS = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "steps_offset": 1}


def make_pixart_pipeline(*, alpha: bool = False, **scheduler: Any) -> Any:
    """A random PixArt-Sigma, or PixArt-``alpha``, which is told how large a picture is and reads less."""
    import torch
    from diffusers import EulerDiscreteScheduler, PixArtAlphaPipeline, PixArtSigmaPipeline, PixArtTransformer2DModel

    torch.manual_seed(0)
    tokenizer = make_t5_tokenizer()
    transformer = PixArtTransformer2DModel(
        sample_size=128 if alpha else 8,
        num_layers=2,
        attention_head_dim=12,
        num_attention_heads=2,
        cross_attention_dim=24,
        caption_channels=32,
        in_channels=4,
        out_channels=8,
    ).eval()
    transformer.scale_shift_table.data.normal_()
    pipeline = (PixArtAlphaPipeline if alpha else PixArtSigmaPipeline)(
        transformer=transformer,
        vae=make_vae(),
        text_encoder=make_t5(tokenizer),
        tokenizer=tokenizer,
        scheduler=EulerDiscreteScheduler(**BETAS | {"timestep_spacing": "leading", **scheduler}),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

"""Flux.2 klein."""

from __future__ import annotations

from typing import Any

from tests.tiny.words import make_qwen_tokenizer


def make_flux2_pipeline(*, distilled: bool = False) -> Any:
    """A random model; all that tells a ``distilled`` one is that its pipeline is told so."""
    import torch
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    tokenizer = make_qwen_tokenizer()
    transformer = Flux2Transformer2DModel(
        in_channels=32,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    ).eval()
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 16, 16), norm_num_groups=4, latent_channels=8, sample_size=64, layers_per_block=1
    ).eval()
    vae.bn.running_mean.normal_()
    vae.bn.running_var.uniform_(0.5, 2.0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=28,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )
    pipeline = Flux2KleinPipeline(
        transformer=transformer,
        vae=vae,
        text_encoder=Qwen3ForCausalLM(config).eval(),
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        is_distilled=distilled,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

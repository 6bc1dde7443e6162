"""Tiny random models in the real formats: what is tested is the code that loads and runs the real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = ["a", "the", "red", "blue", "house", "tree", "boat", "hill", "sea", "meadow", "night", "on", "left", "with"]


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
    from diffusers import (
        AutoencoderKL,
        EulerDiscreteScheduler,
        StableDiffusionInpaintPipeline,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=9 if inpainting else 4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=2,
        norm_num_groups=8,
        time_cond_proj_dim=16 if told_guidance else None,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        latent_channels=4,
        sample_size=64,
    )
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=77,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    facts = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
    facts |= {"timestep_spacing": "leading", **scheduler}
    kind = StableDiffusionInpaintPipeline if inpainting else StableDiffusionPipeline
    pipeline = kind(
        unet=unet.eval(),
        vae=vae.eval(),
        text_encoder=text_encoder.eval(),
        tokenizer=tokenizer,
        scheduler=EulerDiscreteScheduler(**facts),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_tokenizer() -> Any:
    """A real CLIP tokenizer over all bytes and a few words."""
    from transformers import CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    tokens = letters + [letter + "</w>" for letter in letters]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
                tokens.append("".join(pair))
            parts[:2] = ["".join(pair)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=77)

"""Stable Diffusion 1 and 2 and what shares their layout: UNet2DConditionModel, one CLIP text encoder, AutoencoderKL.

Noise or v prediction, with or without zero terminal SNR; 4-channel networks and 9-channel inpainting ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from pipelines.attention import use_attention
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families.adapter import Adapter, levels_of, said_of, sample_of
from pipelines.families.autoencoder import read_autoencoder
from pipelines.families.clip import Reading, at_last, chunks_of, read_chunks
from pipelines.families.conditioning import Conditioning
from pipelines.families.paths import diffusion_path, prediction_of
from pipelines.families.unet import controlled, facts_of, told_guidance
from pipelines.prompt import Piece
from pipelines.sources import Source


@dataclass(eq=False, kw_only=True)
class StableDiffusion(Adapter):
    """The adapter: implements ``pipelines.families.family.Family``."""

    unet: Any
    text_encoder: Any
    tokenizer: Any

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        def read(tokens: Tensor) -> Reading:
            return at_last(self.text_encoder, tokens, clip_skip)

        texts = chunks_of([self.tokenizer], prompts)
        return [Conditioning(read_chunks(self.tokenizer, chunks, self.device, read).tokens) for (chunks,) in texts]

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        sample = sample_of(queries, x).to(self.unet.dtype)
        told = {
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "timestep_cond": told_guidance(self.unet, self.told_scales(queries)),
            "return_dict": False,
        }
        alone = x.to(self.unet.dtype)
        output = self.asked(
            queries,
            lambda: self.unet(sample, timestep, **told, **controlled(queries, alone, timestep, told))[0],
        )
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))


def load(source: Source, device: torch.device, attention: str) -> StableDiffusion:
    """Read the parts of a Stable Diffusion model; ModelError says what is missing or wrong in it."""
    scheduler = source.config("scheduler")
    prediction = prediction_of(scheduler, source.name)
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    unet = source.weights("unet", UNet2DConditionModel, dtype).to(device)
    vae = read_autoencoder(source, dtype, device)
    return StableDiffusion(
        unet=unet,
        vae=vae,
        text_encoder=source.weights("text_encoder", CLIPTextModel, dtype).to(device),
        tokenizer=source.tokenizer(),
        facts=facts_of("Stable Diffusion", unet, vae, native_cells=64),
        path=diffusion_path(scheduler),
        prediction=prediction,
        device=device,
        report=said_of("Stable Diffusion", device, unet, vae, use_attention([unet, vae], attention, device)),
    )

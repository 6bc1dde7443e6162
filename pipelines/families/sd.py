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

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families.adapter import Adapter, levels_of
from pipelines.families.autoencoder import read_autoencoder
from pipelines.families.clip import Reading, at_last, chunks_of, read_chunks
from pipelines.families.conditioning import Conditioning
from pipelines.families.paths import diffusion_path, prediction_of
from pipelines.families.unet import facts_of, output_of, told_guidance
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

HALF = torch.float16
"""The 16-bit type that these models are computed in."""


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
        told = {
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "timestep_cond": told_guidance(self.unet, self.told_scales(queries), self.dtype),
        }
        shown = x.to(self.dtype)
        output = self.asked(queries, lambda: output_of(self.parts.bring(self.unet), queries, shown, timestep, told))
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))


def load(source: Source, placement: Placement) -> StableDiffusion:
    """Read the parts of a Stable Diffusion model; ModelError says what is missing or wrong in it."""
    scheduler = source.config("scheduler")
    prediction = prediction_of(scheduler, source.name)
    unet = placement.read(source, "unet", UNet2DConditionModel)
    vae = read_autoencoder(source, placement)
    return StableDiffusion(
        unet=unet,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", CLIPTextModel),
        tokenizer=source.tokenizer(),
        facts=facts_of("Stable Diffusion", unet, vae, native_cells=64),
        path=diffusion_path(scheduler),
        prediction=prediction,
        device=placement.device,
    )

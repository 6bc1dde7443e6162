"""Flux.1: FluxTransformer2DModel, CLIP for one vector and T5 for the words, AutoencoderKL with a shift.

dev is told the guidance scale, schnell needs none, Fill is given the mask and the masked picture.  They match flows,
dev with a shift that grows with the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers import FluxTransformer2DModel
from torch import Tensor
from transformers import CLIPTextModel, T5EncoderModel

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.errors import InvalidRequest, ModelError
from pipelines.families import t5
from pipelines.families.adapter import Adapter, levels_of, sample_of
from pipelines.families.autoencoder import downscale_of, read_autoencoder
from pipelines.families.clip import chunks_of, numbered
from pipelines.families.conditioning import Conditioning
from pipelines.families.family import Facts
from pipelines.families.packing import packed, places, unpacked
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

NATIVE = 1024
ROOMS = {True: 512, False: 256}
"""Tokens that T5 reads, by whether the network is told the guidance scale: dev's and schnell's, as published."""

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in some of their layers."""


@dataclass(eq=False, kw_only=True)
class Flux(Adapter):
    """The adapter: implements ``pipelines.families.family.Family``."""

    transformer: Any
    text_encoder: Any
    tokenizer: Any
    text_encoder_2: Any
    tokenizer_2: Any

    cells_at_once: ClassVar[Mapping[str, int]] = {"cpu": 8192, "cuda": 16384}

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        if clip_skip > 1:
            raise InvalidRequest("This model does not read CLIP's layers, so clip skip has to be 1.")
        texts, room = chunks_of([self.tokenizer], prompts), ROOMS[self.facts.embeds_guidance]
        encoded = []
        for (chunks,), said in zip(texts, prompts, strict=True):
            words = t5.read(self.tokenizer_2, self.text_encoder_2, said, room, self.device)
            pooled = self.text_encoder(numbered(self.tokenizer, chunks[0], self.device)).pooler_output[0]
            encoded.append(Conditioning(words, pooled))
        return encoded

    def with_mask(self, conditioning: Conditioning, mask: Tensor, kept: Tensor) -> Conditioning:
        """The network is shown what is kept before the mask, and of that each pixel, one channel for each of a cell."""
        return super().with_mask(conditioning, kept, mask.expand(self.facts.downscale**2, -1, -1))

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        tokens = torch.stack([query.conditioning.tokens for query in queries])
        told = {
            "hidden_states": packed(sample_of(queries, x)).to(self.dtype),
            "encoder_hidden_states": tokens,
            "pooled_projections": torch.stack([query.conditioning.pooled for query in queries]),
            "timestep": timestep / 1000,
            "guidance": self.told_scales(queries) if self.facts.embeds_guidance else None,
            "img_ids": places(x.shape[2], x.shape[3], self.device),
            "txt_ids": torch.zeros(tokens.shape[1], 3, device=self.device),
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])
        return list(to_x0(self.prediction, unpacked(output.float(), *x.shape[2:]), x, alpha, sigma))


def load(source: Source, placement: Placement) -> Flux:
    """Read the parts of a Flux model; ModelError says what is missing or wrong in it."""
    transformer = placement.read(source, "transformer", FluxTransformer2DModel)
    vae = read_autoencoder(source, placement)
    return Flux(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", CLIPTextModel),
        tokenizer=source.tokenizer("tokenizer"),
        text_encoder_2=placement.read(source, "text_encoder_2", T5EncoderModel),
        tokenizer_2=source.tokenizer("tokenizer_2"),
        facts=facts_of(transformer.config, vae, source.name),
        path=flow_path(source.config("scheduler")),
        prediction="flow",
        device=placement.device,
    )


def facts_of(network: Any, vae: Any, name: str) -> Facts:
    """The facts of a model with a network of this configuration; ModelError where it wants other channels."""
    channels, downscale = vae.config.latent_channels, downscale_of(vae)
    plain, filling = 4 * channels, 4 * (2 * channels + downscale**2)
    if network.in_channels not in (plain, filling):
        raise ModelError(
            f"The network in {name} takes {network.in_channels} channels; this family knows {plain} (dev, schnell) "
            f"and {filling} (Fill)."
        )
    return Facts(
        family="Flux",
        channels=channels,
        downscale=downscale,
        multiple=2 * downscale,
        native=NATIVE,
        takes_mask=network.in_channels == filling,
        embeds_guidance=network.guidance_embeds,
    )

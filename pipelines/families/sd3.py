"""Stable Diffusion 3 and 3.5: SD3Transformer2DModel, two CLIP text encoders and T5, AutoencoderKL with a shift.

They match flows (Esser et al. 2024, arXiv:2403.03206).  T5, which is larger than all the rest, may be missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import SD3Transformer2DModel
from torch import Tensor
from transformers import CLIPTextModelWithProjection, T5EncoderModel

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families import t5
from pipelines.families.adapter import Adapter, levels_of, sample_of
from pipelines.families.autoencoder import downscale_of, read_autoencoder
from pipelines.families.clip import Chunk, Reading, before_last, chunks_of, read_chunks
from pipelines.families.conditioning import Conditioning
from pipelines.families.family import Facts
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source
from pipelines.tokenizer import sequence_weights

ROOMS = (256, 512)
"""Tokens that T5 reads: as published, and the most, for wordings that do not fit."""

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in some of their layers."""


@dataclass(eq=False, kw_only=True)
class StableDiffusion3(Adapter):
    """The adapter: implements ``pipelines.families.family.Family``.  Without T5 ``text_encoder_3`` is None."""

    transformer: Any
    text_encoder: Any
    tokenizer: Any
    text_encoder_2: Any
    tokenizer_2: Any
    text_encoder_3: Any
    tokenizer_3: Any

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        texts, room = chunks_of([self.tokenizer, self.tokenizer_2], prompts), self._room(prompts)
        encoded = []
        for (first, second), said in zip(texts, prompts, strict=True):
            one = self._read_clip(self.tokenizer, self.text_encoder, first, clip_skip)
            other = self._read_clip(self.tokenizer_2, self.text_encoder_2, second, clip_skip)
            words = self._read_t5(said, room)
            pair = torch.cat([one.tokens, other.tokens], dim=-1)
            tokens = torch.cat([F.pad(pair, (0, words.shape[-1] - pair.shape[-1])), words])
            encoded.append(Conditioning(tokens, torch.cat([one.pooled, other.pooled])))  # type: ignore[list-item]
        return encoded

    def _read_clip(self, tokenizer: Any, encoder: Any, chunks: Sequence[Chunk], clip_skip: int) -> Reading:
        return read_chunks(tokenizer, chunks, self.device, lambda tokens: before_last(encoder, tokens, clip_skip))

    def _room(self, prompts: Sequence[Sequence[Piece]]) -> int:
        """How many tokens T5 reads of each wording: one number for all."""
        if self.text_encoder_3 is None:
            return ROOMS[0]
        longest = max(len(sequence_weights(self.tokenizer_3, prompt)) for prompt in prompts)
        return ROOMS[0] if longest < ROOMS[0] else ROOMS[1]

    def _read_t5(self, prompt: Sequence[Piece], room: int) -> Tensor:
        """What T5 says, or as much silence."""
        if self.text_encoder_3 is None:
            width = self.transformer.config.joint_attention_dim
            return torch.zeros(room, width, dtype=self.dtype, device=self.device)
        return t5.read(self.tokenizer_3, self.text_encoder_3, prompt, room, self.device)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        told = {
            "hidden_states": sample_of(queries, x).to(self.dtype),
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "pooled_projections": torch.stack([query.conditioning.pooled for query in queries]),
            "timestep": timestep,
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))


def load(source: Source, placement: Placement) -> StableDiffusion3:
    """Read the parts of a Stable Diffusion 3 model; ModelError says what is missing or wrong in it."""
    transformer = placement.read(source, "transformer", SD3Transformer2DModel)
    vae = read_autoencoder(source, placement)
    reads_t5, name = source.has("text_encoder_3"), "Stable Diffusion 3"
    return StableDiffusion3(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", CLIPTextModelWithProjection),
        tokenizer=source.tokenizer("tokenizer"),
        text_encoder_2=placement.read(source, "text_encoder_2", CLIPTextModelWithProjection),
        tokenizer_2=source.tokenizer("tokenizer_2"),
        text_encoder_3=placement.read(source, "text_encoder_3", T5EncoderModel) if reads_t5 else None,
        tokenizer_3=source.tokenizer("tokenizer_3") if reads_t5 else None,
        facts=facts_of(name, transformer.config, vae),
        path=flow_path(source.config("scheduler"), even="linspace"),
        prediction="flow",
        device=placement.device,
        report={"text encoders": "CLIP, CLIP and T5" if reads_t5 else "CLIP and CLIP, no T5"},
    )


def facts_of(name: str, network: Any, vae: Any) -> Facts:
    """The facts of a model with a network of this configuration."""
    channels, downscale = vae.config.latent_channels, downscale_of(vae)
    multiple = downscale * network.patch_size
    return Facts(
        family=name,
        channels=channels,
        downscale=downscale,
        multiple=multiple,
        native=network.sample_size * downscale,
        takes_mask=network.in_channels == 2 * channels + 1,
        longest=network.pos_embed_max_size * multiple,
    )

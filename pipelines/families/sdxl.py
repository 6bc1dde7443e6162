"""Stable Diffusion XL: UNet2DConditionModel told of sizes, two CLIP text encoders, AutoencoderKL.

Base models, 9-channel inpainting ones and the refiner, which has the second encoder only and is told an aesthetic score
(Podell et al. 2023, arXiv:2307.01952); noise or v prediction; distilled ones that are told the guidance scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families.adapter import Adapter, is_silent, levels_of
from pipelines.families.autoencoder import read_autoencoder
from pipelines.families.clip import Chunk, before_last, chunks_of, read_chunks
from pipelines.families.conditioning import Conditioning
from pipelines.families.paths import diffusion_path, prediction_of
from pipelines.families.unet import facts_of, output_of, told_guidance
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

BEAUTIFUL, UGLY = 6.0, 2.5
"""The aesthetic scores, out of 10, that the refiner is told to paint towards and away from, as published."""

HALF = torch.float16
"""The 16-bit type that these models are computed in."""


@dataclass(eq=False, kw_only=True)
class StableDiffusionXL(Adapter):
    """The adapter: implements ``pipelines.families.family.Family``.

    ``text_encoder`` and ``tokenizer`` are None for a refiner.  ``hides_silence``: an empty negative prompt is no text
    at all to the network (``force_zeros_for_empty_prompt``).
    """

    unet: Any
    text_encoder: Any
    tokenizer: Any
    text_encoder_2: Any
    tokenizer_2: Any
    hides_silence: bool

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        pairs = ((self.tokenizer, self.text_encoder), (self.tokenizer_2, self.text_encoder_2))
        readers = [(tokenizer, encoder) for tokenizer, encoder in pairs if encoder is not None]
        texts = chunks_of([tokenizer for tokenizer, _ in readers], prompts)

        def read(chunks: Sequence[Sequence[Chunk]], silent: bool) -> Conditioning:
            readings = [
                read_chunks(tokenizer, own, self.device, partial(before_last, encoder, clip_skip=clip_skip))
                for (tokenizer, encoder), own in zip(readers, chunks, strict=True)
            ]
            tokens = torch.cat([reading.tokens for reading in readings], dim=-1)
            return Conditioning(tokens, readings[-1].pooled, silent=silent)

        return [read(chunks, is_silent(said)) for chunks, said in zip(texts, prompts, strict=True)]

    def as_negative(self, conditioning: Conditioning) -> Conditioning:
        negative = replace(conditioning, negative=True)
        if not (conditioning.silent and self.hides_silence) or conditioning.pooled is None:
            return negative
        nothing = torch.zeros_like(conditioning.tokens)
        return replace(negative, tokens=nothing, pooled=torch.zeros_like(conditioning.pooled))

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        told = {
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "added_cond_kwargs": {
                "text_embeds": torch.stack([query.conditioning.pooled for query in queries]),
                "time_ids": self._sizes(queries),
            },
            "timestep_cond": told_guidance(self.unet, self.told_scales(queries), self.dtype),
        }
        shown = x.to(self.dtype)
        output = self.asked(queries, lambda: output_of(self.parts.bring(self.unet), queries, shown, timestep, told))
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))

    def _sizes(self, queries: Sequence[Query]) -> Tensor:
        """What the network is told of each picture: it is an uncut one of its own size, or of this score."""
        height, width = (side * self.facts.downscale for side in queries[0].x.shape[1:])
        uncut = [height, width, 0, 0]
        if self._is_scored:
            told = [[*uncut, UGLY if query.conditioning.negative else BEAUTIFUL] for query in queries]
        else:
            told = [[*uncut, height, width] for _ in queries]
        return torch.tensor(told, dtype=self.dtype, device=self.device)

    @property
    def _is_scored(self) -> bool:
        """Whether there is room for five numbers beside the pooled prompt, as in a refiner, and not for six."""
        config = self.unet.config
        room = config.projection_class_embeddings_input_dim - self.text_encoder_2.config.projection_dim
        return bool(room == 5 * config.addition_time_embed_dim)


def load(source: Source, placement: Placement) -> StableDiffusionXL:
    """Read the parts of an SDXL model; ModelError says what is missing or wrong in it."""
    scheduler = source.config("scheduler")
    prediction = prediction_of(scheduler, source.name)
    unet = placement.read(source, "unet", UNet2DConditionModel)
    vae = read_autoencoder(source, placement)
    index = source.config("model_index")
    both = source.has("text_encoder") or bool((index.get("text_encoder") or [None])[0])
    name = "Stable Diffusion XL"
    return StableDiffusionXL(
        unet=unet,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", CLIPTextModel) if both else None,
        tokenizer=source.tokenizer("tokenizer") if both else None,
        text_encoder_2=placement.read(source, "text_encoder_2", CLIPTextModelWithProjection),
        tokenizer_2=source.tokenizer("tokenizer_2"),
        hides_silence=bool(index.get("force_zeros_for_empty_prompt", both)),
        facts=facts_of(name, unet, vae, native_cells=128),
        path=diffusion_path(scheduler),
        prediction=prediction,
        device=placement.device,
    )

"""Flux.2 klein: Flux2Transformer2DModel, Qwen3 as text encoder, an autoencoder whose latents are patches of 2×2 cells.

Distilled ones need four steps and no guidance, base ones are guided.  They match flows, with a shift that grows with
the picture and with how few steps there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from torch import Tensor
from transformers import Qwen3ForCausalLM

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.engine.schedule import FlowPath, Settling
from pipelines.families import autoencoder, chat
from pipelines.families.adapter import levels_of
from pipelines.families.alone import ReadAlone
from pipelines.families.family import Facts
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

NATIVE = 1024
ROOM = 512
"""Tokens that are read, the chat around the words and what fills them up among them."""

LAYERS = (9, 18, 27)
"""Of the text encoder, counted from the first."""

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in some of their layers."""


@dataclass(eq=False, kw_only=True)
class Flux2(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``."""

    cells_at_once: ClassVar[Mapping[str, int]] = {"cpu": 2048, "cuda": 4096}

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        frame = chat.frame_of(self.tokenizer, thinking=False)
        said = chat.framed(self.tokenizer, frame, prompt, ROOM)
        return chat.read_filled(self.text_encoder, said, LAYERS, self.device, ROOM, self.tokenizer.pad_token_id)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        height, width = x.shape[2:]
        tokens = torch.stack([query.conditioning.tokens for query in queries])
        told = {
            "hidden_states": x.flatten(2).transpose(1, 2).to(self.dtype),
            "encoder_hidden_states": tokens,
            "timestep": timestep / 1000,
            "guidance": None,
            "img_ids": places(1, height, width, 1).to(self.device),
            "txt_ids": places(1, 1, 1, tokens.shape[1]).to(self.device),
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])
        return list(to_x0(self.prediction, output.float().transpose(1, 2).reshape(x.shape), x, alpha, sigma))

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        raw = patches(autoencoder.encode(self.parts.bring(self.vae), pixels, self._sparing(pixels[0].numel())))
        mean, std = self._spread
        return (raw - mean) / std

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        mean, std = self._spread
        pixels = latents[0].numel() * self.facts.downscale**2
        raw = cells(latents.to(self.device) * std + mean)
        return autoencoder.decode(self.vae, raw, self._sparing(pixels), self.go_on)

    @property
    def _spread(self) -> tuple[Tensor, Tensor]:
        """The mean and the spread of each channel, as the autoencoder saw them in its training."""
        norm = self.parts.bring(self.vae).bn
        spread = (norm.running_var.float() + self.vae.config.batch_norm_eps).sqrt()
        return norm.running_mean.float().view(-1, 1, 1), spread.view(-1, 1, 1)


def patches(latents: Tensor) -> Tensor:
    """(channels, h, w) → (4 · channels, h / 2, w / 2)."""
    return torch.pixel_unshuffle(latents, 2)


def cells(latents: Tensor) -> Tensor:
    """The way back."""
    return torch.pixel_shuffle(latents, 2)


def places(*counts: int) -> Tensor:
    """Every place in a grid of so many frames, rows, columns and words: [n, 4]."""
    return torch.cartesian_prod(*(torch.arange(count).float() for count in counts))


def load(source: Source, placement: Placement) -> Flux2:
    """Read the parts of a Flux.2 klein model; ModelError says what is missing or wrong in it."""
    transformer = placement.read(source, "transformer", Flux2Transformer2DModel)
    vae = autoencoder.read_autoencoder(source, placement, AutoencoderKLFlux2)
    scheduler, downscale = source.config("scheduler"), 2 * autoencoder.downscale_of(vae)
    return Flux2(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", Qwen3ForCausalLM),
        tokenizer=source.tokenizer("tokenizer"),
        facts=Facts(
            family="Flux.2",
            channels=4 * autoencoder.channels_of(vae),
            downscale=downscale,
            multiple=downscale,
            native=NATIVE,
            takes_mask=False,
            weighs_words=False,  # nobody has found out what it would be to weigh words in three layers at once
        ),
        path=FlowPath(growth=Settling()) if scheduler.get("use_dynamic_shifting") else flow_path(scheduler),
        prediction="flow",
        device=placement.device,
    )

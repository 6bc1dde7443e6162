"""Z-Image: ZImageTransformer2DModel, which takes words and picture in one stream, Qwen3 as text encoder, AutoencoderKL.

It matches flows, but counts time from noise to picture and puts out the velocity that way.  Turbo needs no guidance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import ZImageTransformer2DModel
from torch import Tensor
from transformers import Qwen3Model

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families import chat
from pipelines.families.adapter import levels_of
from pipelines.families.alone import ReadAlone
from pipelines.families.autoencoder import downscale_of, read_autoencoder
from pipelines.families.family import Facts
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

NATIVE = 1024
ROOM = 512
"""Tokens that are read, the chat around the words among them."""

LAYERS = (-2,)
"""Of the text encoder: the one before the last."""

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in some of their layers."""


@dataclass(eq=False, kw_only=True)
class ZImage(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``."""

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        said = chat.framed(self.tokenizer, chat.frame_of(self.tokenizer), prompt, ROOM)
        return chat.read(self.text_encoder, said, LAYERS, self.device)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        shown = list(x.to(self.dtype).unsqueeze(2))  # a picture is a film of one frame
        words = [query.conditioning.tokens for query in queries]
        time = 1 - timestep / 1000
        output = self.asked(
            queries, lambda: torch.stack(self.transformer(shown, time, words, return_dict=False)[0]).squeeze(2)
        )
        return list(to_x0(self.prediction, -output.float(), x, alpha, sigma))


def load(source: Source, placement: Placement) -> ZImage:
    """Read the parts of a Z-Image model; ModelError says what is missing or wrong in it."""
    transformer = placement.read(source, "transformer", ZImageTransformer2DModel)
    vae = read_autoencoder(source, placement)
    downscale = downscale_of(vae)
    return ZImage(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", Qwen3Model),
        tokenizer=source.tokenizer("tokenizer"),
        facts=Facts(
            family="Z-Image",
            channels=vae.config.latent_channels,
            downscale=downscale,
            multiple=2 * downscale,
            native=NATIVE,
            takes_mask=False,
            weighs_words=False,  # the first thing that its network does with them is to normalise them
        ),
        path=flow_path(source.config("scheduler")),
        prediction="flow",
        device=placement.device,
    )

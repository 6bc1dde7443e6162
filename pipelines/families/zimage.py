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

from pipelines.attention import use_attention
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families import chat
from pipelines.families.adapter import levels_of, said_of
from pipelines.families.alone import ReadAlone
from pipelines.families.autoencoder import downscale_of, read_autoencoder
from pipelines.families.family import Facts
from pipelines.families.paths import flow_path
from pipelines.prompt import Piece
from pipelines.sources import Source

NATIVE = 1024
ROOM = 512
"""Tokens that are read, the chat around the words among them."""

LAYERS = (-2,)
"""Of the text encoder: the one before the last."""


@dataclass(eq=False, kw_only=True)
class ZImage(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``."""

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        said = chat.framed(self.tokenizer, chat.frame_of(self.tokenizer), prompt, ROOM)
        return chat.read(self.text_encoder, said, LAYERS, self.device)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        shown = list(x.to(self.transformer.dtype).unsqueeze(2))  # a picture is a film of one frame
        words = [query.conditioning.tokens for query in queries]
        time = 1 - timestep / 1000
        output = self.asked(
            queries, lambda: torch.stack(self.transformer(shown, time, words, return_dict=False)[0]).squeeze(2)
        )
        return list(to_x0(self.prediction, -output.float(), x, alpha, sigma))


def load(source: Source, device: torch.device, attention: str) -> ZImage:
    """Read the parts of a Z-Image model; ModelError says what is missing or wrong in it."""
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    transformer = source.weights("transformer", ZImageTransformer2DModel, dtype).to(device)
    vae = read_autoencoder(source, dtype, device)
    downscale = downscale_of(vae)
    return ZImage(
        transformer=transformer,
        vae=vae,
        text_encoder=source.weights("text_encoder", Qwen3Model, dtype).to(device),
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
        device=device,
        report=said_of("Z-Image", device, transformer, vae, use_attention([transformer, vae], attention, device)),
    )

"""Chroma: ChromaTransformer2DModel, which is Flux without CLIP, T5, AutoencoderKL with a shift.

It was trained to be guided again, and to see of what fills a prompt up one token only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import ChromaTransformer2DModel
from torch import Tensor
from transformers import T5EncoderModel

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families import t5
from pipelines.families.adapter import levels_of
from pipelines.families.alone import ReadAlone
from pipelines.families.autoencoder import channels_of, downscale_of, read_autoencoder
from pipelines.families.family import Facts
from pipelines.families.packing import packed, places, unpacked
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

NATIVE = 1024
ROOM = 512
"""Tokens that T5 reads."""

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in some of their layers."""


@dataclass(eq=False, kw_only=True)
class Chroma(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``."""

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        return t5.read_alone(self.tokenizer, self.text_encoder, prompt, ROOM, self.device)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        height, width = x.shape[2:]
        tokens = torch.stack([query.conditioning.tokens for query in queries])
        told = {
            "hidden_states": packed(x).to(self.dtype),
            "encoder_hidden_states": tokens,
            "timestep": timestep / 1000,
            "img_ids": places(height, width, self.device),
            "txt_ids": torch.zeros(tokens.shape[1], 3, device=self.device),
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])
        return list(to_x0(self.prediction, unpacked(output.float(), height, width), x, alpha, sigma))


def load(source: Source, placement: Placement) -> Chroma:
    """Read the parts of a Chroma model; ModelError says what is missing or wrong in it."""
    transformer = placement.read(source, "transformer", ChromaTransformer2DModel)
    vae = read_autoencoder(source, placement)
    downscale = downscale_of(vae)
    return Chroma(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", T5EncoderModel),
        tokenizer=source.tokenizer("tokenizer"),
        facts=Facts(
            family="Chroma",
            channels=channels_of(vae),
            downscale=downscale,
            multiple=2 * downscale,
            native=NATIVE,
            takes_mask=False,
        ),
        path=flow_path(source.config("scheduler")),
        prediction="flow",
        device=placement.device,
    )

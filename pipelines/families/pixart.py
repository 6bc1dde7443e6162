"""PixArt-Alpha and PixArt-Sigma: PixArtTransformer2DModel, T5, AutoencoderKL.

They predict noise, and of their second half of channels its spread, which samplers have no use for.  All that they were
taught is in lower case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from diffusers import PixArtTransformer2DModel
from torch import Tensor
from transformers import T5EncoderModel

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families import t5
from pipelines.families.adapter import levels_of
from pipelines.families.alone import ReadAlone
from pipelines.families.autoencoder import channels_of, downscale_of, read_autoencoder
from pipelines.families.family import Facts
from pipelines.families.paths import diffusion_path, prediction_of
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

ROOMS = {"PixArtAlphaPipeline": 120, "PixArtSigmaPipeline": 300}
"""Tokens that T5 reads, by what diffusers calls the pipeline: as published."""

HALF = torch.float16
"""The 16-bit type that these models are computed in."""


@dataclass(eq=False, kw_only=True)
class PixArt(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``.  ``room``: how many tokens it reads."""

    room: int

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        said = [replace(piece, text=piece.text.lower()) for piece in prompt]
        return t5.read_bare(self.tokenizer, self.text_encoder, said, self.room, self.device)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        told = {
            "hidden_states": x.to(self.dtype),
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "timestep": timestep,
            "added_cond_kwargs": self._sizes(x),
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])[:, : self.facts.channels]
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))

    def _sizes(self, x: Tensor) -> dict[str, Any]:
        """What some of these networks are told of each picture: its height and width, and the one over the other."""
        if not self.transformer.use_additional_conditions:
            return {"resolution": None, "aspect_ratio": None}
        height, width = (side * self.facts.downscale for side in x.shape[2:])
        own: dict[str, Any] = {"device": self.device, "dtype": self.dtype}
        told = {
            "resolution": torch.tensor([height, width], **own),
            "aspect_ratio": torch.tensor([height / width], **own),
        }
        return {name: each.repeat(len(x), 1) for name, each in told.items()}


def load(source: Source, placement: Placement) -> PixArt:
    """Read the parts of a PixArt model; ModelError says what is missing or wrong in it."""
    scheduler = source.config("scheduler")
    prediction = prediction_of(scheduler, source.name)
    transformer = placement.read(source, "transformer", PixArtTransformer2DModel)
    vae = read_autoencoder(source, placement)
    downscale = downscale_of(vae)
    return PixArt(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", T5EncoderModel),
        tokenizer=source.tokenizer("tokenizer"),
        room=ROOMS[source.config("model_index")["_class_name"]],
        facts=Facts(
            family="PixArt",
            channels=channels_of(vae),
            downscale=downscale,
            multiple=transformer.config.patch_size * downscale,
            native=transformer.config.sample_size * downscale,
            takes_mask=False,
        ),
        path=diffusion_path(scheduler),
        prediction=prediction,
        device=placement.device,
    )

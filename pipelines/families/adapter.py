"""What all adapters do alike: everything but reading prompts and asking the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pipelines.adapters.controls import Shown
from pipelines.adapters.rack import Adapters, Rack
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import Prediction
from pipelines.engine.schedule import Path
from pipelines.families import autoencoder
from pipelines.families.conditioning import Conditioning
from pipelines.families.family import Facts
from pipelines.families.preview import fit_preview
from pipelines.memory import Appetite
from pipelines.prompt import Piece
from pipelines.shelf import Shelf

FIRST = 2
"""Queries in the first call, which shows how much memory one takes: a picture's prompt and negative prompt."""


@dataclass(eq=False, kw_only=True)
class Adapter:
    """The larger part of ``pipelines.families.family.Family``."""

    vae: Any
    facts: Facts
    path: Path
    prediction: Prediction
    device: torch.device
    report: dict[str, str]
    shelf: Shelf | None = None
    thrift: int = 0

    savings: ClassVar[Sequence[str]] = ("one query in a call of the network", "the autoencoder tile by tile")
    cells_at_once: ClassVar[Mapping[str, int]] = {"cpu": 8192, "cuda": 65536}
    """Latent cells in one network call beyond which it is no quicker: 8192 is eight 256-pixel pictures of SD 1."""

    def with_guidance(self, conditioning: Conditioning, scale: float) -> Conditioning:
        return replace(conditioning, scale=scale)

    def with_mask(self, conditioning: Conditioning, mask: Tensor, kept: Tensor) -> Conditioning:
        return replace(conditioning, extra=torch.cat([mask, kept]))

    def with_adapters(self, conditioning: Conditioning, adapters: Adapters) -> Conditioning:
        return replace(conditioning, adapters=adapters)

    def with_controls(self, conditioning: Conditioning, controls: tuple[Shown, ...]) -> Conditioning:
        return replace(conditioning, controls=controls)

    def as_negative(self, conditioning: Conditioning) -> Conditioning:
        return conditioning

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        return autoencoder.encode(self.vae, pixels, self._tiled(pixels[0].numel()))

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        return autoencoder.decode(self.vae, latents, self._tiled(latents[0].numel() * self.facts.downscale**2))

    def _tiled(self, pixels: int) -> bool:
        return pixels > autoencoder.TILED_ABOVE or self.thrift > 1

    def preview(self, x0: Tensor) -> Tensor:
        factors, bias = self._preview
        return torch.einsum("chw,cr->rhw", x0, factors) + bias[:, None, None]

    @cached_property
    def _preview(self) -> tuple[Tensor, Tensor]:
        return fit_preview(self.encode, self.facts.downscale, self.device)

    def at_once(self, width: int, height: int) -> int:
        if self.thrift:
            return 1
        cells = (width // self.facts.downscale) * (height // self.facts.downscale)
        quick = max(self.cells_at_once.get(self.device.type, self.cells_at_once["cpu"]) // cells, 1)
        return min(quick, self.appetite.room(cells) or FIRST)

    @cached_property
    def appetite(self) -> Appetite:
        """What the network's calls take, measured as they come."""
        return Appetite(self.device)

    @cached_property
    def rack(self) -> Rack:
        """What can be put on the network and the text encoders."""
        parts = {name: part for name, part in vars(self).items() if isinstance(part, nn.Module) and name != "vae"}
        return Rack(parts, self.device, self.shelf)

    def asked(self, queries: Sequence[Query], call: Callable[[], Tensor]) -> Tensor:
        """The network's answer to ``call``, which asks it these; with their adapters on, for just this call."""
        with self.rack.on(queries[0].conditioning.adapters):
            return self.appetite.taking(queries[0].x[0].numel(), len(queries), call)

    def told_scales(self, queries: Sequence[Query]) -> Tensor:
        """The guidance scale of each query, [n]."""
        return torch.tensor([query.conditioning.scale for query in queries], device=self.device)


def said_of(family: str, device: torch.device, network: Any, vae: Any, attention: str) -> dict[str, str]:
    """The report of a model: what is really on."""
    precision, other = (str(module.dtype).removeprefix("torch.") for module in (network, vae))
    return {
        "family": family,
        "device": str(device),
        "precision": precision if precision == other else f"{precision}, the autoencoder in {other}",
        "attention": attention,
    }


def is_silent(prompt: Sequence[Piece]) -> bool:
    """Whether a wording says nothing."""
    return not any(piece.text.strip() for piece in prompt)


def levels_of(queries: Sequence[Query], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """alpha and sigma [n, 1, 1, 1] and the timestep [n] of each query."""
    alpha, sigma, timestep = torch.tensor([query.level for query in queries], dtype=torch.float32, device=device).T
    return alpha.view(-1, 1, 1, 1), sigma.view(-1, 1, 1, 1), timestep


def sample_of(queries: Sequence[Query], x: Tensor) -> Tensor:
    """What a network sees: ``x`` [n, channels, h, w] with the extra channels behind it, if there are any."""
    extra = [query.conditioning.extra for query in queries]
    return x if extra[0] is None else torch.cat([x, torch.stack(extra)], dim=1)

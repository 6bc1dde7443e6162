"""What all adapters do alike: everything but reading prompts and asking the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pipelines.adapters.controls import Shown
from pipelines.adapters.image_prompts import Glimpse
from pipelines.adapters.rack import Adapters, Rack
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import Prediction
from pipelines.engine.schedule import Path
from pipelines.families import autoencoder
from pipelines.families.conditioning import Conditioning
from pipelines.families.family import Facts, always
from pipelines.families.preview import fit_preview
from pipelines.memory import Appetite, release
from pipelines.offloading import WORDS, Parts
from pipelines.placement import NETWORKS
from pipelines.prompt import Piece
from pipelines.remembering import Remembered, digest
from pipelines.shelf import Shelf

SAVINGS = ("one query in a call of the network", "the autoencoder piece by piece")

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
    report: dict[str, str] = field(default_factory=dict)
    shelf: Shelf | None = None
    go_on: Callable[[], bool] = always
    remembered: Remembered = field(default_factory=Remembered)
    _thrift: int = field(default=0, init=False)
    _less: Sequence[str] = field(default=(), init=False)

    cells_at_once: ClassVar[Mapping[str, int]] = {"cpu": 8192, "cuda": 65536}
    """Latent cells in one network call beyond which it is no quicker: 8192 is eight 256-pixel pictures of SD 1."""

    @property
    def modules(self) -> dict[str, Any]:
        """Its parts by the names that diffusers' layout gives them."""
        return {name: part for name, part in vars(self).items() if isinstance(part, nn.Module)}

    @property
    def network(self) -> Any:
        """The one of them that estimates."""
        return next(part for name, part in self.modules.items() if name in NETWORKS)

    @cached_property
    def dtype(self) -> torch.dtype:
        """What the network computes in.  Asked once: a network goes through all of its layers to tell."""
        return self.network.dtype

    @cached_property
    def parts(self) -> Parts:
        """Where they are: all on the device, until they are settled otherwise."""
        return Parts(self.modules, self.device, self.dtype)

    @property
    def savings(self) -> Sequence[str]:
        """Some go without a trace once they are no more needed; then the parts leave the device, to come and go."""
        return (*SAVINGS, *(WORDS[memory] for memory in self._less))

    @property
    def thrift(self) -> int:
        """How many of them are in force."""
        return self._thrift

    @thrift.setter
    def thrift(self, thrift: int) -> None:
        if thrift == 0:
            self._less = tuple(self.parts.less)
        elif thrift > len(SAVINGS):
            self.parts.settle(self._less[thrift - len(SAVINGS) - 1])
            self.report = {**self.report, "placement": self.parts.said}
        self._thrift = thrift

    def rest(self) -> bool:
        """Leave the device to another model, for the processor's memory; whether that could be done.

        Parts that take turns on the device are not moved: they are brought there by hooks of their own.
        """
        if self.device.type == "cpu":
            return True
        weights = [weight for part in self.modules.values() for weight in part.parameters()]
        if any(weight.device.type != self.device.type for weight in weights):
            return False
        self.rack.forget()
        self.remembered.forget()
        self._move(torch.device("cpu"))
        release(self.device)
        return True

    def wake(self) -> None:
        """Come back to the device."""
        self._move(self.device)

    def _move(self, device: torch.device) -> None:
        for part in self.modules.values():
            part.to(device)

    def with_guidance(self, conditioning: Conditioning, scale: float) -> Conditioning:
        return replace(conditioning, scale=scale)

    def with_mask(self, conditioning: Conditioning, mask: Tensor, kept: Tensor) -> Conditioning:
        return replace(conditioning, extra=torch.cat([mask, kept]))

    def with_adapters(self, conditioning: Conditioning, adapters: Adapters) -> Conditioning:
        return replace(conditioning, adapters=adapters)

    def with_controls(self, conditioning: Conditioning, controls: tuple[Shown, ...]) -> Conditioning:
        return replace(conditioning, controls=controls)

    def with_glimpses(self, conditioning: Conditioning, glimpses: tuple[Glimpse, ...]) -> Conditioning:
        return replace(conditioning, glimpses=glimpses)

    def as_negative(self, conditioning: Conditioning) -> Conditioning:
        return conditioning

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        sparing = self._sparing(pixels[0].numel())
        return self.remembered.of(
            (digest(pixels), sparing), lambda: autoencoder.encode(self.parts.bring(self.vae), pixels, sparing)
        )

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        pixels = latents[0].numel() * self.facts.downscale**2
        return autoencoder.decode(self.parts.bring(self.vae), latents, self._sparing(pixels), self.go_on)

    def _sparing(self, pixels: int) -> bool:
        return pixels > autoencoder.SPARING_ABOVE or self.thrift > 1 or self.parts.memory in ("low", "minimal")

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
        return Rack({name: part for name, part in self.modules.items() if name != "vae"}, self.device, self.shelf)

    def asked(self, queries: Sequence[Query], call: Callable[[], Tensor]) -> Tensor:
        """The network's answer to ``call``, which asks it these; with their adapters on, for just this call."""
        self.parts.bring(self.network)
        glimpses = [query.conditioning.glimpses for query in queries]
        with self.rack.on(queries[0].conditioning.adapters, glimpses):
            return self.appetite.taking(queries[0].x[0].numel(), len(queries), call)

    def told_scales(self, queries: Sequence[Query]) -> Tensor:
        """The guidance scale of each query, [n]."""
        return torch.tensor([query.conditioning.scale for query in queries], device=self.device)


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

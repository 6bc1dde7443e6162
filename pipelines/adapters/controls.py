"""ControlNets (Zhang et al. 2023, arXiv:2302.05543): networks that see a picture and speak to the model's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from pipelines.controls import Control


@dataclass(frozen=True, eq=False)
class ControlNet:
    """A loaded one; ``sha256`` of its file, as hexadecimal text."""

    network: Any
    sha256: str


@dataclass(frozen=True, eq=False)
class Shown:
    """What a ControlNet is shown while an estimate is made: a ``picture`` (3, height, width) in [0, 1].

    ``cell``: pixels of it per latent cell and side.
    """

    network: Any
    picture: Tensor
    weight: float
    cell: int

    @property
    def batch_key(self) -> tuple[Any, ...]:
        return id(self.network), self.weight

    @property
    def whole_picture(self) -> int:
        """What tells one picture from another, and is the same for all parts of one, which are views of it."""
        return self.picture.untyped_storage().data_ptr()

    def part(self, rows: slice, columns: slice) -> Shown:
        """The same for a part of the latents."""
        high, wide = (slice(side.start * self.cell, side.stop * self.cell) for side in (rows, columns))
        return replace(self, picture=self.picture[:, high, wide])


@dataclass(frozen=True, eq=False)
class Held:
    """A control of a request, and the network that it names."""

    control: Control
    controlnet: ControlNet

    def shown(self, picture: Tensor, cell: int) -> Shown:
        """It, with its picture laid onto the canvas."""
        return Shown(self.controlnet.network, picture, self.control.weight, cell)

"""One picture's noise: its own seeded stream, drawn on the CPU in float32 so that a seed means the same everywhere."""

from __future__ import annotations

import torch
from torch import Tensor


class Noise:
    """Standard normal draws of one shape; the n-th draw depends on the seed and n alone."""

    def __init__(self, seed: int, shape: tuple[int, ...], device: torch.device | str = "cpu") -> None:
        self._stream = torch.Generator("cpu").manual_seed(seed)
        self._shape = shape
        self._device = device

    def __call__(self) -> Tensor:
        return torch.randn(self._shape, generator=self._stream).to(self._device)

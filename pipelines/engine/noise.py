"""One picture's noise: its own seeded stream, drawn on the CPU in float32 so that a seed means the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


class Noise:
    """Standard normal draws of one shape; the n-th draw depends on the seed and n alone.

    ``source``: the device whose generator is used, "cpu" for the same draws on every machine.
    """

    def __init__(
        self, seed: int, shape: tuple[int, ...], device: torch.device | str = "cpu", source: torch.device | str = "cpu"
    ) -> None:
        self._stream = torch.Generator(source).manual_seed(seed)
        self._shape = shape
        self._device = device

    def __call__(self) -> Tensor:
        return torch.randn(self._shape, generator=self._stream, device=self._stream.device).to(self._device)


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """The point ``share`` of the way from ``start`` to ``end`` along the arc between them (Shoemake 1985).

    Between two draws of noise it is again a draw of noise: a straight line would lose spread on its way.
    """
    angle = torch.acos((start.flatten() @ end.flatten() / (start.norm() * end.norm())).clamp(-1, 1))
    if math.isclose(float(angle.sin()), 0.0, abs_tol=1e-6):
        return start + share * (end - start)
    return ((1 - share) * angle).sin() / angle.sin() * start + (share * angle).sin() / angle.sin() * end


def of_size(draw: Callable[[tuple[int, ...]], Tensor], shape: tuple[int, ...], height: int, width: int) -> Tensor:
    """Noise (channels, h, w) in whose middle lies that of another size, as much of it as there is room for.

    ``draw(shape)`` gives the seed's first noise of a shape.
    """
    whole, part = draw(shape), draw((shape[0], height, width))
    rows, part_rows = _middle(shape[1], height)
    columns, part_columns = _middle(shape[2], width)
    whole[:, rows, columns] = part[:, part_rows, part_columns]
    return whole


def _middle(room: int, length: int) -> tuple[slice, slice]:
    """Where the middle of ``length`` lies in ``room``, and which part of it that is."""
    kept = min(room, length)
    into, out_of = (room - kept) // 2, (length - kept) // 2
    return slice(into, into + kept), slice(out_of, out_of + kept)

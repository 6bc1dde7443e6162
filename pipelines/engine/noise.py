"""One picture's noise: its own seeded stream, drawn on the CPU in float32 so that a seed means the same everywhere."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import torch
from torch import Tensor

BLOCK = 16
"""Cells on the side of a block of anchored noise."""


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


class AnchoredNoise:
    """Standard normal draws that belong to places: a place has the same noise in whatever part of a canvas it is drawn.

    ``corner``: (row, column) of the part's first cell on the canvas, which has no bounds; cells may be negative.  The
    canvas is laid out in blocks, and each block's n-th draw has a stream of its own, on the CPU.
    """

    def __init__(
        self, seed: int, shape: tuple[int, ...], corner: tuple[int, int], device: torch.device | str = "cpu"
    ) -> None:
        self._seed, self._shape, self._corner, self._device = seed, shape, corner, device
        self._drawn = 0

    def __call__(self) -> Tensor:
        channels, height, width = self._shape
        (top, left), drawn = self._corner, self._drawn
        self._drawn += 1
        rows = range(top // BLOCK, (top + height - 1) // BLOCK + 1)
        columns = range(left // BLOCK, (left + width - 1) // BLOCK + 1)
        blocks = [torch.cat([self._block(channels, drawn, row, column) for column in columns], 2) for row in rows]
        row, column = top - rows[0] * BLOCK, left - columns[0] * BLOCK
        return torch.cat(blocks, 1)[:, row : row + height, column : column + width].to(self._device)

    def _block(self, channels: int, drawn: int, row: int, column: int) -> Tensor:
        name = f"{self._seed} {drawn} {row} {column}".encode()
        seed = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)
        return torch.randn((channels, BLOCK, BLOCK), generator=torch.Generator().manual_seed(seed))


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

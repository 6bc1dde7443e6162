"""What a decoder is made of, each as a map that is computed out of another: convolutions and group norms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pipelines import onednn
from pipelines.decoding.maps import Map

Kernel = Callable[[Tensor], Tensor]
"""(rows, width, channels) → the same of other channels; rows that it cannot look around are lost."""


def normalised(map: Map, norm: Any) -> Map:
    """Group norm and SiLU of a map that has been surveyed.

    With what it is divided by known, a group norm is a batch norm that has been trained, where the channels of a group
    have all the same mean and variance.
    """
    assert map.spread is not None, "it must have been surveyed"
    spread = map.spread.of_groups(norm.num_groups)
    mean, variance = (each.float().to(map.device) for each in (spread.mean, spread.variance))
    weight, bias = norm.weight.float(), norm.bias.float()

    def rows(top: int, bottom: int) -> Tensor:
        even = F.batch_norm(_seen(map.rows(top, bottom)), mean, variance, weight, bias, False, 0.0, norm.eps)
        return F.silu(_laid(even), inplace=True)

    return replace(map, rows=rows, stored=None, spread=None)


def convolved(map: Map, conv: Any) -> Map:
    """A 3×3 convolution."""
    kernel = kernel_of(conv.weight, conv.bias, 1)
    return _made_of(map, conv, lambda top, bottom: kernel(map.around(top - 1, bottom + 1)))


def mixed(map: Map, conv: Any) -> Map:
    """A 1×1 convolution."""
    kernel = kernel_of(conv.weight, conv.bias, 0)
    return _made_of(map, conv, lambda top, bottom: kernel(map.rows(top, bottom)))


def added(map: Map, other: Map) -> Map:
    """The sum of a map that is computed and another."""
    return replace(
        map,
        rows=lambda top, bottom: map.rows(top, bottom).add_(other.rows(top, bottom)),
        widest=max(map.widest, other.widest),
    )


def enlarged(map: Map, conv: Any) -> Map:
    """A 3×3 convolution of the map at twice its size, each pixel repeated.

    For every other row of the result two of the three rows that it looks at are the same, and so with its columns.
    Hence four convolutions of 2×2 on the map as it is, one for each place in a square of 2×2.
    """
    kernels = [[kernel_of(kernel, conv.bias, 1) for kernel in row] for row in squares_of(conv.weight)]

    def rows(top: int, bottom: int) -> Tensor:
        first, last = top // 2, (bottom + 1) // 2
        seen, count = map.around(first - 1, last + 1), last - first
        made = seen.new_empty(count, 2, map.width, 2, conv.out_channels)
        for down, row in enumerate(kernels):
            for across, kernel in enumerate(row):
                made[:, down, :, across] = kernel(seen[down : down + count + 1])[:, across : across + map.width]
        return made.view(2 * count, 2 * map.width, -1)[top - 2 * first : bottom - 2 * first]

    return replace(_made_of(map, conv, rows), height=2 * map.height, width=2 * map.width)


def squares_of(weight: Tensor) -> list[list[Tensor]]:
    """The four kernels of 2×2, by row and column of the pixel that they make, that together are one of 3×3."""
    return [[part.to(weight.dtype) for part in _pairs(half, 3)] for half in _pairs(weight.float(), 2)]


def _pairs(weight: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Three weights along ``dim`` as two: for the first of two equal pixels, and for the second."""
    one, two, three = weight.split(1, dim)
    return torch.cat([one, two + three], dim), torch.cat([one + two, three], dim)


def kernel_of(weight: Tensor, bias: Tensor | None, padding: int) -> Kernel:
    """A convolution with so many zeros at the left and at the right, with its weights laid out as the device likes it.

    On the processor each call would lay them out anew, which can take longer than a band.
    """
    around = [0, padding]
    if is_for_onednn(weight):
        ones, library = [1, 1], torch.ops.mkldnn
        laid = library._reorder_convolution_weight(weight, around, ones, ones, 1, None)
        return lambda rows: _laid(
            library._convolution_pointwise(_seen(rows), laid, bias, around, ones, ones, 1, "none", [], "")
        )
    laid = weight.contiguous(memory_format=torch.channels_last)
    return lambda rows: _laid(F.conv2d(_seen(rows), laid, bias, padding=around))


def is_for_onednn(weight: Tensor) -> bool:
    """Whether torch computes with this library here, and it has one layout of such weights for pictures of any size."""
    is_there = weight.device.type == "cpu" and onednn.computes(weight.dtype)
    return is_there and onednn.has_layout(weight.shape[1], weight.shape[0])


def _made_of(map: Map, conv: Any, rows: Callable[[int, int], Tensor]) -> Map:
    channels = conv.out_channels
    return replace(map, rows=rows, channels=channels, widest=max(map.widest, channels), stored=None, spread=None)


def _seen(rows: Tensor) -> Tensor:
    """Rows as torch's layers take them: (1, channels, rows, width), the channels last in memory."""
    return rows.permute(2, 0, 1)[None]


def _laid(seen: Tensor) -> Tensor:
    """The way back."""
    return seen[0].permute(1, 2, 0)

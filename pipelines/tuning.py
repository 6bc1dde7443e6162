"""A network made ready for the processor: its weights laid out once as the matrix library wants them.

oneDNN computes with weights in blocks of a layout of its own.  Given plain ones it lays them out again in every call,
which for small pictures takes as long as what it then computes.  Here a layer does so when it is first called, and lets
go of the plain weights, so that loading is no slower and nothing is held twice.  The answers are the same but for
rounding; whatever is added to a layer from outside, as LoRAs are, is added as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pipelines import onednn
from pipelines.memory import free_bytes
from pipelines.placement import NETWORKS, Placement, count_of
from pipelines.sources import Source
from pipelines.sources.waiting import waiting_in

SIZE = (2, 64, 64)
"""Pictures, height and width that layouts are made for: one for all, or sums would differ with what came first."""

LARGE = 100_000_000
"""Weights of a network beyond which bfloat16 is worth its rounding: Stable Diffusion 1 has 860 million of them."""

PLAIN = "as it was read"
LAID_OUT = "weights laid out for the processor"


class PackedLinear(nn.Linear):
    """A matrix with its weight laid out."""

    def forward(self, input: Tensor) -> Tensor:
        if self.weight.layout is torch.strided:
            self.weight = _opaque(_matrix(self.weight.to(input.dtype)))
        return _multiplied(input, self.weight, self.bias)


class PackedPoints(nn.Conv2d):
    """A convolution that looks at one point at a time: a matrix, with its weight laid out."""

    def forward(self, input: Tensor) -> Tensor:
        if self.weight.layout is torch.strided:
            self.weight = _opaque(_matrix(self.weight.flatten(1).to(input.dtype)))
        points = input.permute(0, 2, 3, 1).contiguous()
        return _multiplied(points, self.weight, self.bias).permute(0, 3, 1, 2)


class PackedConv2d(nn.Conv2d):
    """A convolution with its weight laid out."""

    def forward(self, input: Tensor) -> Tensor:
        about: Sequence[Any] = (self.padding, self.stride, self.dilation, self.groups)
        if self.weight.layout is torch.strided:
            shape = [SIZE[0], self.in_channels, *SIZE[1:]]
            reorder: Any = torch._C._nn.mkldnn_reorder_conv2d_weight  # whose stub knows fewer arguments
            self.weight = _opaque(reorder(self.weight.to(input.dtype).to_mkldnn(), *about, shape))
        pixels = input.contiguous(memory_format=torch.channels_last)
        answer: Tensor = torch.ops.mkldnn._convolution_pointwise(pixels, self.weight, self.bias, *about, "none", [], "")
        return answer


def tune(network: nn.Module, placement: Placement) -> str:
    """Let the layers of a network that gain by it lay out their weights; what is on then, in words."""
    if not suits(placement, network):
        return PLAIN
    kinds = [(name, layer, kind) for name, layer in network.named_modules() if (kind := _packed(layer)) is not None]
    waiting = waiting_in(network)
    for name, layer, kind in kinds:
        layer.__class__ = kind
        waiting.pop(f"{name}.weight", None)  # it is converted when it is laid out
    return LAID_OUT if kinds else PLAIN


def suits(placement: Placement, network: Any) -> bool:
    """Whether the matrix library has layouts for this: on the processor, with weights as they are computed with.

    Weights that are mapped from a file take memory once they are laid out; where that is short, they stay mapped.
    """
    stays = placement.device.type == "cpu" and not placement.apart and placement.kept is None
    if not stays or placement.integers or not onednn.computes(network.dtype):
        return False
    numbers = sum(weight.numel() for weight in network.parameters())
    return numbers * network.dtype.itemsize <= free_bytes(placement.device)


def gains_by_bfloat16(source: Source, device: torch.device) -> bool:
    """Whether a model is much faster on this device in bfloat16: small ones spend their time on other things."""
    if device.type != "cpu" or not onednn.computes_bfloat16():
        return False
    return any(count_of(source, part) >= LARGE for part in NETWORKS)


def _packed(layer: nn.Module) -> type[nn.Module] | None:
    """What becomes of a layer; None where it stays as it is."""
    if type(layer) is nn.Linear:
        return PackedLinear if onednn.has_layout(layer.in_features, layer.out_features) else None
    if type(layer) is not nn.Conv2d or isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        return None
    if layer.groups != 1 or not onednn.has_layout(layer.in_channels, layer.out_channels):
        return None
    is_point = (layer.kernel_size, layer.stride, layer.padding) == ((1, 1), (1, 1), (0, 0))
    return PackedPoints if is_point else PackedConv2d


def _matrix(weight: Tensor) -> Tensor:
    """A weight (out, in) laid out for as many rows as ``SIZE`` has points."""
    pictures, height, width = SIZE
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, pictures * height * width)
    return packed


def _multiplied(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    answer: Tensor = torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")
    return answer


def _opaque(weight: Tensor) -> nn.Parameter:
    """A weight as a parameter: it has a shape and a type still; ``to_dense`` would give its numbers."""
    return nn.Parameter(weight, requires_grad=False)

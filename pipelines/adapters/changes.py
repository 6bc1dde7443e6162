"""What an adapter adds to a layer's answer: y = W x + weight · (change of W) x, with W left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.errors import ModelError

LOHA = frozenset({"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"})
LOKR = (frozenset({"lokr_w1", "lokr_w1_a"}), frozenset({"lokr_w2", "lokr_w2_a"}))


class Change(Protocol):
    """A change of one layer's weight."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight that it fits: (out, in), or (out, in, rows, columns)."""

    def added(self, layer: Any, x: Tensor, weight: float) -> Tensor:
        """What it adds to the layer's answer to ``x`` at this weight."""


@dataclass(frozen=True, eq=False)
class Low:
    """LoRA (Hu et al. 2021, arXiv:2106.09685), and LoCon on convolutions: scale · up · (mid ·) down, of low rank.

    ``down`` (rank, in, …), ``up`` (out, rank, …) and ``mid`` (rank, rank, …), which has the kernel where there is one.
    """

    down: Tensor
    up: Tensor
    mid: Tensor | None
    scale: float

    @property
    def shape(self) -> tuple[int, ...]:
        kernel = self.down if self.mid is None else self.mid
        return (self.up.shape[0], self.down.shape[1], *kernel.shape[2:])

    def added(self, layer: Any, x: Tensor, weight: float) -> Tensor:
        down, up, share = self.down.to(x), self.up.to(x), weight * self.scale
        if not isinstance(layer, nn.Conv2d):
            return F.linear(F.linear(x, down.flatten(1)) * share, up.flatten(1))
        if self.mid is None:
            low = convolved(layer, x, _with_kernel(down))
        else:
            low = convolved(layer, F.conv2d(x, _with_kernel(down)), self.mid.to(x))
        return F.conv2d(low * share, _with_kernel(up))


@dataclass(frozen=True, eq=False)
class Product:
    """LoHa and LoKr (Yeh et al. 2023, arXiv:2309.14859): a whole matrix of few numbers, put together in each call.

    ``tensors``: those of the layer, by role (``lora_names.ROLES``).
    """

    tensors: Mapping[str, Tensor]
    scale: float

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(multiplied({name: tensor.to("meta") for name, tensor in self.tensors.items()}).shape)

    def added(self, layer: Any, x: Tensor, weight: float) -> Tensor:
        whole = multiplied({name: tensor.to(x.device) for name, tensor in self.tensors.items()})
        change = (whole * (weight * self.scale)).to(x)
        if isinstance(layer, nn.Conv2d):
            return convolved(layer, x, change.reshape(weight_shape(layer)))
        return F.linear(x, change.flatten(1))


def multiplied(tensors: Mapping[str, Tensor]) -> Tensor:
    """The change that LoHa's or LoKr's tensors stand for, in float32."""
    given = {name: tensor.float() for name, tensor in tensors.items()}
    if "hada_w1_a" in given:
        first = _side(given["hada_w1_a"], given["hada_w1_b"], given.get("hada_t1"))
        return first * _side(given["hada_w2_a"], given["hada_w2_b"], given.get("hada_t2"))
    first = given["lokr_w1"] if "lokr_w1" in given else given["lokr_w1_a"] @ given["lokr_w1_b"]
    if "lokr_w2" in given:
        second = given["lokr_w2"]
    elif "lokr_t2" in given:
        second = torch.einsum("ij...,ip,jr->pr...", given["lokr_t2"], given["lokr_w2_a"], given["lokr_w2_b"])
    else:
        second = given["lokr_w2_a"] @ given["lokr_w2_b"].flatten(1)
    return torch.kron(first.reshape(*first.shape, *[1] * (second.ndim - first.ndim)), second)


def _side(up: Tensor, down: Tensor, core: Tensor | None) -> Tensor:
    """One of LoHa's two matrices; with a ``core`` that has the kernel, by Tucker's decomposition."""
    if core is None:
        return up @ down.flatten(1)
    return torch.einsum("ij...,ip,jr->pr...", core, up, down)


def change_of(tensors: Mapping[str, Tensor], alpha: float | None) -> Change:
    """The change that a layer's tensors, by role, make; ModelError for what is no complete one.

    ``alpha``: the strength it was trained at, which is divided by its rank; the rank itself if None.
    """
    given = {name: tensor for name, tensor in tensors.items() if name != "alpha"}
    if "alpha" in tensors:
        alpha = float(tensors["alpha"])
    if "magnitude" in given:
        raise ModelError("it is a DoRA, which also scales the model's own weights")
    if {"down", "up"} <= given.keys() <= {"down", "up", "mid"}:
        return Low(given["down"], given["up"], given.get("mid"), _scale(alpha, given["down"].shape[0]))
    if given.keys() >= LOHA:
        return Product(given, _scale(alpha, given["hada_w1_b"].shape[0]))
    if all(given.keys() & either for either in LOKR):
        low = given.get("lokr_w2_b", given.get("lokr_w1_b"))
        return Product(given, 1.0 if low is None else _scale(alpha, low.shape[0]))
    raise ModelError(f"one of its layers has only {', '.join(sorted(given)) or 'an alpha'}")


def _scale(alpha: float | None, rank: int) -> float:
    return 1.0 if alpha is None else alpha / rank


def weight_shape(layer: Any) -> tuple[int, ...]:
    """The shape of a layer's weight, however it is stored."""
    if isinstance(layer, nn.Conv2d):
        return (layer.out_channels, layer.in_channels // layer.groups, *layer.kernel_size)
    return (layer.out_features, layer.in_features)


def fits(change: Change, layer: Any) -> bool:
    """Whether a change is for a weight like the layer's; a kernel of one pixel may be left out or be there."""
    wanted, there = weight_shape(layer), change.shape
    if isinstance(change, Product) and len(wanted) != len(there):  # its columns may hold the kernel
        return there[0] == wanted[0] and _count(there) == _count(wanted)
    return _bare(there) == _bare(wanted)


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:2] if set(shape[2:]) <= {1} else shape


def _count(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())


def _with_kernel(weight: Tensor) -> Tensor:
    return weight if weight.ndim == 4 else weight[..., None, None]


def convolved(layer: nn.Conv2d, x: Tensor, weight: Tensor) -> Tensor:
    """As the layer does it, with another weight and no bias."""
    return F.conv2d(x, weight, None, layer.stride, layer.padding, layer.dilation, layer.groups)

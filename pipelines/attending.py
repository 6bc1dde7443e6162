"""Layers that pay attention by a function of our choosing, and what such functions there are.

Newer networks of diffusers are told the name of a way, older ones have a class for each; for those, the classes here
take any function.  One gets queries (n, tokens, heads, width), keys and values likewise, and answers in that shape.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from diffusers.models.attention_processor import AttnProcessor2_0, JointAttnProcessor2_0
from torch import Tensor

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


class Attending(AttnProcessor2_0):
    """A layer of a UNet and the like: pictures ask themselves, or the words.  Where some are hidden, sdpa is used."""

    def __init__(self, attend: Attend, kind: str) -> None:
        self.attend = attend
        self.kind = kind

    def __call__(
        self,
        layer: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        *rest: Any,
        **more: Any,
    ) -> Tensor:
        x, words = hidden_states, hidden_states if encoder_hidden_states is None else encoder_hidden_states
        if attention_mask is not None:
            told: Tensor = super().__call__(layer, x, words, attention_mask, *rest, **more)
            return told
        answer = self.attend(*asked(layer, x, words)).flatten(2)
        return left(layer, answer) / layer.rescale_output_factor


class AttendingJointly(JointAttnProcessor2_0):
    """A layer of Stable Diffusion 3: picture and words ask all of both."""

    def __init__(self, attend: Attend, kind: str) -> None:
        self.attend = attend
        self.kind = kind

    def __call__(
        self, layer: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **more: Any
    ) -> Any:
        x, words = hidden_states, encoder_hidden_states
        own = asked(layer, x, x)
        if words is None:
            return left(layer, self.attend(*own).flatten(2))
        parts = (layer.add_q_proj(words), layer.add_k_proj(words), layer.add_v_proj(words))
        theirs = normalised([split(each, layer) for each in parts], layer.norm_added_q, layer.norm_added_k)
        pairs = (torch.cat(pair, dim=1) for pair in zip(own, theirs, strict=True))
        cells, said = self.attend(*pairs).flatten(2).split([x.shape[1], words.shape[1]], dim=1)
        return left(layer, cells), said if layer.context_pre_only else layer.to_add_out(said)


def is_plain(layer: Any) -> bool:
    """Whether a layer does nothing beside what ``Attending`` does."""
    beside = (layer.norm_q, layer.norm_k, layer.norm_cross, layer.group_norm, layer.spatial_norm)
    return not any(beside) and not layer.residual_connection


def asked(layer: Any, x: Tensor, words: Tensor) -> list[Tensor]:
    """The layer's queries, keys and values."""
    parts = (layer.to_q(x), layer.to_k(words), layer.to_v(words))
    return normalised([split(each, layer) for each in parts], layer.norm_q, layer.norm_k)


def left(layer: Any, answer: Tensor) -> Tensor:
    """What goes out of the layer."""
    out: Tensor = layer.to_out[1](layer.to_out[0](answer))
    return out


def split(x: Tensor, layer: Any) -> Tensor:
    """(n, tokens, all heads' width) → (n, tokens, heads, width)."""
    return x.unflatten(-1, (layer.heads, -1))


def normalised(parts: list[Tensor], norm_q: Any, norm_k: Any) -> list[Tensor]:
    """Queries and keys brought to one length, where the layer does that."""
    q, k, v = parts
    return [q if norm_q is None else norm_q(q), k if norm_k is None else norm_k(k), v]


def through(backend: str) -> Attend:
    """What diffusers has under the name of a backend."""
    return partial(dispatch_attention_fn, backend=AttentionBackendName(backend))


def sliced(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """One head of one picture at a time, plainly: as much memory as a single matrix of scores takes."""
    answer = torch.empty_like(q)
    for picture in range(q.shape[0]):
        for head in range(q.shape[2]):
            place = (picture, slice(None), head)
            scores = q[place] @ k[place].T * q.shape[-1] ** -0.5
            answer[place] = scores.softmax(-1) @ v[place]
    return answer


SCORES = 16 * 2**20
"""Bytes of the scores that are looked at in one go: what stays in a processor's cache."""


def in_blocks(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Plain products of as many queries at a time as fit: PyTorch's own way spares no memory for small types either,
    and its products are too small for the processor to be quick at them in bfloat16.
    """
    pictures, tokens, heads, width = q.shape
    rows = max(SCORES // (heads * k.shape[1] * q.itemsize), 1)
    q, k, v = (q * width**-0.5).transpose(1, 2), k.permute(0, 2, 3, 1).contiguous(), v.transpose(1, 2).contiguous()
    answer = q.new_empty(pictures, heads, tokens, width)
    for picture in range(pictures):
        for start in range(0, tokens, rows):
            some = slice(start, start + rows)
            shares = torch.bmm(q[picture, :, some], k[picture]).softmax(-1)
            answer[picture, :, some] = torch.bmm(shares, v[picture])
    return answer.transpose(1, 2)


def plainly(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """What all of them should answer, in float32: softmax(q kᵀ / √width) v."""
    q, k, v = (each.float().transpose(1, 2) for each in (q, k, v))
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    return (scores.softmax(-1) @ v).transpose(1, 2)

"""IP-Adapters (Ye et al. 2023, arXiv:2308.06721): pictures that are asked beside the words.

An adapter makes a few tokens of a picture, and has keys and values for them in each layer that asks the words.  What
these answer to the layer's own queries is added to what the words do, before both leave the layer.  It is added from
outside, for the time of a call, so that it does not matter by which processor the layer pays attention.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.canvas import to_pixels
from pipelines.controls import ImagePrompt

if TYPE_CHECKING:
    from PIL.Image import Image

MEAN, SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of red, green and blue in the pictures that CLIP was trained on (Radford et al. 2021, arXiv:2103.00020)."""


@dataclass(frozen=True, eq=False)
class IPAdapter:
    """A loaded one; ``sha256`` of its file, as hexadecimal text.

    ``layers``: ``to_k_ip`` and ``to_v_ip`` by the path of the layer of attention.  ``deep``: its projection takes what
    the encoder's last layer but one says to each patch of a picture, otherwise the one vector for all of it.  The
    encoder, which is large and asked once a picture, is on the model's device only meanwhile.
    """

    encoder: Any
    projection: Any
    layers: Mapping[str, Any]
    deep: bool
    sha256: str

    @torch.inference_mode()
    def glimpse(self, picture: Image, weight: float) -> Glimpse:
        """What it makes of a picture, and of none."""
        layer = next(self.projection.parameters())
        pixels = framed(picture, self.encoder.config.image_size)[None].to(layer)
        self.encoder.to(layer.device)
        seen = self._said(pixels)
        nothing = self._said(torch.zeros_like(pixels)) if self.deep else torch.zeros_like(seen)
        self.encoder.to("cpu")
        return Glimpse(self, self.projection(seen)[0], self.projection(nothing)[0], weight)

    def _said(self, pixels: Tensor) -> Any:
        if self.deep:
            return self.encoder(pixels, output_hidden_states=True).hidden_states[-2]
        return self.encoder(pixels).image_embeds


@dataclass(frozen=True, eq=False)
class Glimpse:
    """What is asked beside the words while an estimate is made: ``tokens`` (n, width); ``nothing``: those of none."""

    adapter: IPAdapter
    tokens: Tensor
    nothing: Tensor
    weight: float

    @property
    def batch_key(self) -> tuple[Any, ...]:
        return id(self.adapter), self.weight

    def as_negative(self) -> Glimpse:
        """What is guided away from: no picture."""
        return replace(self, tokens=self.nothing)


@dataclass(frozen=True, eq=False)
class Worn:
    """An image prompt of a request, and the adapter that it names."""

    prompt: ImagePrompt
    adapter: IPAdapter

    def glimpse(self) -> Glimpse:
        """What the adapter makes of its picture."""
        return self.adapter.glimpse(self.prompt.image, self.prompt.weight)


def framed(picture: Image, side: int) -> Tensor:
    """The square in the middle of a picture as CLIP is shown it: (3, side, side), of about unit variance."""
    from PIL import Image

    shorter = min(picture.size)
    width, height = (int(side * length / shorter) for length in picture.size)
    small = picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - side) // 2, (height - side) // 2
    pixels = to_pixels(small.crop((left, top, left + side, top + side))) / 2 + 0.5
    mean, spread = (torch.tensor(each).view(3, 1, 1) for each in (MEAN, SPREAD))
    return (pixels - mean) / spread


def asking(network: Any) -> dict[str, Any]:
    """The layers of a network that ask the words, by their paths, in the order in which adapters count them."""
    return {path: layer for path, layer in network.named_modules() if path.endswith(".attn2")}


@contextmanager
def glimpsed(network: Any, rows: Sequence[Sequence[Glimpse]]) -> Iterator[None]:
    """Have a network's layers ask these as well while this lasts; ``rows``: each query's, which share the adapters."""
    shared = [(row[0], torch.stack([each.tokens for each in row])) for row in zip(*rows, strict=True)]
    hooks = []
    for path, layer in asking(network).items() if shared else ():
        beside = Beside(layer.heads, [(each.adapter.layers[path], tokens, each.weight) for each, tokens in shared])
        hooks += [
            layer.to_q.register_forward_hook(beside.listen),
            layer.to_out[0].register_forward_pre_hook(beside.add),
        ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class Beside:
    """Sits at a layer of attention: hears what it asks, and adds what is answered from beside the words."""

    def __init__(self, heads: int, answering: Sequence[tuple[Any, Tensor, float]]) -> None:
        self._heads = heads
        self._answering = answering
        self._asked: Tensor | None = None

    def listen(self, layer: Any, given: Any, asked: Tensor) -> None:
        self._asked = asked

    def add(self, layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        asked, self._asked = self._asked, None
        assert asked is not None, "a layer answers what it has asked"
        answers, *rest = given
        for own, tokens, weight in self._answering:
            keys, values = (own[name](tokens.to(asked)) for name in ("to_k_ip", "to_v_ip"))
            said = F.scaled_dot_product_attention(self._apart(asked), self._apart(keys), self._apart(values))
            answers = answers + weight * said.transpose(1, 2).flatten(2)
        return (answers, *rest)

    def _apart(self, tokens: Tensor) -> Tensor:
        """[n, length, width] → [n, heads, length, width of a head]."""
        return tokens.unflatten(-1, (self._heads, -1)).transpose(1, 2)

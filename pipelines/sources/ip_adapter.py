"""An IP-Adapter for a model around UNet2DConditionModel, from its authors' file, and the encoder that sees for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers.models.embeddings import (
    ImageProjection,
    IPAdapterFullImageProjection,
    IPAdapterPlusImageProjection,
)
from torch import nn
from transformers import CLIPVisionModelWithProjection

from pipelines.errors import ModelError
from pipelines.shelf import Shelf
from pipelines.sources.checkpoint import read_module
from pipelines.sources.folder import read_config
from pipelines.sources.header import Header, read_header
from pipelines.sources.origins import Origin

PATCHES = "vision_model.embeddings.patch_embedding.weight"
PLACES = "vision_model.embeddings.position_embedding.weight"

HEADS = {768: (12, "quick_gelu"), 1024: (16, "quick_gelu"), 1280: (16, "gelu"), 1664: (16, "gelu")}
"""What an encoder's file does not say, by its width: ViT-B and ViT-L are OpenAI's, ViT-H and ViT-bigG of LAION."""

HEAD = 64
"""The width of a head in the projection of the larger kind."""


class Projection(NamedTuple):
    """How an encoder's answer becomes tokens: a class with its settings, and where a file has its tensors.

    ``deep``: it takes the answer of the encoder's last layer but one, a vector for each patch of the picture; otherwise
    the one vector for all of it.  ``width``: of what it takes.
    """

    kind: Any
    settings: Mapping[str, Any]
    origin: Callable[[str], Origin]
    deep: bool
    width: int


class Parts(NamedTuple):
    """What an IP-Adapter is made of; ``layers``: for each layer that asks the words, ``to_k_ip`` and ``to_v_ip``."""

    encoder: Any
    projection: Any
    layers: Sequence[Any]
    deep: bool


@dataclass(frozen=True)
class Plain:
    """A class of torch's, to be configured in the way in which those of diffusers are."""

    kind: Any

    @property
    def __name__(self) -> str:
        return str(self.kind.__name__)

    def from_config(self, settings: Mapping[str, Any]) -> Any:
        return self.kind(**settings)


class Layers(nn.Module):
    """Keys and values for so many layers; ``sizes``: the width of a token, and that of each layer."""

    def __init__(self, token: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleDict({name: nn.Linear(token, width, bias=False) for name in ("to_k_ip", "to_v_ip")})
            for width in widths
        )


def read_ip_adapter(path: Path, shelf: Shelf, token: int, widths: Sequence[int], dtype: torch.dtype) -> Parts:
    """The IP-Adapter in a file, for a network whose words are ``token`` wide and whose layers that ask them ``widths``.

    Its image encoder is looked for on the shelf.  ModelError, in one sentence, for what is missing or does not fit.
    """
    header = read_header(path)
    projection = _projection(header)
    _check(header, token, len(widths))
    layers = read_module(
        header, Plain(Layers), {"token": token, "widths": widths}, _of_layer, dtype, "an IP-Adapter for this model"
    )
    own = Plain(projection.kind), projection.settings, projection.origin, dtype, "the projection of an IP-Adapter"
    encoder = _encoder(path, shelf, projection, dtype)
    return Parts(encoder, read_module(header, *own), layers.layers, projection.deep)


def _check(header: Header, token: int, layers: int) -> None:
    """Refuse what was made for another kind of model."""
    there = sum(name.endswith(".to_k_ip.weight") for name in header.tensors)
    width = header.shape("ip_adapter.1.to_k_ip.weight")[-1:]
    if there != layers or width != (token,):
        said = f"words of {width[0]} numbers" if width else "nothing"
        raise ModelError(
            f"{header.path} was made for another kind of model: it has {there} layers for {said}, and this one has "
            f"{layers} for words of {token}."
        )


def _of_layer(name: str) -> Origin:
    """``layers.2.to_k_ip.weight`` → ``ip_adapter.5.to_k_ip.weight``: only every other layer of attention asks words."""
    _, place, rest = name.split(".", 2)
    return Origin(f"ip_adapter.{2 * int(place) + 1}.{rest}")


def _projection(header: Header) -> Projection:
    """Which projection a file has; ModelError where it has none that is known."""
    for mark, read in (("proj.weight", _plain), ("proj.3.weight", _full), ("latents", _plus)):
        if f"image_proj.{mark}" in header.tensors:
            return read(partial(_shape, header))
    raise ModelError(
        f"{header.path} is no IP-Adapter that is known here, as it lacks image_proj.proj.weight; "
        "those for faces alone (FaceID) are not read."
    )


Shape = Callable[[str], tuple[int, ...]]


def _shape(header: Header, name: str) -> tuple[int, ...]:
    """The shape of a tensor of the projection, with zeros where it is not as large as it should be."""
    return (*header.shape(f"image_proj.{name}"), 0, 0, 0)


def _plain(shape: Shape) -> Projection:
    (rows, into), token = shape("proj.weight")[:2], shape("norm.weight")[0]
    settings = {"image_embed_dim": into, "cross_attention_dim": token, "num_image_text_embeds": rows // max(token, 1)}
    return Projection(ImageProjection, settings, partial(_replaced, {"image_embeds": "proj"}), False, into)


def _full(shape: Shape) -> Projection:
    into, token = shape("proj.0.weight")[0], shape("proj.3.weight")[0]
    names = {"ff.net.0.proj": "proj.0", "ff.net.2": "proj.2", "norm": "proj.3"}
    settings = {"image_embed_dim": into, "cross_attention_dim": token}
    return Projection(IPAdapterFullImageProjection, settings, partial(_replaced, names), True, into)


def _plus(shape: Shape) -> Projection:
    into = shape("proj_in.weight")[1]
    settings = {
        "embed_dims": into,
        "output_dims": shape("proj_out.weight")[0],
        "hidden_dims": shape("latents")[2],
        "heads": shape("layers.0.0.to_q.weight")[0] // HEAD,
        "num_queries": shape("latents")[1],
        "depth": next(place for place in count() if not any(shape(f"layers.{place}.0.to_q.weight"))),
    }
    return Projection(IPAdapterPlusImageProjection, settings, _of_plus, True, into)


PLUS = {
    "ln0": "0.norm1",
    "ln1": "0.norm2",
    "attn.to_q": "0.to_q",
    "attn.to_out.0": "0.to_out",
    "ff.0": "1.0",
    "ff.1.net.0.proj": "1.1",
    "ff.1.net.2": "1.3",
}


def _of_plus(name: str) -> Origin:
    """Keys and values of its blocks lie one behind the other."""
    found = re.fullmatch(r"(layers\.\d+)\.(.+)\.(weight|bias)", name)
    if found is None:
        return Origin(f"image_proj.{name}")
    block, layer, rest = found.groups()
    if layer in ("attn.to_k", "attn.to_v"):
        return Origin(f"image_proj.{block}.0.to_kv.{rest}", rows=int(layer == "attn.to_v"))
    return Origin(f"image_proj.{block}.{PLUS[layer]}.{rest}")


def _replaced(names: Mapping[str, str], name: str) -> Origin:
    layer, _, rest = name.rpartition(".")
    return Origin(f"image_proj.{names.get(layer, layer)}.{rest}")


def _encoder(adapter: Path, shelf: Shelf, wanted: Projection, dtype: torch.dtype) -> Any:
    """The image encoder that an adapter was trained with, told by the width of its answers."""
    for header in _encoders(adapter, shelf):
        if _width(header, wanted.deep) == wanted.width:
            config = _config(header)
            return read_module(header, CLIPVisionModelWithProjection, config, Origin, dtype, "an image encoder")
    raise ModelError(
        f"The IP-Adapter {adapter.name} needs the image encoder that it was trained with, whose answers are "
        f"{wanted.width} numbers long: put one into {shelf.root / 'clip_vision'}, or as image_encoder beside the file."
    )


def _encoders(adapter: Path, shelf: Shelf) -> Iterator[Header]:
    """The image encoders on a shelf, those that lie beside the adapter first."""
    items = (*shelf.items("image_encoder"), *shelf.items("ip_adapter"))
    paths = dict.fromkeys(item.path for item in items if item.readable and item.path.is_file())
    for path in sorted(paths, key=lambda path: path.parent.parent != adapter.parent):
        header = read_header(path)
        if PATCHES in header.tensors:
            yield header


def _width(header: Header, deep: bool) -> int:
    return (*header.shape(PATCHES if deep else "visual_projection.weight"), 0)[0]


def _config(header: Header) -> dict[str, Any]:
    """An encoder's configuration: from the file beside it, else as far as its shapes and its width tell."""
    beside = header.path.parent / "config.json"
    if beside.is_file():
        return read_config(beside)
    width, _, patch, _ = header.shape(PATCHES)
    if width not in HEADS:
        raise ModelError(f"{header.path} is an image encoder of an unknown kind: put its config.json beside it.")
    heads, activation = HEADS[width]
    layers = {name.split(".")[3] for name in header.tensors if name.startswith("vision_model.encoder.layers.")}
    return {
        "hidden_size": width,
        "intermediate_size": header.shape("vision_model.encoder.layers.0.mlp.fc1.weight")[0],
        "num_hidden_layers": len(layers),
        "num_attention_heads": heads,
        "hidden_act": activation,
        "patch_size": patch,
        "image_size": patch * round((header.shape(PLACES)[0] - 1) ** 0.5),
        "projection_dim": header.shape("visual_projection.weight")[0],
    }

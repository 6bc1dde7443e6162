"""A model with another autoencoder than its own: a file, in the original or in diffusers' layout, or a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipelines.errors import ModelError
from pipelines.sources.checkpoint import map_module
from pipelines.sources.folder import Folder, read_config
from pipelines.sources.header import Header, read_header
from pipelines.sources.origins import SCHEMES, Origin
from pipelines.sources.source import Source

STARTS = ("", "first_stage_model.", "vae.")
"""How the names begin in a file of the original layout."""

OLD = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
"""What diffusers once called the layers of its attention; files from then are still handed round."""


@dataclass(frozen=True)
class OtherVae:
    """``source`` with the autoencoder at ``path`` in place of its own; implements ``Source``."""

    source: Source
    path: Path

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def needed(self) -> Sequence[str]:
        return self.source.needed

    def has(self, part: str) -> bool:
        return self.source.has(part)

    def config(self, part: str) -> dict[str, Any]:
        if part == "vae" and self.path.is_dir():
            return read_config(self.path / "config.json")
        return self.source.config(part)

    def weights(self, part: str, kind: Any, dtype: torch.dtype) -> Any:
        if part != "vae":
            return self.source.weights(part, kind, dtype)
        if self.path.is_dir():
            return Folder(self.path.parent).weights(self.path.name, kind, dtype)
        header, config = read_header(self.path), self.config("vae")
        return map_module(header, kind, config, layout(header, config), dtype, "a VAE for this model")

    def count(self, part: str) -> int:
        if part != "vae":
            return self.source.count(part)
        if self.path.is_dir():
            return Folder(self.path.parent).count(self.path.name)
        return read_header(self.path).count()

    def tokenizer(self, part: str = "tokenizer") -> Any:
        return self.source.tokenizer(part)


def layout(header: Header, config: dict[str, Any]) -> Any:
    """Where a file has each tensor of diffusers' module; ModelError where it is no autoencoder."""
    names = header.tensors
    if "decoder.mid_block.resnets.0.conv1.weight" in names:
        old = "decoder.mid_block.attentions.0.query.weight" in names
        return lambda name: Origin(_old(name) if old else name)
    start = next((start for start in STARTS if f"{start}decoder.mid.block_1.conv1.weight" in names), None)
    if start is None:
        raise ModelError(f"{header.path} is no VAE: it lacks decoder.mid.block_1.conv1.weight.")
    return lambda name: (origin := SCHEMES["vae"](name, config))._replace(name=start + origin.name)


def _old(name: str) -> str:
    return re.sub(r"(?<=attentions\.0\.)(to_[qkv]|to_out\.0)", lambda found: OLD[found[0]], name)

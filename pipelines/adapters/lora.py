"""A LoRA's file read: which layers it changes, and how."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open
from torch import Tensor, nn

from pipelines.adapters.changes import Change, change_of, fits
from pipelines.adapters.lora_names import Place, joined, read_key, spellings
from pipelines.errors import ModelError
from pipelines.sources.header import read_header
from pipelines.sources.origins import Origin

METADATA = "lora_adapter_metadata"
"""Where diffusers says in a file's header how peft was set up."""

FACTORS = ("down", "up", "mid")
PLAIN = (torch.float16, torch.bfloat16, torch.float32)


class Key(NamedTuple):
    """A tensor's name in a file; ``origin``: which of its rows are a layer's, where it was made for several."""

    name: str
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Lora:
    """Changes by the layer that they belong to; ``sha256`` of the file, as hexadecimal text."""

    path: Path
    sha256: str
    changes: Mapping[Place, Change]


class Layers:
    """The layers of a model that may be changed, and all their names; ``modules``: the model's parts by name."""

    def __init__(self, modules: Mapping[str, Any]) -> None:
        self.modules = {
            Place(part, path): layer
            for part, module in modules.items()
            for path, layer in module.named_modules()
            if isinstance(layer, nn.Linear | nn.Conv2d)
        }
        paths: dict[str, list[str]] = defaultdict(list)
        for part, path in self.modules:
            paths[part].append(path)
        self.names = spellings(paths, modules["unet"].config if "unet" in modules else {})
        network = modules.get("transformer")
        self.joined = {} if network is None else joined(paths, type(network).__name__, network.config)

    def sharing(self, name: str) -> Iterator[tuple[Place, Origin | None]]:
        """The layers that a name in a file is for; several where the original has joined them."""
        if name in self.names:
            yield self.names[name], None
        else:
            yield from self.joined.get(name, ())


def read_lora(path: Path, layers: Layers, device: torch.device) -> Lora:
    """Read a file for a model, onto the device; ModelError, in one sentence, where it does not fit as a whole."""
    header = read_header(path)
    try:
        found = by_layer(header.tensors, layers)
        with safe_open(path, "pt") as file:
            read = {
                place: {role: _read(file, key, role, layers.modules[place], device) for role, key in keys.items()}
                for place, keys in found.items()
            }
        changes = dict(_changes(read, peft_settings(header.metadata), layers))
    except ModelError as error:
        raise ModelError(f"The LoRA {path.name} cannot be put on this model: {error}.") from error
    return Lora(path, sha256_of(path), changes)


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(file: Any, key: Key, role: str, layer: Any, device: torch.device) -> Tensor:
    return _placed(_cut(file.get_tensor(key.name), role, layer, key.origin), role, layer, device)


def _cut(tensor: Tensor, role: str, layer: Any, origin: Origin | None) -> Tensor:
    """A layer's own part of what was made for several: all of what they see, and their own rows of the answer."""
    if origin is None or role in ("down", "alpha"):
        return tensor
    if role != "up":
        raise ModelError("it is no plain LoRA, and is for layers that are several ones here")
    own: int = layer.weight.shape[0]
    if origin.rows is not None:
        tensor = tensor[-own:] if origin.rows < 0 else tensor[origin.rows * own : (origin.rows + 1) * own]
    return torch.cat([*reversed(tensor.chunk(2))]) if origin.swapped else tensor


def _placed(tensor: Tensor, role: str, layer: Any, device: torch.device) -> Tensor:
    """On the device; factors, which are multiplied in every call, in the layer's own precision where that is plain."""
    if role == "alpha":
        return tensor
    same = role in FACTORS and layer.weight.dtype in PLAIN
    return tensor.to(device, layer.weight.dtype) if same else tensor.to(device)


def by_layer(keys: Collection[str], layers: Layers) -> dict[Place, dict[str, Key]]:
    """A file's keys by the layer that they are for, and by their role; ModelError where there is none for one."""
    found: dict[Place, dict[str, Key]] = defaultdict(dict)
    strange, homeless = [], []
    for key in keys:
        read = read_key(key)
        if read is None:
            strange.append(key)
            continue
        sharing = list(layers.sharing(read[0]))
        for place, origin in sharing:
            found[place][read[1]] = Key(key, origin)
        if not sharing:
            homeless.append(key)
    if strange:
        raise ModelError(f"{strange[0]} is of no kind that is known (LoRA, LoCon, LoHa and LoKr are)")
    if homeless:
        raise ModelError(
            f"{len(homeless)} of its {len(keys)} tensors, such as {homeless[0]}, are for layers that the model lacks, "
            "so it was made for another kind of model"
        )
    if not found:
        raise ModelError("there is nothing in it")
    return dict(found)


def _changes(
    found: Mapping[Place, Mapping[str, Tensor]], settings: Mapping[str, Any], layers: Layers
) -> Iterator[tuple[Place, Change]]:
    for place, tensors in found.items():
        change = change_of(tensors, alpha_from(settings, place))
        if not fits(change, layers.modules[place]):
            raise ModelError(f"its {place.path} is of another size, so it was made for another kind of model")
        yield place, change


def peft_settings(metadata: Mapping[str, str]) -> dict[str, Any]:
    """How peft was set up, as ``unet.lora_alpha`` and so on; empty where the header does not say."""
    try:
        settings = json.loads(metadata.get(METADATA, "{}"))
    except ValueError as error:
        raise ModelError(f"its {METADATA} cannot be read ({error})") from error
    return settings if isinstance(settings, dict) else {}


def alpha_from(settings: Mapping[str, Any], place: Place) -> float | None:
    """The alpha that peft had for a layer, None where it is not told; a pattern goes by the end of the path."""

    def told(name: str) -> Any:
        usual = settings.get(f"{place.part}.{'lora_alpha' if name == 'alpha' else 'r'}")
        patterns = settings.get(f"{place.part}.{name}_pattern") or {}
        return next((value for key, value in patterns.items() if re.fullmatch(rf"(.*\.)?({key})", place.path)), usual)

    alpha, rank = told("alpha"), told("rank")
    if alpha is None:
        return None
    return float(alpha) * (math.sqrt(rank) if settings.get(f"{place.part}.use_rslora") else 1.0)

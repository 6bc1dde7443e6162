"""A folder in diffusers' layout: a subfolder a part, with one sentence for each way in which it can be wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ModelError
from pipelines.tokenizer import read_tokenizer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Folder:
    """Implements ``Source``."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def has(self, part: str) -> bool:
        return (self.path / part).is_dir()

    def config(self, part: str) -> dict[str, Any]:
        if part == "model_index":
            return read_config(self.path / "model_index.json")
        return read_config(self.path / part / ("scheduler_config.json" if part == "scheduler" else "config.json"))

    def weights(self, part: str, kind: Any, dtype: torch.dtype) -> Any:
        folder = self.path / part
        if not (folder / "config.json").is_file():
            raise ModelError(f"The model lacks its {part}: {folder / 'config.json'} does not exist.")
        try:
            module = kind.from_pretrained(folder, dtype=dtype, use_safetensors=True, local_files_only=True)
        except Exception as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(f"The {part} in {folder} cannot be loaded: {first}") from error
        return finished(module, f"The {part} in {folder}")

    def tokenizer(self, part: str = "tokenizer") -> Any:
        return read_tokenizer(self.path, part)


def finished(module: Any, name: str) -> Any:
    """A module as a family wants it; ModelError, about ``name``, where some of its tensors were never read."""
    missing = [key for key, tensor in (*module.named_parameters(), *module.named_buffers()) if tensor.is_meta]
    if missing:
        raise ModelError(f"{name} is incomplete: {len(missing)} tensors such as {missing[0]}.")
    _align(module)
    return module.eval().requires_grad_(False)


ALIGNED = 64
"""Bytes at whose multiples a tensor of the CPU begins, as those do that torch makes itself."""


def _align(module: Any) -> None:
    """Copy those tensors of single precision that a file has elsewhere, as it is mapped into memory.

    The CPU's library of matrices adds up in another order where memory begins elsewhere, so that the same weights would
    make another picture, by a level or two, when they come from another file.  What goes to a GPU is copied anyway.
    """
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.dtype.itemsize == 4 and tensor.data_ptr() % ALIGNED:
            tensor.data = tensor.data.clone()


def read_config(path: Path) -> dict[str, Any]:
    """A JSON object from a file of the model."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"The model lacks {path.name}: {path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path} should hold a JSON object, but holds a {type(data).__name__}.")
    return data

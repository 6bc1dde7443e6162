"""A folder in diffusers' layout: a subfolder a part, with one sentence for each way in which it can be wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ModelError
from pipelines.sources.header import read_header
from pipelines.sources.origins import Origin
from pipelines.tokenizer import read_tokenizer

if TYPE_CHECKING:
    import torch


PLAIN = ("UNet2DConditionModel", "AutoencoderKL")
"""Classes of which all that there is stands in their files."""


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
        mapped = self._mapped(part, kind, dtype)
        if mapped is not None:
            return mapped
        try:
            module = kind.from_pretrained(folder, dtype=dtype, use_safetensors=True, local_files_only=True)
        except Exception as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(f"The {part} in {folder} cannot be loaded: {first}") from error
        return finished(module, f"The {part} in {folder}")

    def _mapped(self, part: str, kind: Any, dtype: torch.dtype) -> Any:
        """The part straight from its file, a copy only of what is of another type; None where that is not all it takes:
        where it calculates more than is in files, or there are several of them, old names, numbers in fewer bits.
        """
        from pipelines.sources.checkpoint import read_module  # which makes use of this file

        files, config = weight_files(self.path / part), self.config(part)
        if kind.__name__ not in PLAIN or len(files) != 1 or "quantization_config" in config:
            return None
        try:
            header = read_header(files[0])
            return read_module(header, kind, config, Origin, dtype, f"the {part}")
        except ModelError:
            return None  # the long way round will say what is wrong

    def count(self, part: str) -> int:
        return sum(read_header(file).count() for file in weight_files(self.path / part))

    def tokenizer(self, part: str = "tokenizer") -> Any:
        return read_tokenizer(self.path, part)


def weight_files(folder: Path) -> list[Path]:
    """The files of a part's weights, but for variants such as ``model.fp16.safetensors``."""
    return [file for file in folder.glob("*.safetensors") if "." not in file.stem]


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

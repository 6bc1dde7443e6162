"""A folder in diffusers' layout: a subfolder a part, with one sentence for each way in which it can be wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ModelError
from pipelines.placement import PARTS
from pipelines.sources.header import Header, read_header
from pipelines.sources.origins import Origin
from pipelines.tokenizer import read_tokenizer

if TYPE_CHECKING:
    import torch


PLAIN = ("UNet2DConditionModel", "AutoencoderKL", "CLIPTextModel", "CLIPTextModelWithProjection")
"""Classes of which all that there is stands in their files."""


@dataclass(frozen=True)
class Folder:
    """Implements ``Source``."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def needed(self) -> list[str]:
        return [part for part in PARTS if self.has(part)]

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
            module, told = kind.from_pretrained(
                folder, dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
            )
        except Exception as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(f"The {part} in {folder} cannot be loaded: {first}") from error
        missing = sorted(told["missing_keys"])
        if missing:  # for which transformers draws numbers at random
            raise ModelError(
                f"The {part} in {folder} is incomplete: it lacks {len(missing)} tensors such as {missing[0]}."
            )
        types = {name: tensor.dtype for name, tensor in module.state_dict().items()}
        return finished(module, f"The {part} in {folder}", types)

    def _mapped(self, part: str, kind: Any, dtype: torch.dtype) -> Any:
        """The part straight from its file; None where that is not all it takes: where it calculates more than is in
        files, or there are several of them, old names, numbers in fewer bits.
        """
        from pipelines.sources.checkpoint import map_module  # which makes use of this file

        files, config = weight_files(self.path / part), self.config(part)
        if kind.__name__ not in PLAIN or len(files) != 1 or "quantization_config" in config:
            return None
        try:
            header = read_header(files[0])
            return map_module(header, kind, config, lambda name: _found(header, name), dtype, f"the {part}")
        except ModelError:
            return None  # the long way round will say what is wrong

    def count(self, part: str) -> int:
        return sum(read_header(file).count() for file in weight_files(self.path / part))

    def tokenizer(self, part: str = "tokenizer") -> Any:
        return read_tokenizer(self.path, part)


def weight_files(folder: Path) -> list[Path]:
    """The files of a part's weights, but for variants such as ``model.fp16.safetensors``."""
    return [file for file in folder.glob("*.safetensors") if "." not in file.stem]


def _found(header: Header, name: str) -> Origin:
    """Where a tensor stands: under its own name, or, of CLIP, with a word before it, as transformers once had it."""
    return Origin(name if name in header.tensors else f"text_model.{name}")


def finished(module: Any, name: str, types: Mapping[str, torch.dtype]) -> Any:
    """A module as a family wants it, its weights to be of these ``types`` once it is used (`waiting.py`).

    ModelError, about ``name``, where some of its tensors were never read.
    """
    from pipelines.sources.waiting import wait  # and with it torch

    missing = [key for key, tensor in (*module.named_parameters(), *module.named_buffers()) if tensor.is_meta]
    if missing:
        raise ModelError(f"{name} is incomplete: {len(missing)} tensors such as {missing[0]}.")
    wait(module, types)
    return module.eval().requires_grad_(False)


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

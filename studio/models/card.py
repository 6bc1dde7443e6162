"""A model as a person meets it, made without loading it.

A model is a folder in diffusers' layout or one .safetensors file.  One that we made has a ``studio.json`` in its
folder; for any other, its own configuration, or its kind's, says enough to begin with.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.choices import NAME
from pipelines.errors import ModelError
from pipelines.families import FAMILIES
from pipelines.presets import Preset, find_preset
from pipelines.sources.configs import config_of
from pipelines.sources.identify import identify, refuse_useless

SIGNS = re.compile(rf"\b(?:AND|BREAK)\b|<\w+:[^<>]*>|__{NAME}__")  # the prompt language's own
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
USUAL_CELL = 8
WANTED = "give a folder in diffusers' layout, with a model_index.json, or a .safetensors file"


@dataclass(frozen=True)
class ModelCard:
    """A model as a person meets it.

    ``reference``: what it is called on the command line.  ``folder``: the folder, or the file, that it is.  ``draws``:
    one sentence.  ``words``: all that it understands, lower case; empty where it understands any.  ``defaults``: width,
    height, steps, guidance, sampler and spacing.  ``hears``: whether it hears a negative prompt.  ``cell``: the side in
    pixels of a latent cell.  ``multiple``: what width and height must be multiples of.  ``useless``: settings that it
    refuses, as in ``Preset``.
    """

    reference: str
    folder: Path
    title: str
    draws: str
    words: frozenset[str]
    examples: tuple[str, ...]
    defaults: Mapping[str, Any]
    hears: bool = True
    cell: int = 8
    multiple: int = 8
    useless: frozenset[str] = frozenset()

    @property
    def native(self) -> int:
        """The side in pixels of the square that has as many as its usual size."""
        return round(math.sqrt(self.defaults["width"] * self.defaults["height"]))

    def unknown_words(self, prompt: str) -> tuple[str, ...]:
        """The words of a prompt that mean nothing to the model, lower case, in order, each once."""
        if not self.words:
            return ()
        found = dict.fromkeys(word.lower() for word in WORD.findall(SIGNS.sub(" ", prompt)))
        return tuple(word for word in found if word not in self.words)


def make_card(reference: str, path: Path) -> ModelCard:
    """The card of the model at ``path``; ModelError where that is none."""
    return _file_card(reference, path) if path.is_file() else _folder_card(reference, path)


def _file_card(reference: str, path: Path) -> ModelCard:
    contents = identify(path)
    refuse_useless(contents)
    kind, notes = contents.kind, contents.header.metadata
    title = notes.get("modelspec.title") or path.stem
    preset = find_preset(
        kind.pipeline,
        network=config_of(contents, kind.network),
        scheduler=config_of(contents, "scheduler"),
        name=f"{path.stem} {title}",
        native=kind.native,
    )
    draws = " ".join(notes.get("modelspec.description", "").split())[:200]
    cell = _cell(config_of(contents, "vae"))
    return ModelCard(
        reference=reference,
        folder=path.resolve(),
        title=title,
        draws=draws,
        words=frozenset(),
        examples=(),
        defaults=defaults_of(preset),
        hears=hears(preset),
        cell=cell * preset.patch,
        multiple=_multiple(preset, kind.network, cell),
        useless=preset.useless,
    )


def _folder_card(reference: str, folder: Path) -> ModelCard:
    _check(folder)
    own = read_object(folder / "studio.json") if (folder / "studio.json").is_file() else {}
    preset, cell = _folder_preset(folder), _cell(_perhaps(folder / "vae" / "config.json"))
    network = "unet" if (folder / "unet").is_dir() else "transformer"
    try:
        return ModelCard(
            reference=reference,
            folder=folder.resolve(),
            title=str(own.get("title", folder.resolve().name)),
            draws=str(own.get("draws", "")),
            words=frozenset(word.lower() for word in own.get("words", ())),
            examples=tuple(own.get("examples", ())),
            defaults=defaults_of(preset) | _trained_size(folder) | own.get("defaults", {}),
            hears=hears(preset),
            cell=cell * preset.patch,
            multiple=_multiple(preset, network, cell),
            useless=preset.useless,
        )
    except (TypeError, AttributeError) as error:
        raise ModelError(f"{folder / 'studio.json'} cannot be understood: {error}.") from error


def _check(folder: Path) -> None:
    """Refuse what is no complete diffusers folder."""
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder} {_looks_like(folder)}: {WANTED}.")
    index = read_object(folder / "model_index.json")
    pipeline = str(index.get("_class_name"))
    if pipeline not in FAMILIES:
        raise ModelError(f"{folder} holds a {pipeline}, which is not known here.")
    parts = {name for name, kind in index.items() if _is_part(name, kind)}
    missing = sorted(name for name in parts if not (folder / name).is_dir())
    if missing:
        raise ModelError(f"The model in {folder} is incomplete: it lacks {' and '.join(missing)}.")


def _is_part(name: str, kind: Any) -> bool:
    """``"unet": ["diffusers", "UNet2DConditionModel"]`` names a part; a null in it says that there is none."""
    return not name.startswith("_") and isinstance(kind, list) and None not in kind


def _looks_like(folder: Path) -> str:
    names = sorted(entry.name for entry in folder.iterdir())
    if not names:
        return "is empty"
    if "unet" in names or "transformer" in names:
        return "lacks its model_index.json"
    files = [name for name in names if name.endswith((".safetensors", ".ckpt", ".gguf"))]
    if files:
        return f"holds the single file {files[0]}"
    return f"holds {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}, which is no model"


def _folder_preset(folder: Path) -> Preset:
    """What the model's own configuration suggests."""
    index = read_object(folder / "model_index.json")
    network = _perhaps(folder / "unet" / "config.json") or _perhaps(folder / "transformer" / "config.json")
    scheduler = _perhaps(folder / "scheduler" / "scheduler_config.json")
    pipeline = str(index.get("_class_name"))
    return find_preset(pipeline, network=network, scheduler=scheduler, name=folder.resolve().name)


def defaults_of(preset: Preset) -> dict[str, Any]:
    """The part of a preset that stands in fields, and in a card's ``defaults``."""
    return {
        "width": preset.native,
        "height": preset.native,
        "steps": preset.steps,
        "guidance": preset.guidance,
        "sampler": preset.sampler,
        "spacing": preset.spacing,
    }


def hears(preset: Preset) -> bool:
    return preset.guiding != "embedded"


def _cell(vae: Mapping[str, Any]) -> int:
    """Pixels on a side of a latent cell: the autoencoder halves them from each of its blocks to the next."""
    blocks = vae.get("block_out_channels") or vae.get("dim_mult") or vae.get("encoder_block_out_channels")
    return 2 ** (len(blocks) - 1) if isinstance(blocks, list) and blocks else USUAL_CELL


def _multiple(preset: Preset, network: str, cell: int) -> int:
    """Transformers take several cells for one; UNets take them as they are."""
    return preset.taken * cell if network == "transformer" else cell


def _trained_size(folder: Path) -> dict[str, int]:
    """The size it was trained at, in pixels: a UNet's latent size times the autoencoder's downscale; else nothing."""
    try:
        cells = read_object(folder / "unet" / "config.json")["sample_size"]
        downscale = 2 ** (len(read_object(folder / "vae" / "config.json")["block_out_channels"]) - 1)
        height, width = cells if isinstance(cells, list) else (cells, cells)
        return {"width": int(width) * downscale, "height": int(height) * downscale}
    except (ModelError, KeyError, TypeError, ValueError):
        return {}


def _perhaps(path: Path) -> dict[str, Any]:
    try:
        return read_object(path)
    except ModelError:
        return {}


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file; ModelError where there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}.") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path} should hold a JSON object, but holds a {type(data).__name__}.")
    return data

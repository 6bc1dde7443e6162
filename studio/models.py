"""What is known about a model without loading it: where it is, what it draws, what suits it.

A model is a folder in diffusers' layout.  One that we made has a ``studio.json`` in it; for any other, its own
configuration says enough to begin with.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.choices import NAME
from pipelines.errors import ModelError
from pipelines.requests import Sampling
from studio.settings import ASSETS

SIGNS = re.compile(rf"\b(?:AND|BREAK)\b|<\w+:[^<>]*>|__{NAME}__")  # the prompt language's own
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
WANTED = "give a folder in diffusers' layout, with a model_index.json"


@dataclass(frozen=True)
class ModelCard:
    """A model as a person meets it.

    ``reference``: what it is called on the command line.  ``draws``: one sentence.  ``words``: all that it understands,
    lower case; empty where it understands any.  ``defaults``: width, height, steps, guidance, sampler and spacing.
    """

    reference: str
    folder: Path
    title: str
    draws: str
    words: frozenset[str]
    examples: tuple[str, ...]
    defaults: Mapping[str, Any]

    def unknown_words(self, prompt: str) -> tuple[str, ...]:
        """The words of a prompt that mean nothing to the model, lower case, in order, each once."""
        if not self.words:
            return ()
        found = dict.fromkeys(word.lower() for word in WORD.findall(SIGNS.sub(" ", prompt)))
        return tuple(word for word in found if word not in self.words)


class Models:
    """The built-in models, by name, and any other by its path."""

    def __init__(self, built_in: Path = ASSETS) -> None:
        self.built_in = built_in

    def names(self) -> tuple[str, ...]:
        """The built-in models: folders of the assets that hold a model."""
        return tuple(sorted(index.parent.name for index in self.built_in.glob("*/model_index.json")))

    def card(self, reference: str) -> ModelCard:
        """The card of a model; ModelError where there is none, with what is there instead."""
        folder = self.built_in / reference if reference in self.names() else Path(reference).expanduser()
        self._check(reference, folder)
        own = _read(folder / "studio.json") if (folder / "studio.json").is_file() else {}
        try:
            return ModelCard(
                reference=reference if reference in self.names() else str(folder.resolve()),
                folder=folder.resolve(),
                title=str(own.get("title", folder.resolve().name)),
                draws=str(own.get("draws", "")),
                words=frozenset(word.lower() for word in own.get("words", ())),
                examples=tuple(own.get("examples", ())),
                defaults=_defaults(folder) | own.get("defaults", {}),
            )
        except (TypeError, AttributeError) as error:
            raise ModelError(f"{folder / 'studio.json'} cannot be understood: {error}.") from error

    def _check(self, reference: str, folder: Path) -> None:
        """Refuse what is no complete diffusers folder."""
        if not folder.exists():
            near = difflib.get_close_matches(reference, self.names(), n=1) or (*self.names(), "the path of a folder")
            raise ModelError(f"There is no model {reference!r}: try {' or '.join(near)}.")
        if not folder.is_dir():
            raise ModelError(f"{folder} is a single file: {WANTED}.")
        if not (folder / "model_index.json").is_file():
            raise ModelError(f"{folder} {_looks_like(folder)}: {WANTED}.")
        parts = {name for name, kind in _read(folder / "model_index.json").items() if _is_part(name, kind)}
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


def _defaults(folder: Path) -> dict[str, Any]:
    """What the model's own configuration suggests: the size it was trained at, and what is usual for its kind."""
    sampling = Sampling()
    width, height = _trained_size(folder)
    return {
        "width": width,
        "height": height,
        "steps": sampling.steps,
        "guidance": sampling.guidance,
        "sampler": sampling.sampler,
        "spacing": sampling.spacing,
    }


def _trained_size(folder: Path) -> tuple[int, int]:
    """Width and height in pixels: the network's latent size times the autoencoder's downscale; else 512."""
    try:
        cells = _read(folder / "unet" / "config.json")["sample_size"]
        downscale = 2 ** (len(_read(folder / "vae" / "config.json")["block_out_channels"]) - 1)
        height, width = cells if isinstance(cells, list) else (cells, cells)
        return int(width) * downscale, int(height) * downscale
    except (ModelError, KeyError, TypeError, ValueError):
        return 512, 512


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}.") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path} should hold a JSON object, but holds a {type(data).__name__}.")
    return data

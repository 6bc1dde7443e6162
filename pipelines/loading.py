"""From a model reference to a family on a device."""

from __future__ import annotations

from pathlib import Path

import torch

from pipelines.errors import ModelError
from pipelines.families import FAMILIES, load_family
from pipelines.families.family import Family
from pipelines.sources import Folder
from pipelines.sources.folder import read_config


def load(reference: str | Path, *, device: str = "auto", attention: str = "auto") -> Family:
    """Load the model in the diffusers folder ``reference``.  Nothing is downloaded.

    Raises ModelError for a folder that is missing, incomplete or of an unknown kind, and AttentionUnavailable.
    """
    folder = Path(reference)
    if not folder.is_dir():
        raise ModelError(f"There is no model folder at {folder}: give a folder in diffusers' layout.")
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder} is not a model in diffusers' layout: it has no model_index.json.")
    kind = read_config(folder / "model_index.json").get("_class_name")
    if kind not in FAMILIES:
        raise ModelError(f"{folder} holds a {kind}; these kinds are known: {', '.join(FAMILIES)}.")
    return load_family(kind, Folder(folder), pick_device(device), attention)


def pick_device(choice: str) -> torch.device:
    """``auto`` is an NVIDIA GPU where there is one, else the CPU; anything else must be a device of this machine."""
    if choice == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(choice)
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(f"This machine has no device {choice!r}: choose auto or cpu.") from error
    return device

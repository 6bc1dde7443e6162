"""Reading the parts of a diffusers folder, with one sentence for each way in which they can be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from pipelines.engine.schedule import DiffusionPath, zero_terminal_snr
from pipelines.errors import ModelError


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


def read_weights(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """A part of the model from its folder: safetensors only, complete, in evaluation mode, without gradients."""
    if not (folder / "config.json").is_file():
        raise ModelError(f"The model lacks its {folder.name}: {folder / 'config.json'} does not exist.")
    try:
        module = kind.from_pretrained(folder, dtype=dtype, use_safetensors=True, local_files_only=True)
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"The {folder.name} in {folder} cannot be loaded: {first}") from error
    missing = [name for name, tensor in module.state_dict().items() if tensor.is_meta]
    if missing:
        raise ModelError(f"The {folder.name} in {folder} is incomplete: {len(missing)} tensors such as {missing[0]}.")
    return module.eval().requires_grad_(False)


def diffusion_path(scheduler: dict[str, Any]) -> DiffusionPath:
    """The noising path that a scheduler_config.json describes; the user's choices in it are left aside."""
    alphas = tuple(torch.cumprod(1 - _betas(scheduler), dim=0).tolist())
    if scheduler.get("rescale_betas_zero_snr"):
        alphas = zero_terminal_snr(alphas)
    even = scheduler.get("timestep_spacing", "leading")
    return DiffusionPath(alphas, even, scheduler.get("steps_offset", 0) if even == "leading" else 0)


def _betas(scheduler: dict[str, Any]) -> torch.Tensor:
    if scheduler.get("trained_betas") is not None:
        return torch.tensor(scheduler["trained_betas"], dtype=torch.float64)
    steps = scheduler.get("num_train_timesteps", 1000)
    first, last = scheduler.get("beta_start", 0.00085), scheduler.get("beta_end", 0.012)
    kind = scheduler.get("beta_schedule", "scaled_linear")
    if kind == "linear":
        return torch.linspace(first, last, steps, dtype=torch.float64)
    if kind == "scaled_linear":
        return torch.linspace(first**0.5, last**0.5, steps, dtype=torch.float64) ** 2
    raise ModelError(f"The model's noise schedule {kind!r} is unknown; linear and scaled_linear are known.")

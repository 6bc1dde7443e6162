"""The noising path that a model was trained on, from its scheduler's configuration."""

from __future__ import annotations

from typing import Any

import torch

from pipelines.engine.schedule import DiffusionPath, zero_terminal_snr
from pipelines.errors import ModelError


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

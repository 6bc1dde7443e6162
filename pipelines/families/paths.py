"""The noising path that a model was trained on, and what it predicts, from its scheduler's configuration."""

from __future__ import annotations

from typing import Any, Literal

import torch

from pipelines.engine.prediction import Prediction
from pipelines.engine.schedule import DiffusionPath, FlowPath, Growth, zero_terminal_snr
from pipelines.errors import ModelError

PREDICTIONS: dict[str, Prediction] = {"epsilon": "noise", "v_prediction": "v"}


def prediction_of(scheduler: dict[str, Any], name: str) -> Prediction:
    """What the network of a diffusion model puts out; ModelError, about the model of this ``name``, if unknown."""
    if str(scheduler.get("_class_name")).startswith("EDM"):  # Playground 2.5, CosXL
        raise ModelError(
            f"The model in {name} was trained on the noise levels of EDM, which are not known here: choose another."
        )
    kind = scheduler.get("prediction_type", "epsilon")
    if kind not in PREDICTIONS:
        raise ModelError(f"The model in {name} predicts {kind!r}; this family knows {', '.join(PREDICTIONS)}.")
    return PREDICTIONS[kind]


def diffusion_path(scheduler: dict[str, Any]) -> DiffusionPath:
    """The noising path that a scheduler_config.json describes; the user's choices in it are left aside."""
    alphas = tuple(torch.cumprod(1 - _betas(scheduler), dim=0).tolist())
    if scheduler.get("rescale_betas_zero_snr"):
        alphas = zero_terminal_snr(alphas)
    even = scheduler.get("timestep_spacing", "leading")
    return DiffusionPath(alphas, even, scheduler.get("steps_offset", 0) if even == "leading" else 0)


def flow_path(scheduler: dict[str, Any], even: Literal["trailing", "linspace"] = "trailing") -> FlowPath:
    """The same for a model that matches flows; ``even``: how its pipeline spaces steps, which no file says."""
    terminal = scheduler.get("shift_terminal") or 0.0
    if not scheduler.get("use_dynamic_shifting"):
        shift = scheduler.get("shift", scheduler.get("flow_shift", 1.0))  # of DPM-Solver, as Sana has it
        return FlowPath(shift, even=even, terminal=terminal)
    tokens = scheduler.get("base_image_seq_len", 256), scheduler.get("max_image_seq_len", 4096)
    logs = scheduler.get("base_shift", 0.5), scheduler.get("max_shift", 1.15)
    return FlowPath(growth=Growth(tokens, logs), even=even, terminal=terminal)


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

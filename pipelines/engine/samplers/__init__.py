"""Samplers as coroutines: each asks for an estimate of x0 and is sent it back.

    x, level ──yield──▶ engine ──send──▶ x0

A sampler is given ``x`` at the first level (float32, any shape), the schedule, and ``noise()``, which draws a fresh
standard normal tensor shaped like ``x``.  It returns ``x`` at the last level.  Written in (alpha, sigma), so one rule
serves diffusion and flow matching; history lives in local variables, so a sampler has no state to reset.

    rules.py         the vocabulary: Estimate, epsilon, step_to, remaining
    slopes.py        the ODE by its slope: euler, heun, dpm2, lms
    ancestral.py     a step too far, then fresh noise: euler_a, dpm2_a, dpmpp_2s_a
    exponential.py   the ODE's linear part solved exactly: dpmpp_2m, res_multistep
    stochastic.py    the same for the SDE: dpmpp_sde, dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_3m_sde
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.engine.samplers.ancestral import dpm2_a, dpmpp_2s_a, euler_a
from pipelines.engine.samplers.exponential import dpmpp_2m, res_multistep
from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, step_to
from pipelines.engine.samplers.slopes import dpm2, euler, heun, lms
from pipelines.engine.samplers.stochastic import dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_3m_sde, dpmpp_sde

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Schedule

__all__ = ["SAMPLERS", "Draw", "Estimate", "Run", "Sampler", "epsilon", "step_to"]


@dataclass(frozen=True)
class Sampler:
    """A row of the table: the name people know, and the coroutine."""

    label: str
    run: Callable[[Tensor, Schedule, Draw], Run]


SAMPLERS: dict[str, Sampler] = {
    "euler": Sampler("Euler", euler),
    "euler_a": Sampler("Euler a", euler_a),
    "heun": Sampler("Heun", heun),
    "dpm2": Sampler("DPM2", dpm2),
    "dpm2_a": Sampler("DPM2 a", dpm2_a),
    "dpmpp_2s_a": Sampler("DPM++ 2S a", dpmpp_2s_a),
    "dpmpp_2m": Sampler("DPM++ 2M", dpmpp_2m),
    "dpmpp_sde": Sampler("DPM++ SDE", dpmpp_sde),
    "dpmpp_2m_sde": Sampler("DPM++ 2M SDE", dpmpp_2m_sde),
    "dpmpp_2m_sde_heun": Sampler("DPM++ 2M SDE Heun", dpmpp_2m_sde_heun),
    "dpmpp_3m_sde": Sampler("DPM++ 3M SDE", dpmpp_3m_sde),
    "lms": Sampler("LMS", lms),
    "res_multistep": Sampler("RES multistep", res_multistep),
    "ddim": Sampler("DDIM", euler),  # with eta 0 they are one rule
    "ddpm": Sampler("DDPM", euler_a),  # DDIM with eta 1
}

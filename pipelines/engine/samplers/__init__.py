"""Samplers as coroutines: each asks for an estimate of x0 and is sent it back.

    x, level ──yield──▶ engine ──send──▶ x0

A sampler is given ``x`` at the first level (float32, any shape), the schedule, and ``noise()``, which draws a fresh
standard normal tensor shaped like ``x``.  It returns ``x`` at the last level.  Written in (alpha, sigma), so one rule
serves diffusion and flow matching; history lives in local variables, so a sampler has no state to reset.

    rules.py         the vocabulary: Estimate, epsilon, step_to, remaining
    slopes.py        the ODE by its slope: euler, heun, dpm2, restart
    multistep.py     a polynomial through the last slopes: lms, deis
    ancestral.py     a step too far, then fresh noise: euler_a, ddim, ddpm, dpm2_a, dpmpp_2s_a
    exponential.py   the ODE's linear part solved exactly: dpmpp_2m, res_multistep, unipc
    stochastic.py    the same for the SDE: dpmpp_sde, dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_3m_sde
    consistency.py   believe the estimate, go back into the noise: lcm, tcd

What a user may turn on a sampler are its further arguments, named as in k-diffusion: ``eta``, ``s_noise``, ``s_churn``,
``s_tmin``, ``s_tmax``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from pipelines.engine.samplers.ancestral import ddim, ddpm, dpm2_a, dpmpp_2s_a, euler_a
from pipelines.engine.samplers.consistency import lcm, tcd
from pipelines.engine.samplers.exponential import dpmpp_2m, res_multistep, unipc
from pipelines.engine.samplers.multistep import deis, lms
from pipelines.engine.samplers.rules import Draw, Estimate, Run, epsilon, step_to
from pipelines.engine.samplers.slopes import dpm2, euler, heun, restart
from pipelines.engine.samplers.stochastic import dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_3m_sde, dpmpp_sde

__all__ = ["SAMPLERS", "Draw", "Estimate", "Run", "Sampler", "epsilon", "step_to"]


@dataclass(frozen=True)
class Sampler:
    """A row of the table: the name people know, the coroutine ``run(x, schedule, noise, **knobs)``, what suits it.

    ``suits``: the spacing that "automatic" stands for.  ``distilled``: made for consistency models, a few steps without
    guidance; other models come out soft.  ``extrapolates``: overshoots where a step is far longer than the one before.
    """

    label: str
    run: Callable[..., Run]
    suits: str = "uniform"
    distilled: bool = False
    extrapolates: bool = False

    @cached_property
    def knobs(self) -> tuple[str, ...]:
        """The names of the further arguments that it takes."""
        return tuple(inspect.signature(self.run).parameters)[3:]


SAMPLERS: dict[str, Sampler] = {
    "euler": Sampler("Euler", euler),
    "euler_a": Sampler("Euler a", euler_a),
    "heun": Sampler("Heun", heun),
    "dpm2": Sampler("DPM2", dpm2, "karras"),
    "dpm2_a": Sampler("DPM2 a", dpm2_a, "karras"),
    "dpmpp_2s_a": Sampler("DPM++ 2S a", dpmpp_2s_a, "karras"),
    "dpmpp_2m": Sampler("DPM++ 2M", dpmpp_2m, "karras"),
    "dpmpp_sde": Sampler("DPM++ SDE", dpmpp_sde, "karras"),
    "dpmpp_2m_sde": Sampler("DPM++ 2M SDE", dpmpp_2m_sde, "karras", extrapolates=True),
    "dpmpp_2m_sde_heun": Sampler("DPM++ 2M SDE Heun", dpmpp_2m_sde_heun, "karras", extrapolates=True),
    "dpmpp_3m_sde": Sampler("DPM++ 3M SDE", dpmpp_3m_sde, "exponential", extrapolates=True),
    "unipc": Sampler("UniPC", unipc),
    "deis": Sampler("DEIS", deis),
    "lms": Sampler("LMS", lms),
    "res_multistep": Sampler("RES multistep", res_multistep, "karras", extrapolates=True),
    "restart": Sampler("Restart", restart, "karras"),
    "ddim": Sampler("DDIM", ddim),
    "ddpm": Sampler("DDPM", ddpm),
    "lcm": Sampler("LCM", lcm, "sgm_uniform", distilled=True),
    "tcd": Sampler("TCD", tcd, "sgm_uniform", distilled=True),
}

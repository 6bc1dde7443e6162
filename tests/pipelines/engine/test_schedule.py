"""Schedules against the schedulers of diffusers, which place the same levels by other code."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, EulerDiscreteScheduler

from pipelines.engine.schedule import CLEAN, SPACINGS, FlowPath, build_schedule, start_at
from pipelines.families.reading import diffusion_path

FACTS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def noises(schedule) -> list[float]:
    return [level.sigma / level.alpha for level in schedule]


@pytest.mark.parametrize("steps", [1, 7, 20, 50])
@pytest.mark.parametrize("even", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("zero_snr", [False, True])
def test_uniform_levels_are_those_of_diffusers(steps: int, even: str, zero_snr: bool) -> None:
    if steps == 1 and even == "linspace":
        pytest.skip("diffusers puts a single step at timestep 0, where there is no noise to remove")
    config = {**FACTS, "timestep_spacing": even, "steps_offset": 1, "rescale_betas_zero_snr": zero_snr}
    oracle = EulerDiscreteScheduler(**config)
    oracle.set_timesteps(steps)
    ours = build_schedule(diffusion_path(config), steps, "uniform")
    assert [level.timestep for level in ours.levels[:-1]] == pytest.approx(oracle.timesteps.tolist(), abs=1e-3)
    assert noises(ours) == pytest.approx(oracle.sigmas.tolist(), rel=2e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("spacing", "switch"), [("karras", "use_karras_sigmas"), ("exponential", "use_exponential_sigmas")]
)
@pytest.mark.parametrize("steps", [2, 8, 30])
def test_karras_and_exponential_levels_are_those_of_diffusers(spacing: str, switch: str, steps: int) -> None:
    config = {**FACTS, "timestep_spacing": "linspace"}
    oracle = EulerDiscreteScheduler(**config, **{switch: True})
    oracle.set_timesteps(steps)
    ours = build_schedule(diffusion_path(config), steps, spacing)
    assert noises(ours) == pytest.approx(oracle.sigmas.tolist(), rel=1e-4, abs=1e-6)
    assert [level.timestep for level in ours.levels[:-1]] == pytest.approx(oracle.timesteps.tolist(), abs=0.02)


def test_variance_preserving_levels_match_the_multistep_solver() -> None:
    oracle = DPMSolverMultistepScheduler(**FACTS, timestep_spacing="trailing")
    oracle.set_timesteps(12)
    ours = build_schedule(diffusion_path({**FACTS, "timestep_spacing": "trailing"}), 12, "uniform")
    for level, sigma in zip(ours, oracle.sigmas, strict=True):
        alpha_t, sigma_t = oracle._sigma_to_alpha_sigma_t(sigma)
        assert (level.alpha, level.sigma) == pytest.approx((float(alpha_t), float(sigma_t)), abs=1e-5)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("path", [diffusion_path(FACTS), FlowPath(3.0)], ids=["diffusion", "flow"])
@pytest.mark.parametrize("steps", [1, 2, 25, 300])
def test_every_schedule_descends_to_a_clean_picture(spacing: str, path, steps: int) -> None:
    schedule = build_schedule(path, steps, spacing)
    assert len(schedule) == steps + 1
    assert schedule.levels[-1] == CLEAN
    falling = noises([level for level in schedule if level.alpha])
    assert all(high > low for high, low in pairwise(falling))


def test_flow_levels_lie_on_the_straight_path() -> None:
    for level in build_schedule(FlowPath(3.0), 10, "uniform"):
        assert level.alpha + level.sigma == pytest.approx(1)


@pytest.mark.parametrize(("strength", "left"), [(1.0, 20), (0.6, 12), (0.5, 10), (0.04, 1), (0.001, 1)])
def test_strength_is_the_share_of_steps_that_is_run(strength: float, left: int) -> None:
    schedule = build_schedule(diffusion_path(FACTS), 20, "uniform")
    assert start_at(schedule, strength).steps == left
    assert start_at(schedule, strength).levels[-1] == CLEAN


def test_trained_betas_are_taken_as_they_are() -> None:
    betas = torch.linspace(0.001, 0.02, 50).tolist()
    oracle = EulerDiscreteScheduler(trained_betas=betas, num_train_timesteps=50)
    ours = diffusion_path({"trained_betas": betas})
    assert ours.alphas_cumprod == pytest.approx(oracle.alphas_cumprod.tolist(), rel=1e-5)


@pytest.mark.parametrize("steps", [333, 501, 600, 999, 1000])
def test_many_leading_steps_still_begin_in_the_noise(steps: int) -> None:
    """A whole stride would begin 600 steps at timestep 600, which still shows much of the picture."""
    schedule = build_schedule(
        diffusion_path({**FACTS, "timestep_spacing": "leading", "steps_offset": 1}), steps, "uniform"
    )
    assert schedule.levels[0].timestep > 990
    assert all(high.timestep > low.timestep for high, low in pairwise(schedule.levels[:-1]))

"""Schedules against the schedulers of diffusers, which place the same levels by other code."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from pipelines.engine.schedule import CLEAN, FlowPath, Growth, start_at
from pipelines.engine.spacings import SPACINGS, Bounds, beta_quantile, build_schedule
from pipelines.families.paths import diffusion_path, flow_path

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
    if SPACINGS[spacing].diffusion_only and isinstance(path, FlowPath):
        pytest.skip("refused for flow models")
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


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3, 0.5, 0.77, 0.99, 0.9999])
@pytest.mark.parametrize("shape", [(0.6, 0.6), (0.5, 0.5), (1.0, 1.0), (0.3, 0.9)])
def test_beta_quantiles_are_those_of_scipy(share: float, shape: tuple[float, float]) -> None:
    from scipy.stats import beta

    assert beta_quantile(share, *shape) == pytest.approx(float(beta.ppf(share, *shape)), abs=1e-9)


@pytest.mark.parametrize("steps", [2, 8, 30])
def test_further_levels_are_those_of_the_published_formulas(steps: int) -> None:
    """Polyexponential as in k-diffusion, KL-optimal as in its paper, simple and normal as ComfyUI describes them."""
    path = diffusion_path(FACTS)
    low, high = path.noise_range
    ramp = torch.linspace(1, 0, steps, dtype=torch.float64) ** 3.0
    expected = torch.exp(ramp * (math.log(high) - math.log(low)) + math.log(low))
    poly = build_schedule(path, steps, "polyexponential", Bounds(rho=3.0))
    assert noises(poly)[:-1] == pytest.approx(expected.tolist(), rel=1e-9)
    share = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    expected = torch.tan(share * math.atan(low) + (1 - share) * math.atan(high))
    assert noises(build_schedule(path, steps, "kl_optimal"))[:-1] == pytest.approx(expected.tolist(), rel=1e-6)
    simple = [level.timestep for level in build_schedule(path, steps, "simple").levels[:-1]]
    assert simple == [999 - int(i * 1000 / steps) for i in range(steps)]
    normal = [level.timestep for level in build_schedule(path, steps, "normal").levels[:-1]]
    assert normal == pytest.approx(torch.linspace(999, 0, steps, dtype=torch.float64).tolist())


def test_published_steps_come_out_at_their_own_number_and_lie_between_at_others() -> None:
    from diffusers.schedulers import AysSchedules

    for spacing, name in {"align_your_steps": "Diffusion", "align_your_steps_xl": "XL"}.items():
        sigmas = AysSchedules[f"StableDiffusion{name if name == 'XL' else ''}Sigmas"]
        ten = build_schedule(diffusion_path(FACTS), 10, spacing)
        assert noises(ten)[:-1] == pytest.approx(sigmas[:10], rel=1e-3)
        twenty = build_schedule(diffusion_path(FACTS), 20, spacing)
        assert noises(twenty)[:-1:2] == pytest.approx(noises(ten)[:-1], rel=1e-9)


@pytest.mark.parametrize("spacing", [name for name, row in SPACINGS.items() if "sigma_max" in row.heeds])
def test_bounds_are_heeded_within_what_the_model_knows(spacing: str) -> None:
    path = diffusion_path(FACTS)
    levels = noises(build_schedule(path, 12, spacing, Bounds(sigma_min=0.1, sigma_max=5.0)))
    assert (levels[0], levels[-2]) == pytest.approx((5.0, 0.1))
    beyond = noises(build_schedule(path, 12, spacing, Bounds(sigma_min=1e-6, sigma_max=1e6)))
    assert (beyond[0], beyond[-2]) == pytest.approx((path.noise_range[1], path.noise_range[0]))


@pytest.mark.parametrize("steps", [4, 25])
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_shifted_flow_levels_are_those_of_diffusers(steps: int, shift: float) -> None:
    oracle = FlowMatchEulerDiscreteScheduler(shift=shift)
    oracle.set_timesteps(sigmas=[1 - i / steps for i in range(steps)])
    ours = build_schedule(FlowPath(1.0).shifted(1024, shift), steps, "uniform")
    assert [level.sigma for level in ours] == pytest.approx(oracle.sigmas.tolist(), abs=1e-6)
    assert [level.timestep for level in ours.levels[:-1]] == pytest.approx(oracle.timesteps.tolist(), abs=1e-2)


@pytest.mark.parametrize("side", [256, 512, 1024, 1344])
def test_a_shift_that_grows_with_the_picture_is_that_of_diffusers(side: int) -> None:
    from diffusers.pipelines.flux.pipeline_flux import calculate_shift

    tokens = (side // 16) ** 2
    oracle = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    oracle.set_timesteps(sigmas=[1 - i / 10 for i in range(10)], mu=calculate_shift(tokens))
    path = FlowPath(growth=Growth())
    ours = build_schedule(path.shifted((side // 8) ** 2, None), 10, "uniform")
    assert [level.sigma for level in ours] == pytest.approx(oracle.sigmas.tolist(), abs=1e-6)
    assert path.shifted(1024, 2.5) == FlowPath(2.5)  # the user's own wins


def test_a_diffusion_path_has_no_shift() -> None:
    path = diffusion_path(FACTS)
    assert path.shifted(1024, None) is path
    with pytest.raises(ValueError, match="only models that match flows have a shift"):
        path.shifted(1024, 3.0)


@pytest.mark.parametrize("steps", [1, 4, 28])
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_flow_levels_that_end_at_the_least_noise_are_those_of_diffusers(steps: int, shift: float) -> None:
    """As its scheduler spaces them where it is told nothing but their number."""
    oracle = FlowMatchEulerDiscreteScheduler(shift=shift)
    oracle.set_timesteps(steps)
    path = flow_path({"shift": shift}, even="linspace")
    ours = build_schedule(path.shifted(1024, None), steps, "uniform")
    np.testing.assert_allclose([level.sigma for level in ours], oracle.sigmas.numpy(), atol=1e-6)


@pytest.mark.parametrize("steps", [1, 4, 28])
def test_flow_levels_that_are_stretched_are_those_of_diffusers(steps: int) -> None:
    growing = {"use_dynamic_shifting": True, "max_shift": 0.9, "max_image_seq_len": 8192, "shift_terminal": 0.02}
    oracle = FlowMatchEulerDiscreteScheduler(**growing)
    mu = 0.5 + (0.9 - 0.5) * (4096 - 256) / (8192 - 256)
    oracle.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps), mu=mu)
    ours = build_schedule(flow_path(growing).shifted(128 * 128, None), steps, "uniform")
    if steps == 1:  # there is nothing between the first and the last to stretch; diffusers divides zero by zero
        assert [level.sigma for level in ours] == [1.0, 0.0]
    else:
        np.testing.assert_allclose([level.sigma for level in ours], oracle.sigmas.numpy(), atol=1e-6)

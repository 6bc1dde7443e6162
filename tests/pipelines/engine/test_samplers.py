"""Every sampler against the answer that is known: the exact denoiser of Gaussian data.

For data drawn from N(mean, spread²) the estimate of x0 is linear in x, and along the probability-flow ODE
(x - alpha·mean) keeps its ratio to sqrt(alpha²·spread² + sigma²).
"""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import CLEAN, SPACINGS, DiffusionPath, FlowPath, Level, Schedule, build_schedule

MEAN, SPREAD = 0.7, 0.5
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
DIFFUSION = DiffusionPath(tuple(torch.cumprod(1 - BETAS, 0).tolist()))
PATHS = {"diffusion": DIFFUSION, "flow": FlowPath(shift=3.0)}
# In the limit: the multistep rules begin with a step of first order, which leaves them at two.
ORDERS = {"euler": 1, "ddim": 1, "heun": 2, "dpm2": 2, "lms": 2, "dpmpp_2m": 2, "res_multistep": 2}
STOCHASTIC = {"euler_a": 1, "ddpm": 1, "dpm2_a": 2, "dpmpp_2s_a": 2, "dpmpp_sde": 2, "dpmpp_2m_sde": 2}
STOCHASTIC |= {"dpmpp_2m_sde_heun": 2, "dpmpp_3m_sde": 2}


def estimate(x, level: Level):
    share = level.alpha * SPREAD**2 / (level.alpha**2 * SPREAD**2 + level.sigma**2)
    return MEAN + share * (x - level.alpha * MEAN)


def width(level: Level) -> float:
    return math.sqrt(level.alpha**2 * SPREAD**2 + level.sigma**2)


def exact(x, start: Level, end: Level):
    return end.alpha * MEAN + width(end) / width(start) * (x - start.alpha * MEAN)


def drive(sampler, answer):
    """Run a coroutine to its end, answering its questions."""
    try:
        question = next(sampler)
        while True:
            question = sampler.send(answer(*question))
    except StopIteration as end:
        return end.value


def no_noise():
    raise AssertionError("a deterministic sampler drew noise")


def run(name: str, x, schedule):
    return drive(SAMPLERS[name].run(x, schedule, no_noise if name in ORDERS else lambda: torch.zeros_like(x)), estimate)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", ORDERS)
def test_error_falls_at_the_known_order(name: str, path) -> None:
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)

    def error(steps: int) -> float:
        # Ends above sigma 0: the last step to a clean picture is first order by nature.
        schedule = Schedule(tuple(path.at_timestep(900 - 700 * i / steps) for i in range(steps + 1)), path)
        return float((run(name, x, schedule) - exact(x, schedule.levels[0], schedule.levels[-1])).abs().max())

    measured = math.log2(error(320) / error(640))
    assert measured == pytest.approx(ORDERS[name], abs=0.25)


def spread_of(name: str, schedule) -> tuple[float, float]:
    """Mean and spread at the end of a run that starts from the exact distribution, without sampling.

    Sampler and estimate are affine, so x can be carried as its coefficients: of 1, of the first noise, of each draw.
    """
    size = 2 * len(schedule) + 2
    unit = torch.eye(size, dtype=torch.float64)
    draws = iter(unit[2:])

    def affine(x, level: Level):
        return estimate(x, level) - (1 - unit[0]) * estimate(torch.zeros(size, dtype=torch.float64), level)

    first = schedule.levels[0]
    start = first.alpha * MEAN * unit[0] + width(first) * unit[1]
    end = drive(SAMPLERS[name].run(start, schedule, lambda: next(draws)), affine)
    return float(end[0]), float(end[1:].norm())


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", STOCHASTIC)
def test_fresh_noise_keeps_the_spread_to_the_known_order(name: str, path) -> None:
    def error(steps: int) -> float:
        schedule = Schedule(tuple(path.at_timestep(900 - 700 * i / steps) for i in range(steps + 1)), path)
        return abs(spread_of(name, schedule)[1] - width(schedule.levels[-1]))

    measured = math.log2(error(320) / error(640))
    assert measured == pytest.approx(STOCHASTIC[name], abs=0.25)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", SAMPLERS)
def test_noise_becomes_the_data_it_was_trained_on(name: str, path) -> None:
    mean, spread = spread_of(name, build_schedule(path, 400, "uniform"))
    assert mean == pytest.approx(MEAN, abs=0.01)
    assert spread == pytest.approx(SPREAD, abs=0.01)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_one_step_lands_on_the_estimate(name: str, spacing: str) -> None:
    """With nothing but a first level, every rule reduces to taking the estimate itself."""
    schedule = build_schedule(DIFFUSION, 1, spacing)
    x = torch.randn(16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(run(name, x, schedule), estimate(x, schedule.levels[0]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_first_level_without_any_picture_is_no_singularity(name: str) -> None:
    """alpha 0: where zero-terminal-SNR and flow models start."""
    levels = (Level(0.0, 1.0, 999.0), *(DIFFUSION.at_timestep(t) for t in (800, 500, 200)), CLEAN)
    schedule = Schedule(levels, DIFFUSION)
    result = run(name, torch.randn(64, dtype=torch.float64, generator=torch.Generator().manual_seed(0)), schedule)
    assert bool(torch.isfinite(result).all())
    assert float((result - MEAN).abs().max()) < 3


def test_the_third_order_rule_is_that_of_k_diffusion() -> None:
    """sample_dpmpp_3m_sde with eta 1, as published: in x / alpha and t = -log(sigma / alpha)."""
    schedule = build_schedule(DIFFUSION, 12, "karras")
    start = torch.randn(5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def draws():
        stream = torch.Generator().manual_seed(9)
        return lambda: torch.randn(5, generator=stream, dtype=torch.float64)

    noise, x, history, steps = draws(), start / schedule.levels[0].alpha, [], []
    for level, following in pairwise(schedule):
        denoised = estimate(x * level.alpha, level)
        if not following.sigma:
            x = denoised
            break
        h = math.log(level.ratio) - math.log(following.ratio)
        x = math.exp(-2 * h) * x - math.expm1(-2 * h) * denoised
        phi_2 = math.expm1(-2 * h) / (2 * h) + 1
        if len(history) > 1:
            r0, r1 = steps[0] / h, steps[1] / h
            first, second = (denoised - history[0]) / r0, (history[0] - history[1]) / r1
            slope, curve = first + (first - second) * r0 / (r0 + r1), (first - second) / (r0 + r1)
            x = x + phi_2 * slope - (phi_2 / (2 * h) - 0.5) * curve
        elif history:
            x = x + phi_2 * (denoised - history[0]) / (steps[0] / h)
        x = x + following.ratio * math.sqrt(-math.expm1(-2 * h)) * noise()
        history, steps = [denoised, *history[:1]], [h, *steps[:1]]
    ours = drive(SAMPLERS["dpmpp_3m_sde"].run(start, schedule, draws()), estimate)
    torch.testing.assert_close(ours, x, rtol=1e-9, atol=1e-9)

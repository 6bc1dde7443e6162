"""Every sampler against the answer that is known: the exact denoiser of Gaussian data.

For data drawn from N(mean, spread²) the estimate of x0 is linear in x, and along the probability-flow ODE
(x - alpha·mean) keeps its ratio to sqrt(alpha²·spread² + sigma²).
"""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from pipelines.engine.pairing import misfit
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import CLEAN, DiffusionPath, FlowPath, Level, Schedule, zero_terminal_snr
from pipelines.engine.spacings import SPACINGS, build_schedule, spacing_for

MEAN, SPREAD = 0.7, 0.5
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
DIFFUSION = DiffusionPath(tuple(torch.cumprod(1 - BETAS, 0).tolist()))
ZERO_SNR = DiffusionPath(zero_terminal_snr(DIFFUSION.alphas_cumprod), "trailing")
PATHS = {"diffusion": DIFFUSION, "flow": FlowPath(shift=3.0)}
# In the limit: the multistep rules begin with a step of first order, which leaves them at two.
ORDERS = {"euler": 1, "ddim": 1, "heun": 2, "dpm2": 2, "lms": 2, "deis": 2, "dpmpp_2m": 2, "res_multistep": 2}
ORDERS |= {"unipc": 2}
STOCHASTIC = {"euler_a": 1, "ddpm": 1, "dpm2_a": 2, "dpmpp_2s_a": 2, "dpmpp_sde": 2, "dpmpp_2m_sde": 2}
STOCHASTIC |= {"dpmpp_2m_sde_heun": 2, "dpmpp_3m_sde": 2, "restart": 2}
SOLVERS = [name for name, sampler in SAMPLERS.items() if not sampler.distilled]
WITH_ETA = [name for name in SOLVERS if "eta" in SAMPLERS[name].knobs]
WITH_CHURN = [name for name in SOLVERS if "s_churn" in SAMPLERS[name].knobs]


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


def run(name: str, x, schedule, **knobs):
    quiet = no_noise if name in ORDERS else lambda: torch.zeros_like(x)
    return drive(SAMPLERS[name].run(x, schedule, quiet, **knobs), estimate)


def test_every_solver_has_its_order() -> None:
    assert {*ORDERS, *STOCHASTIC} == set(SOLVERS)
    assert not {*ORDERS} & {*STOCHASTIC}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", ORDERS)
def test_error_falls_at_the_known_order(name: str, path) -> None:
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)

    def error(steps: int) -> float:
        # Ends above sigma 0: the last step to a clean picture is first order by nature.
        schedule = Schedule(tuple(path.at_timestep(900 - 700 * i / steps) for i in range(steps + 1)), path)
        return float((run(name, x, schedule) - exact(x, schedule.levels[0], schedule.levels[-1])).abs().max())

    measured = math.log2(error(320) / error(640))
    assert measured > ORDERS[name] - 0.25
    if name not in ("unipc", "deis"):  # these gain almost an order on some paths
        assert measured < ORDERS[name] + 0.25


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", [name for name in WITH_ETA if name in STOCHASTIC])
def test_without_fresh_noise_an_ancestral_rule_solves_the_ode(name: str, path) -> None:
    def error(steps: int) -> float:
        schedule = Schedule(tuple(path.at_timestep(900 - 700 * i / steps) for i in range(steps + 1)), path)
        sampled = drive(SAMPLERS[name].run(x, schedule, no_noise, eta=0.0), estimate)
        return float((sampled - exact(x, schedule.levels[0], schedule.levels[-1])).abs().max())

    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    assert math.log2(error(320) / error(640)) == pytest.approx(STOCHASTIC[name], abs=0.25)


def spread_of(name: str, schedule, answer=estimate, **knobs) -> tuple[float, float]:
    """Mean and spread at the end of a run that starts from the exact distribution, without sampling.

    Sampler and estimate are affine, so x can be carried as its coefficients: of 1, of the first noise, of each draw.
    """
    size = 2 * len(schedule) + 2
    unit = torch.eye(size, dtype=torch.float64)
    draws = iter(unit[2:])

    def affine(x, level: Level):
        return answer(x, level) - (1 - unit[0]) * answer(torch.zeros(size, dtype=torch.float64), level)

    first = schedule.levels[0]
    start = first.alpha * MEAN * unit[0] + width(first) * unit[1]
    end = drive(SAMPLERS[name].run(start, schedule, lambda: next(draws), **knobs), affine)
    return float(end[0]), float(end[1:].norm())


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", STOCHASTIC)
def test_fresh_noise_keeps_the_spread_to_the_known_order(name: str, path) -> None:
    def error(steps: int) -> float:
        schedule = Schedule(tuple(path.at_timestep(900 - 700 * i / steps) for i in range(steps + 1)), path)
        return abs(spread_of(name, schedule)[1] - width(schedule.levels[-1]))

    measured = math.log2(error(320) / error(640))
    assert measured == pytest.approx(STOCHASTIC[name], abs=0.25)


def fits(name: str, spacing: str, path, steps: int) -> bool:
    schedule = build_schedule(path, steps, spacing)
    return misfit(SAMPLERS[name], SPACINGS[spacing], path, schedule) is None


ALL_PATHS = {**PATHS, "zero snr": ZERO_SNR}
TRIPLES = [(name, spacing, path) for path in ALL_PATHS for name in SOLVERS for spacing in SPACINGS]


@pytest.mark.parametrize(("name", "spacing", "path"), TRIPLES)
def test_noise_becomes_the_data_it_was_trained_on(name: str, spacing: str, path: str) -> None:
    """Every triple that is not refused: near the answer at 20 steps, closer at 240."""
    for steps, tolerance in ((20, 0.2), (240, 0.04)):
        if not fits(name, spacing, ALL_PATHS[path], steps):
            continue
        mean, spread = spread_of(name, build_schedule(ALL_PATHS[path], steps, spacing))
        assert mean == pytest.approx(MEAN, abs=tolerance)
        assert spread == pytest.approx(SPREAD, abs=tolerance)


def test_what_is_refused_would_have_gone_wrong() -> None:
    assert not fits("dpmpp_3m_sde", "normal", DIFFUSION, 20)
    assert spread_of("dpmpp_3m_sde", build_schedule(DIFFUSION, 20, "normal"))[1] > 2 * SPREAD
    assert not fits("heun", "kl_optimal", PATHS["flow"], 20)
    assert spread_of("heun", build_schedule(PATHS["flow"], 20, "kl_optimal"))[1] > 100 * SPREAD
    sound_on_flows = [triple for triple in TRIPLES if not SPACINGS[triple[1]].diffusion_only]
    refused = [triple for triple in sound_on_flows if not fits(*triple[:2], ALL_PATHS[triple[2]], 20)]
    assert len(refused) < 0.05 * len(TRIPLES)  # the menu is not made safe by emptying it


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("path", ALL_PATHS.values(), ids=ALL_PATHS)
@pytest.mark.parametrize("steps", [1, 4, 20, 50])
def test_automatic_spacing_suits_every_sampler(name: str, path, steps: int) -> None:
    assert fits(name, spacing_for(path, SAMPLERS[name].suits), path, steps)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", WITH_CHURN)
def test_churn_keeps_the_spread(name: str, path) -> None:
    mean, spread = spread_of(name, build_schedule(path, 800, "uniform"), s_churn=40.0, s_tmin=0.05, s_tmax=5.0)
    assert mean == pytest.approx(MEAN, abs=0.02)
    assert spread == pytest.approx(SPREAD, abs=0.02)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("name", WITH_ETA)
def test_half_of_the_fresh_noise_keeps_the_spread(name: str, path) -> None:
    mean, spread = spread_of(name, build_schedule(path, 200, "uniform"), eta=0.5)
    assert mean == pytest.approx(MEAN, abs=0.02)
    assert spread == pytest.approx(SPREAD, abs=0.02)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_perfect_consistency_model_is_sampled_exactly(path) -> None:
    """Told where the ODE ends instead of the mean of what may be there, four steps of LCM give the data itself."""
    mean, spread = spread_of("lcm", build_schedule(path, 4, "sgm_uniform"), lambda x, level: exact(x, level, CLEAN))
    assert (mean, spread) == pytest.approx((MEAN, SPREAD), abs=1e-6)


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "restart"])  # which goes up again
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


def test_churn_is_that_of_k_diffusion() -> None:
    """sample_euler with s_churn, as published: in x / alpha and sigma / alpha."""
    schedule = build_schedule(DIFFUSION, 10, "karras")
    start = torch.randn(5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    settings = {"s_churn": 8.0, "s_tmin": 0.1, "s_tmax": 6.0, "s_noise": 1.01}

    def draws():
        stream = torch.Generator().manual_seed(9)
        return lambda: torch.randn(5, generator=stream, dtype=torch.float64)

    noise, x = draws(), start / schedule.levels[0].alpha
    for level, following in pairwise(schedule):
        gamma = min(8.0 / 10, 2**0.5 - 1) if 0.1 <= level.ratio <= 6.0 else 0.0
        sigma_hat = level.ratio * (gamma + 1)
        if gamma > 0:
            x = x + noise() * 1.01 * (sigma_hat**2 - level.ratio**2) ** 0.5
        denoised = estimate(x / math.sqrt(1 + sigma_hat**2), DIFFUSION.at_ratio(sigma_hat))
        x = x + (x - denoised) / sigma_hat * (following.ratio - sigma_hat)
    ours = drive(SAMPLERS["euler"].run(start, schedule, draws(), **settings), estimate)
    torch.testing.assert_close(ours, x, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_ancestral_steps_are_those_of_k_diffusion(eta: float) -> None:
    """sample_dpm_2_ancestral as published, with get_ancestral_step."""
    schedule = build_schedule(DIFFUSION, 10, "karras")
    start = torch.randn(5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def draws():
        stream = torch.Generator().manual_seed(9)
        return lambda: torch.randn(5, generator=stream, dtype=torch.float64)

    def slope(x, sigma: float):
        denoised = estimate(x / math.sqrt(1 + sigma**2), DIFFUSION.at_ratio(sigma))
        return (x - denoised) / sigma

    noise, x = draws(), start / schedule.levels[0].alpha
    for level, following in pairwise(schedule):
        now, then = level.ratio, following.ratio
        up = min(then, eta * (then**2 * (now**2 - then**2) / now**2) ** 0.5)
        down = (then**2 - up**2) ** 0.5
        d = slope(x, now)
        if down == 0:
            x = x + d * (down - now)
        else:
            middle = math.exp((math.log(now) + math.log(down)) / 2)
            x = x + slope(x + d * (middle - now), middle) * (down - now)
        if up:
            x = x + noise() * up
    ours = drive(SAMPLERS["dpm2_a"].run(start, schedule, draws(), eta=eta), estimate)
    torch.testing.assert_close(ours, x, rtol=1e-6, atol=1e-6)


ORACLES = {
    "unipc": ("UniPCMultistepScheduler", {"solver_order": 2, "solver_type": "bh2", "final_sigmas_type": "zero"}),
    "deis": ("DEISMultistepScheduler", {"solver_order": 3}),
}


@pytest.mark.parametrize("name", ORACLES)
def test_multistep_rules_step_by_step_beside_diffusers(name: str) -> None:
    import diffusers

    kind, settings = ORACLES[name]
    facts = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "timestep_spacing": "linspace"}
    oracle = getattr(diffusers, kind)(**facts, **settings)
    oracle.set_timesteps(20)  # with fewer, diffusers lowers the order of the last steps
    levels = []
    for sigma, timestep in zip(oracle.sigmas.tolist(), [*oracle.timesteps.tolist(), 0], strict=True):
        alpha = 1 / math.sqrt(1 + sigma**2)
        levels.append(Level(alpha, sigma * alpha, float(timestep)))
    start = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    seen: list[torch.Tensor] = []

    def watching(x, level: Level):
        seen.append(x)
        return torch.tanh(x) * 0.6 + 0.1 * level.sigma  # any function of both will do

    ours = drive(SAMPLERS[name].run(start, Schedule(tuple(levels), DIFFUSION), no_noise), watching)
    x = start
    for place, timestep in enumerate(oracle.timesteps):
        torch.testing.assert_close(seen[place], x, rtol=2e-4, atol=2e-4)
        noise = (x - levels[place].alpha * (torch.tanh(x) * 0.6 + 0.1 * levels[place].sigma)) / levels[place].sigma
        x = oracle.step(noise, timestep, x).prev_sample
    if name == "unipc":  # diffusers' DEIS ends above no noise at all
        torch.testing.assert_close(ours, x, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(("name", "eta"), [("lcm", {}), ("tcd", {"eta": 0.3}), ("tcd", {"eta": 0.0})])
def test_consistency_samplers_step_by_step_beside_diffusers(name: str, eta: dict[str, float]) -> None:
    from diffusers import LCMScheduler, TCDScheduler

    facts = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    oracle = {"lcm": LCMScheduler, "tcd": TCDScheduler}[name](**facts)
    oracle.set_timesteps(timesteps=[999, 759, 499, 259])
    levels = tuple(DIFFUSION.at_timestep(t) for t in (999, 759, 499, 259))
    start = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    stream = torch.Generator().manual_seed(5)
    seen: list[torch.Tensor] = []

    def watching(x, level: Level):
        seen.append(x)
        return torch.tanh(x)

    ours = drive(
        SAMPLERS[name].run(
            start, Schedule((*levels, CLEAN), DIFFUSION), lambda: torch.randn(1, 4, 8, 8, generator=stream), **eta
        ),
        watching,
    )
    x, stream = start, torch.Generator().manual_seed(5)
    for level, timestep, asked in zip(levels, oracle.timesteps, seen, strict=True):
        torch.testing.assert_close(asked, x, rtol=1e-3, atol=2e-3)
        noise = (x - level.alpha * torch.tanh(x)) / level.sigma
        x = oracle.step(noise, timestep, x, generator=stream, **eta).prev_sample
    assert len(seen) == 4
    if name == "lcm":  # diffusers' TCD ends at timestep 0, above no noise at all
        torch.testing.assert_close(ours, x, rtol=1e-3, atol=2e-3)

"""Guidance against the guiders and helpers of diffusers, and against what each rule promises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance
from diffusers.guiders.classifier_free_zero_star_guidance import cfg_zero_star_scale
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

from pipelines.engine.guidance import GUIDANCES, Pair, classifier_free, guidance_rule, projected, rescaled, zero_star
from pipelines.engine.prediction import believed, predicted
from pipelines.engine.schedule import Level
from pipelines.parts import Guiding

LEVEL = Level(0.6, 0.8, 500.0)
FLOW = Level(0.3, 0.7, 700.0)
SHAPE = (4, 6, 5)


def pair(seed: int = 0, level: Level = LEVEL) -> Pair:
    draws = torch.Generator().manual_seed(seed)
    one, other, x = (torch.randn(SHAPE, generator=draws, dtype=torch.float64) for _ in range(3))
    return Pair(one, 0.7 * one + 0.3 * other, x, level)


@pytest.mark.parametrize(("prediction", "level"), [("noise", LEVEL), ("v", LEVEL), ("flow", FLOW)])
def test_prediction_and_belief_are_inverse(prediction, level: Level) -> None:
    seen = pair(level=level)
    output = predicted(prediction, seen.with_prompt, seen.x, level)
    torch.testing.assert_close(believed(prediction, output, seen.x, level), seen.with_prompt)


@pytest.mark.parametrize("threshold", [0.0, 2.0])
@pytest.mark.parametrize("parallel", [0.0, 0.4])
def test_projected_guidance_is_that_of_diffusers_over_several_steps(threshold: float, parallel: float) -> None:
    ours, buffer = projected(-0.5, threshold or 1e9, parallel), MomentumBuffer(-0.5)
    for step in range(4):
        seen = pair(step)
        theirs = normalized_guidance(
            seen.with_prompt[None],
            seen.without[None],
            guidance_scale=6.0,
            momentum_buffer=buffer,
            eta=parallel,
            norm_threshold=threshold,
            use_original_formulation=True,
        )[0]
        torch.testing.assert_close(ours(seen, 7.0), theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("prediction", ["noise", "v"])
def test_zero_star_is_that_of_diffusers(prediction) -> None:
    seen = pair()
    towards = predicted(prediction, seen.with_prompt, seen.x, LEVEL)
    away = predicted(prediction, seen.without, seen.x, LEVEL)
    factor = cfg_zero_star_scale(towards.flatten()[None], away.flatten()[None]).item()
    expected = factor * away + 5.0 * (towards - factor * away)
    ours = predicted(prediction, zero_star(prediction)(seen, 5.0), seen.x, LEVEL)
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)


def test_zero_star_rests_on_the_first_step_of_a_flow() -> None:
    rule = zero_star("flow")
    first = rule(pair(level=FLOW), 5.0)
    torch.testing.assert_close(first, pair(level=FLOW).x)  # x0 = x: the step goes nowhere
    assert not torch.equal(rule(pair(level=FLOW), 5.0), first)


@pytest.mark.parametrize(("prediction", "level"), [("noise", LEVEL), ("v", LEVEL), ("flow", FLOW)])
def test_rescaling_is_that_of_diffusers(prediction, level: Level) -> None:
    seen = pair(level=level)
    guided_to = predicted(prediction, classifier_free(seen, 9.0), seen.x, level)
    plain = predicted(prediction, seen.with_prompt, seen.x, level)
    theirs = rescale_noise_cfg(guided_to[None], plain[None], 0.7)[0]
    ours = predicted(prediction, rescaled(classifier_free, 0.7, prediction)(seen, 9.0), seen.x, level)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("method", GUIDANCES)
def test_two_equal_answers_need_no_guidance(method: str) -> None:
    seen = pair()
    alike = Pair(seen.with_prompt, seen.with_prompt, seen.x, LEVEL)
    torch.testing.assert_close(guidance_rule(method, 0.0, "noise")(alike, 8.0), seen.with_prompt)


def test_a_rule_that_remembers_is_made_afresh() -> None:
    torch.testing.assert_close(
        guidance_rule("apg", 0.0, "noise")(pair(), 8.0), guidance_rule("apg", 0.0, "noise")(pair(), 8.0)
    )


def test_the_scale_of_every_step() -> None:
    interval = Guiding(start=0.2, stop=0.6)
    assert [interval.scale_at(step, 10, 7.0) for step in range(1, 11)] == [1, 1, 7, 7, 7, 7, 1, 1, 1, 1]
    falling = Guiding(end=1.0)
    assert [falling.scale_at(step, 4, 7.0) for step in range(1, 5)] == pytest.approx([7, 5, 3, 1])
    assert Guiding().scale_at(1, 1, 7.0) == 7
    through = Guiding(scales=(3.0, 8.0, 1.0), stop=0.9)
    places = np.interp(np.linspace(0, 1, 10), [0, 0.5, 1], [3, 8, 1])
    assert [through.scale_at(step, 10, 7.0) for step in range(1, 11)] == pytest.approx([*places[:9], 1])
    assert through.scale_at(1, 1, 7.0) == 3

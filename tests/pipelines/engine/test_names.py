"""The names that other programs write into their files and menus."""

from __future__ import annotations

import diffusers
import pytest

from pipelines.engine.names import ELSEWHERE, find_choice, find_spacing
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS

# As A1111's menu and its pictures' parameters have them.
A1111 = {
    "Euler": ("euler", None),
    "Euler a": ("euler_a", None),
    "LMS Karras": ("lms", "karras"),
    "Heun": ("heun", None),
    "DPM2 a Karras": ("dpm2_a", "karras"),
    "DPM++ 2S a": ("dpmpp_2s_a", None),
    "DPM++ 2M": ("dpmpp_2m", None),
    "DPM++ 2M Karras": ("dpmpp_2m", "karras"),
    "DPM++ SDE Karras": ("dpmpp_sde", "karras"),
    "DPM++ 2M SDE": ("dpmpp_2m_sde", None),
    "DPM++ 2M SDE Exponential": ("dpmpp_2m_sde", "exponential"),
    "DPM++ 2M SDE Heun": ("dpmpp_2m_sde_heun", None),
    "DPM++ 2M SDE Heun Karras": ("dpmpp_2m_sde_heun", "karras"),
    "DPM++ 3M SDE Exponential": ("dpmpp_3m_sde", "exponential"),
    "Restart": ("restart", None),
    "DDIM": ("ddim", None),
    "UniPC": ("unipc", None),
    "LCM": ("lcm", None),
}
SCHEDULE_TYPES = {
    "Automatic": "automatic",
    "Uniform": "uniform",
    "Karras": "karras",
    "Exponential": "exponential",
    "Polyexponential": "polyexponential",
    "SGM Uniform": "sgm_uniform",
    "KL Optimal": "kl_optimal",
    "Align Your Steps": "align_your_steps",
    "Simple": "simple",
    "Normal": "normal",
    "Beta": "beta",
}


@pytest.mark.parametrize("name", A1111)
def test_a1111s_samplers(name: str) -> None:
    assert find_choice(name) == A1111[name]


@pytest.mark.parametrize("name", SCHEDULE_TYPES)
def test_a1111s_schedule_types(name: str) -> None:
    assert find_spacing(name) == SCHEDULE_TYPES[name]


@pytest.mark.parametrize("name", [name for name in ELSEWHERE if name.endswith("Scheduler")])
def test_diffusers_classes_exist_by_these_names(name: str) -> None:
    assert hasattr(diffusers, name)
    assert find_choice(name) == (ELSEWHERE[name], None)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_name_and_label_of_ours_means_itself(name: str) -> None:
    assert find_choice(name) == find_choice(SAMPLERS[name].label) == (name, None)
    for spacing, label in SPACING_LABELS.items():
        assert find_choice(f"{SAMPLERS[name].label} {label}") == (name, spacing)
        assert find_spacing(spacing) == spacing


def test_other_words_mean_nothing() -> None:
    assert find_choice("wide") is None
    assert find_choice("karras") is None
    assert find_spacing("euler") is None

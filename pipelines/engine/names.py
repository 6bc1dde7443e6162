"""Samplers and spacings by the names that other programs give them: A1111's, ComfyUI's, diffusers'.

    find_choice("DPM++ 2M SDE Karras") → ("dpmpp_2m_sde", "karras")

Spelling is forgiven: case, blanks and punctuation do not count.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS


class Choice(NamedTuple):
    """A sampler and, where the name says one, a spacing; both by their names here."""

    sampler: str
    spacing: str | None = None


ELSEWHERE = {
    "DDIMScheduler": "ddim",
    "DDPMScheduler": "ddpm",
    "DEISMultistepScheduler": "deis",
    "DPMSolverMultistepScheduler": "dpmpp_2m",
    "DPMSolverSDEScheduler": "dpmpp_sde",
    "EulerAncestralDiscreteScheduler": "euler_a",
    "EulerDiscreteScheduler": "euler",
    "FlowMatchEulerDiscreteScheduler": "euler",
    "FlowMatchHeunDiscreteScheduler": "heun",
    "HeunDiscreteScheduler": "heun",
    "KDPM2AncestralDiscreteScheduler": "dpm2_a",
    "KDPM2DiscreteScheduler": "dpm2",
    "LCMScheduler": "lcm",
    "LMSDiscreteScheduler": "lms",
    "TCDScheduler": "tcd",
    "UniPCMultistepScheduler": "unipc",
    "dpm_2": "dpm2",
    "dpm_2_ancestral": "dpm2_a",
    "dpmpp_2s_ancestral": "dpmpp_2s_a",
    "euler_ancestral": "euler_a",
    "uni_pc": "unipc",
    "uni_pc_bh2": "unipc",
}
"""What diffusers and ComfyUI say; A1111's names are the labels of our own table."""

SPACINGS_ELSEWHERE = {
    "align_your_steps_sdxl": "align_your_steps_xl",
    "ays": "align_your_steps",
    "sgm": "sgm_uniform",
    "use_karras_sigmas": "karras",
    "use_exponential_sigmas": "exponential",
    "use_beta_sigmas": "beta",
}


def plain(name: str) -> str:
    """A name as it is compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("++", "pp").replace("*", "star"))


SAMPLER_NAMES = {
    **{plain(theirs): ours for theirs, ours in ELSEWHERE.items()},
    **{plain(row.label): name for name, row in SAMPLERS.items()},
    **{plain(name): name for name in SAMPLERS},
}
SPACING_NAMES = {
    **{plain(theirs): ours for theirs, ours in SPACINGS_ELSEWHERE.items()},
    **{plain(label): name for name, label in SPACING_LABELS.items()},
    **{plain(name): name for name in SPACING_LABELS},
}


def find_spacing(name: str) -> str | None:
    """The spacing that this name means, if it means one."""
    return SPACING_NAMES.get(plain(name))


def find_choice(name: str) -> Choice | None:
    """What this name means: a sampler, or a sampler with a spacing behind it, as A1111 wrote them until 2024."""
    wanted = plain(name)
    if wanted in SAMPLER_NAMES:
        return Choice(SAMPLER_NAMES[wanted])
    for spelled, spacing in SPACING_NAMES.items():
        sampler = SAMPLER_NAMES.get(wanted.removesuffix(spelled))
        if wanted.endswith(spelled) and sampler:
            return Choice(sampler, spacing)
    return None

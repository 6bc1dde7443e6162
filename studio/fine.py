"""The options of the command line that most people never touch: settings of a request's parts, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.engine.guidance import GUIDANCES
from pipelines.engine.samplers import SAMPLERS
from pipelines.parts import PARTS, UPSCALES


@dataclass(frozen=True)
class Fine:
    """The option's help, the request's part and its setting, and what kind of value it takes."""

    words: str
    part: str
    setting: str
    kind: str = "number"  # or "whole", "text", "scales" or "choice"
    choices: Iterable[str] = ()


FINE: dict[str, Fine] = {
    "guidance_method": Fine(f"one of {', '.join(GUIDANCES)}", "guiding", "method", "choice", tuple(GUIDANCES)),
    "guidance_start": Fine("share of the steps at which guidance begins (0)", "guiding", "start"),
    "guidance_stop": Fine("share of the steps at which it ends (1)", "guiding", "stop"),
    "guidance_end": Fine("its scale in the last step, reached evenly", "guiding", "end"),
    "guidance_scales": Fine("scales passed through on the way, such as 3,8,8,1", "guiding", "scales", "scales"),
    "guidance_rescale": Fine("how much of the contrast it adds is taken back (0)", "guiding", "rescale"),
    "variation_seed": Fine("noise to vary towards", "variation", "seed", "whole"),
    "variation_strength": Fine("how far, 0 to 1 (0)", "variation", "strength"),
    "variation_width": Fine("width whose noise the seed is taken from", "variation", "width", "whole"),
    "variation_height": Fine("height whose noise the seed is taken from", "variation", "height", "whole"),
    "eta": Fine("share of fresh noise in each step", "tuning", "eta"),
    "s_churn": Fine("noise put back before the steps, over all of them", "tuning", "s_churn"),
    "s_tmin": Fine("least level at which it is", "tuning", "s_tmin"),
    "s_tmax": Fine("highest level at which it is", "tuning", "s_tmax"),
    "s_noise": Fine("spread of fresh noise (1)", "tuning", "s_noise"),
    "sigma_min": Fine("least noise of the spacing", "tuning", "sigma_min"),
    "sigma_max": Fine("most noise of the spacing", "tuning", "sigma_max"),
    "shift": Fine("how far a flow model's steps are pushed towards noise", "tuning", "shift"),
    "hires_scale": Fine("how many times as large a second walk makes the picture (1)", "hires", "scale"),
    "hires_upscale": Fine(f"what is enlarged: {', '.join(UPSCALES)}", "hires", "upscale", "choice", tuple(UPSCALES)),
    "hires_strength": Fine("how much of it is painted anew (0.5)", "hires", "strength"),
    "hires_steps": Fine("steps of the second walk, as many as the first if 0", "hires", "steps", "whole"),
    "hires_sampler": Fine("a sampler of its own", "hires", "sampler", "choice", tuple(SAMPLERS)),
    "hires_prompt": Fine("a prompt of its own", "hires", "prompt", "text"),
    "rho": Fine("exponent of Karras and polyexponential spacing", "tuning", "rho"),
}


def parts_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The request's parts that these options (by name, those given) are settings of."""
    values: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        values.setdefault(FINE[name].part, {})[FINE[name].setting] = value
    return {part: PARTS[part](**settings) for part, settings in values.items()}

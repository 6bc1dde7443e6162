"""A request in A1111's grammar, for programs and sites that read nothing else.

It says what A1111 has words for, in the order in which A1111 writes.  What it has none for (guidance methods, margins,
the picture underneath) stands in our own recipe beside it.
"""

from __future__ import annotations

from typing import Any

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.parts import PADDED, PADDING
from pipelines.requests import Inpaint, Request, TextToImage
from studio.formats.infotext import Infotext

SPACINGS = SPACING_LABELS | {"align_your_steps": "Align Your Steps"}
CONTENTS = {"neutral": "fill", "surroundings": "fill", "noise": "latent noise", "nothing": "latent nothing"}
"""A1111's names for what stands under a mask; of the rest, the nearest is its "original"."""
TUNING = {
    "eta": "Eta", "s_churn": "Sigma churn", "s_tmin": "Sigma tmin", "s_tmax": "Sigma tmax", "s_noise": "Sigma noise",
    "sigma_min": "Schedule min sigma", "sigma_max": "Schedule max sigma", "rho": "Schedule rho", "shift": "Shift",
}  # fmt: skip


def parameters(request: Request, size: tuple[int, int], model: str, version: str) -> str:
    """The text for a picture of ``size`` that this request made.  ``model``: its name.  ``version``: of the studio."""
    settings = _sampling(request, size, model) | _hires(request) | _masked(request) | _tuning(request)
    settings["Version"] = f"Diffusion Studio {version}"
    return str(Infotext(request.prompt, request.negative, settings))


def _sampling(request: Request, size: tuple[int, int], model: str) -> dict[str, str]:
    sampling, variation = request.sampling, request.variation
    width, height = (request.size.width, request.size.height) if isinstance(request, TextToImage) else size
    found: dict[str, Any] = {
        "Steps": sampling.steps,
        "Sampler": SAMPLERS[sampling.sampler].label,
        "Schedule type": SPACINGS[sampling.spacing],
        "CFG scale": f"{sampling.guidance:.12g}",
        "Seed": sampling.seed,
        "Size": f"{width}x{height}",
        "Model": model,
        "Variation seed": variation.seed if variation.strength else None,
        "Variation seed strength": f"{variation.strength:.12g}" if variation.strength else None,
        "Seed resize from": f"{variation.width}x{variation.height}" if variation.width else None,
        "Denoising strength": _strength(request),
        "Clip skip": request.clip_skip if request.clip_skip > 1 else None,
        "RNG": "CPU" if sampling.noise == "cpu" else None,
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def _strength(request: Request) -> str | None:
    """Of painting over, or of the second walk."""
    if isinstance(request, TextToImage):
        return f"{request.hires.strength:.12g}" if request.hires else None
    return f"{request.strength:.12g}" if hasattr(request, "strength") else None


def _hires(request: Request) -> dict[str, str]:
    if not isinstance(request, TextToImage) or not request.hires:
        return {}
    hires = request.hires
    found = {
        "Hires upscale": f"{hires.scale:.12g}",
        "Hires steps": str(hires.steps or ""),
        "Hires upscaler": "Latent" if hires.upscale == "latents" else "Lanczos",
        "Hires sampler": SAMPLERS[hires.sampler].label if hires.sampler else "",
        "Hires prompt": hires.prompt,
    }
    return {name: value for name, value in found.items() if value}


def _masked(request: Request) -> dict[str, str]:
    if not isinstance(request, Inpaint):
        return {}
    found = {"Mask blur": str(request.feather), "Masked content": CONTENTS.get(request.fill, "original")}
    if request.area in PADDED:
        padding = PADDING if request.padding is None else request.padding
        found |= {"Inpaint area": "Only masked", "Masked area padding": str(padding)}
    return found


def _tuning(request: Request) -> dict[str, str]:
    given = {name: getattr(request.tuning, name) for name in TUNING}
    return {TUNING[name]: f"{value:.12g}" for name, value in given.items() if value is not None}

"""A1111's generation parameters and those of its children (Forge, reForge, SD.Next), read into a request.

The mask and the picture that was painted over are not in such a text, so that it makes text to image only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.engine.names import find_choice
from studio.formats import infotext
from studio.formats.draft import Carried, Draft, leave, number, whole
from studio.formats.infotext import Infotext
from studio.formats.texts import Texts

Take = Callable[[Draft, str], None]


def _takes(part: str, name: str, read: Callable[[Any], Any] = number) -> Take:
    return lambda draft, value: draft.set(part, **{name: read(value)})


def _model(draft: Draft, value: str) -> None:
    draft.model = value


def _seed_size(draft: Draft, value: str) -> None:
    """``Seed resize from: 512x768``; A1111 writes minus one or 0 for none."""
    width, height = sides(value)
    if (width, height) not in ((0, 0), (-1, -1)):
        draft.set("variation", width=width, height=height)


SETTINGS: dict[str, Take] = {
    "Steps": Draft.steps,
    "Sampler": Draft.sampler,
    "Schedule type": Draft.spacing,
    "Scheduler": Draft.spacing,
    "CFG scale": Draft.guidance,
    "Seed": Draft.seed,
    "Size": lambda draft, value: draft.size(*sides(value)),
    "Model": _model,
    "Clip skip": Draft.clip_skip,
    "Variation seed": _takes("variation", "seed", whole),
    "Variation seed strength": _takes("variation", "strength"),
    "Seed resize from": _seed_size,
    "Eta": _takes("tuning", "eta"),
    "Sigma churn": _takes("tuning", "s_churn"),
    "Sigma tmin": _takes("tuning", "s_tmin"),
    "Sigma tmax": _takes("tuning", "s_tmax"),
    "Sigma noise": _takes("tuning", "s_noise"),
    "Schedule min sigma": _takes("tuning", "sigma_min"),
    "Schedule max sigma": _takes("tuning", "sigma_max"),
    "Schedule rho": _takes("tuning", "rho"),
    "Shift": _takes("tuning", "shift"),
}
HIRES: dict[str, Take] = {
    "Hires steps": _takes("hires", "steps", whole),
    "Hires prompt": _takes("hires", "prompt", str),
    "Denoising strength": _takes("hires", "strength"),
}
MASKED = ("Mask mode", "Mask blur", "Inpaint area", "Masked area padding", "Masked content", "Conditional mask weight")
SILENT = {
    "Version", "User", "Model hash", "VAE hash", "Hashes", "Lora hashes", "RNG", "Init image hash", "Batch size",
    "Batch pos", "Hires upscaler", "Hires upscale", "Hires resize", "Hires sampler", "Denoising strength",
    "Civitai resources", "Civitai metadata", "Backend", "App", "Parser", "Operations",
}  # fmt: skip
"""They name what is said elsewhere, or are looked at together with others."""
TAG = re.compile(r"<(\w+):([^<>:]+):?([^<>]*)>")


def read(texts: Texts) -> Carried | None:
    """What a text after A1111's grammar says; None where there is none."""
    info = infotext.parse(texts.parameters)
    return carried(info, _program(info.settings)) if info.settings else None


def carried(info: Infotext, program: str, silent: Mapping[str, Any] | None = None) -> Carried:
    """A request of a text's three parts.  ``silent``: further settings that lose nothing by being left."""
    draft = Draft(program)
    draft.prompt, draft.negative = info.prompt, info.negative
    settings = dict(info.settings)
    for name, take in SETTINGS.items():
        if name in settings:
            take(draft, settings[name])
    _second_walk(draft, settings)
    _source(draft, settings)
    for kind, name, weight in TAG.findall(info.prompt):
        draft.lora(name, weight, tagged=True) if kind in ("lora", "lyco") else draft.left(f"The tag <{kind}:{name}>")
    leave(draft, settings.items(), {*SETTINGS, *HIRES, *MASKED, *SILENT, *(silent or {})})
    return draft.carried()


def sides(text: Any) -> tuple[Any, Any]:
    """``512x768``; what is no size as it is, twice."""
    found = re.fullmatch(r"\s*(-?\d{1,9})\s*[xX×]\s*(-?\d{1,9})\s*", str(text))
    return (int(found[1]), int(found[2])) if found else (text, text)


def _second_walk(draft: Draft, settings: Mapping[str, str]) -> None:
    """Hires: by a factor, or to a size of the same shape."""
    scale = number(settings.get("Hires upscale", ""))
    if "Hires resize" in settings and "Size" in settings:
        (width, height), (wide, high) = sides(settings["Size"]), sides(settings["Hires resize"])
        same = all(isinstance(side, int) and side > 0 for side in (width, height, wide, high))
        scale = wide / width if same and wide * height == high * width else settings["Hires resize"]
    if scale == "":
        return
    upscaler = settings.get("Hires upscaler", "Latent")
    draft.set("hires", scale=scale, upscale="latents" if upscaler.startswith("Latent") else "pixels")
    if upscaler not in ("Latent", "Lanczos"):
        draft.note(f"The upscaler {upscaler!r} is not known here: plain resizing takes its place.")
    for name, take in HIRES.items():
        if name in settings:
            take(draft, settings[name])
    if "Hires sampler" in settings:
        found = find_choice(settings["Hires sampler"])
        draft.set("hires", sampler=found.sampler if found else settings["Hires sampler"])


def _source(draft: Draft, settings: Mapping[str, str]) -> None:
    """Tell of the picture that it was made from."""
    masked = [f"{name} {settings[name]}" for name in MASKED if name in settings]
    if masked:
        draft.note(
            f"A mask was painted ({', '.join(masked)}), which is not in the file: text to image is what is left."
        )
    elif "Denoising strength" in settings and not {"Hires upscale", "Hires resize"} & set(settings):
        draft.painted_over(settings["Denoising strength"])


def _program(settings: Mapping[str, str]) -> str:
    """Forge's versions begin with an f, as in f2.0.1v1.10.1."""
    version = settings.get("Version", "")
    if settings.get("App") == "SD.Next":
        return "SD.Next"
    return "Forge" if re.match(r"f\d|neo", version) else "A1111"

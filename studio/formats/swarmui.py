"""SwarmUI: JSON under A1111's keyword ``parameters``, or in the UserComment, with ``sui_image_params`` in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from studio.formats.draft import Carried, Draft, leave, number, whole
from studio.formats.texts import Texts

SILENT = {
    "prompt", "negativeprompt", "model", "seed", "steps", "cfgscale", "width", "height", "aspectratio", "sampler",
    "scheduler", "clipstopatlayer", "variationseed", "variationseedstrength", "sigmashift", "sigmamin", "sigmamax",
    "rho", "initimage", "initimagecreativity", "maskimage", "maskblur", "refinerupscale", "refinerupscalemethod",
    "refinercontrolpercentage", "refinersteps", "loras", "loraweights", "images", "swarm_version", "date",
    "generation_time", "nopreviews", "imageformat", "automaticvae", "wildcardseed", "original_prompt",
    "used_wildcards", "personalnote", "batchsize", "donotsave", "sidelength", "refinermethod",
}  # fmt: skip
TUNING = {"sigmashift": "shift", "sigmamin": "sigma_min", "sigmamax": "sigma_max", "rho": "rho"}
SPOKEN = (
    (re.compile(r"<break>"), "BREAK"),
    (re.compile(r"<alternate:([^<>,|]+)[,|]([^<>,|]+)>"), r"[\1|\2]"),
    (re.compile(r"<fromto\[(0?\.\d+|\d+)\]:([^<>,|]+)[,|]([^<>,|]+)>"), r"[\2:\3:\1]"),
)
"""Swarm's tags that our prompts have words for."""
TAG = re.compile(r"<(\w+)[\[:>][^<>]*>?")


def read(texts: Texts) -> Carried | None:
    """What SwarmUI says; None where it did not write the file."""
    text = texts.parameters
    if "sui_image_params" not in text:
        return None
    draft = Draft("SwarmUI")
    try:
        data = json.loads(text)["sui_image_params"]
    except (ValueError, TypeError, KeyError, RecursionError):
        data = None
    if not isinstance(data, Mapping):
        draft.damaged()
        return draft.carried()
    return _carried(draft, data)


def _carried(draft: Draft, data: Mapping[str, Any]) -> Carried:
    draft.prompt, draft.negative = (_spoken(draft, data.get(name, "")) for name in ("prompt", "negativeprompt"))
    draft.model = str(data.get("model", ""))
    takes = {"steps": draft.steps, "seed": draft.seed, "cfgscale": draft.guidance, "sampler": draft.sampler}
    for name, take in (takes | {"scheduler": draft.spacing}).items():
        if name in data:
            take(data[name])
    if "width" in data or "height" in data:
        draft.size(data.get("width"), data.get("height"))
    if "clipstopatlayer" in data:
        layer = number(data["clipstopatlayer"])
        draft.clip_skip(-layer if isinstance(layer, int) else layer)
    for name, ours in TUNING.items():
        if name in data:
            draft.set("tuning", **{ours: number(data[name])})
    _variation(draft, data)
    _second_walk(draft, data)
    _sources(draft, data)
    leave(draft, data.items(), SILENT)
    return draft.carried()


def _spoken(draft: Draft, text: Any) -> Any:
    """A prompt with what tags can be put otherwise; the others are told."""
    if not isinstance(text, str):
        return text
    for pattern, ours in SPOKEN:
        text = pattern.sub(ours, text)
    for found in TAG.finditer(text):
        draft.left(f"The tag {found[0][:60]}")
    return text


def _variation(draft: Draft, data: Mapping[str, Any]) -> None:
    if number(data.get("variationseedstrength", 0)):
        seed = whole(data.get("variationseed", 0))
        draft.set("variation", seed=seed, strength=number(data["variationseedstrength"]))


def _second_walk(draft: Draft, data: Mapping[str, Any]) -> None:
    """The refiner enlarges and paints over, as hires does; without enlarging it is another model's."""
    scale = number(data.get("refinerupscale", 1))
    if scale == 1:
        if "refinercontrolpercentage" in data and data.get("refinermethod"):
            draft.left("The refiner", data["refinermethod"])
        return
    method = str(data.get("refinerupscalemethod", "pixel-lanczos"))
    draft.set("hires", scale=scale, upscale="latents" if method.startswith("latent") else "pixels")
    if method.startswith("model"):
        draft.note(f"The upscaler {method[:60]!r} is not known here: plain resizing takes its place.")
    if "refinercontrolpercentage" in data:
        draft.set("hires", strength=number(data["refinercontrolpercentage"]))
    if "refinersteps" in data:
        draft.set("hires", steps=whole(data["refinersteps"]))


def _sources(draft: Draft, data: Mapping[str, Any]) -> None:
    """Pictures and LoRAs that went in."""
    if {"initimage", "initimagecreativity", "maskimage"} & data.keys():
        draft.painted_over(data.get("initimagecreativity", ""))
    names, weights = data.get("loras"), data.get("loraweights")
    if isinstance(names, list):
        for name, weight in zip_longest(names, weights if isinstance(weights, list) else [], fillvalue=""):
            if name:
                draft.lora(name, weight)

"""Fooocus: the chunk ``parameters`` with ``fooocus_scheme`` beside it, which is its own JSON or A1111's grammar.

In JPEG and WebP both are EXIF tags.  Older versions wrote the labels of their page for keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from studio.formats import a1111, infotext
from studio.formats.draft import Carried, Draft, leave
from studio.formats.texts import MAKER_NOTE, Texts

SCHEMES = ("fooocus", "a1111")
SILENT = {
    "prompt", "negative_prompt", "full_prompt", "full_negative_prompt", "prompt_expansion", "fooocus_v2_expansion",
    "styles", "performance", "metadata_scheme", "version", "created_by", "base_model", "base_model_hash", "sampler",
    "scheduler", "steps", "seed", "resolution", "guidance_scale", "clip_skip", "loras", "image_number",
    "refiner_switch", "refiner_swap_method", "refiner_model_hash", "overwrite_switch",
}  # fmt: skip
USUAL = {"refiner_model": "None", "vae": "Default (model)", "adm_guidance": "(1.5, 0.8, 0.3)"}
"""Values that say nothing."""
A1111_SILENT = {"Raw prompt": 0, "Raw negative prompt": 0, "Performance": 0, "Styles": 0, "Lora weights": 0}
FEW_STEPS = ("extreme speed", "lightning", "hyper-sd")
"""Performances that put a LoRA on the model."""


def read(texts: Texts) -> Carried | None:
    """What Fooocus says; None where it did not write the file."""
    scheme = texts.chunks.get("fooocus_scheme", texts.exif.get(MAKER_NOTE, ""))
    if scheme not in SCHEMES:
        return None
    if scheme == "a1111":
        return a1111.carried(infotext.parse(texts.parameters), "Fooocus", A1111_SILENT)
    draft = Draft("Fooocus")
    try:
        data = json.loads(texts.parameters)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Mapping):
        draft.damaged()
        return draft.carried()
    return _carried(draft, {str(name).lower().replace(" ", "_"): value for name, value in data.items()})


def _carried(draft: Draft, data: Mapping[str, Any]) -> Carried:
    draft.prompt = _joined(data.get("full_prompt") or data.get("prompt", ""))
    draft.negative = _joined(data.get("full_negative_prompt") or data.get("negative_prompt", ""))
    if not data.get("full_prompt") and str(data.get("styles", "[]")) not in ("[]", ""):
        draft.left("The choice of styles", data["styles"])
    draft.model = str(data.get("base_model", ""))
    takes: dict[str, Callable[[Any], None]] = {
        "steps": draft.steps,
        "seed": draft.seed,
        "guidance_scale": draft.guidance,
    }
    takes |= {"sampler": draft.sampler, "scheduler": draft.spacing, "clip_skip": draft.clip_skip}
    for name, take in takes.items():
        if data.get(name) is not None:
            take(data[name])
    if "resolution" in data:
        draft.size(*_resolution(data["resolution"]))
    _loras(draft, data)
    loras = {name for name in data if name.startswith("lora_")}
    leave(draft, [row for row in data.items() if USUAL.get(row[0]) != str(row[1])], SILENT | loras)
    return draft.carried()


def _joined(text: Any) -> Any:
    """Fooocus encodes several texts side by side, which it writes as a list."""
    return ", ".join(map(str, text)) if isinstance(text, list) else text


def _resolution(value: Any) -> tuple[Any, Any]:
    """``(1152, 896)``, with its quotes or without."""
    found = re.findall(r"\d{1,9}", str(value))
    return (int(found[0]), int(found[1])) if len(found) == 2 else (value, value)


def _loras(draft: Draft, data: Mapping[str, Any]) -> None:
    """``name : weight``, with whether it is on before it in newer versions."""
    for name, value in data.items():
        if name.startswith("lora_") and isinstance(value, str):
            words = value.split(" : ")
            if words[0] != "False" and len(words) > 1 and words[-2] != "None":
                draft.lora(words[-2], words[-1])
    performance = str(data.get("performance", "")).lower()
    if performance in FEW_STEPS:
        draft.lora(f"of the performance {data['performance']}")

"""InvokeAI: the chunk ``invokeai_metadata``, JSON; of its first versions ``sd-metadata``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from studio.formats.draft import Carried, Draft, leave, number
from studio.formats.texts import Texts

SCHEDULERS = {
    "kdpm_2": "dpm2", "kdpm_2_a": "dpm2_a", "dpmpp_2s": "dpmpp_2s_a", "dpmpp_3m": "dpmpp_3m_sde", "k_euler": "euler",
    "k_euler_a": "euler_a", "k_heun": "heun", "k_lms": "lms", "k_dpm_2": "dpm2", "k_dpm_2_a": "dpm2_a",
}  # fmt: skip
"""Their names where ours are others; a trailing _k says Karras."""
SILENT = {
    "positive_prompt", "negative_prompt", "width", "height", "seed", "rand_device", "cfg_scale", "steps", "scheduler",
    "cfg_rescale_multiplier", "clip_skip", "model", "loras", "strength", "init_image", "app_version", "generation_mode",
    "canvas_v2_metadata", "hrf_enabled", "hrf_method", "hrf_strength", "positive_style_prompt", "negative_style_prompt",
}  # fmt: skip
EMPHASIS = 1.1, 0.9
"""What a plus and a minus do to words."""
WEIGHED = re.compile(r"\(([^()]*)\)(\d*\.\d+|\d+|\++|-+)(?![\w.])|(?<![\w)])(\w+)(\++|--+)(?!\w)")
BLENDS = re.compile(r"\)\.(blend|and|swap)\(")


def read(texts: Texts) -> Carried | None:
    """What InvokeAI says; None where it did not write the file."""
    text = texts.chunks.get("invokeai_metadata") or texts.chunks.get("sd-metadata")
    if text is None:
        return None
    draft = Draft("InvokeAI")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Mapping):
        draft.damaged()
        return draft.carried()
    return _carried(draft, data if "invokeai_metadata" in texts.chunks else _modern(data))


def _modern(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record of versions before 3, in the words of later ones."""
    image = data.get("image")
    image = image if isinstance(image, Mapping) else {}
    prompt = image.get("prompt", "")
    if isinstance(prompt, list):
        prompt = " ".join(str(each.get("prompt", "")) for each in prompt if isinstance(each, Mapping))
    negative = " ".join(re.findall(r"\[([^\[\]]*)\]", str(prompt)))
    named: dict[str, Any] = {
        "positive_prompt": re.sub(r"\[[^\[\]]*\]", "", str(prompt)).strip(),
        "negative_prompt": negative,
    }
    named |= {"model": data.get("model_weights"), "scheduler": image.get("sampler")}
    return named | {name: image[name] for name in ("width", "height", "seed", "cfg_scale", "steps") if name in image}


def _carried(draft: Draft, data: Mapping[str, Any]) -> Carried:
    draft.prompt = _spoken(draft, data.get("positive_prompt") or "")
    draft.negative = _spoken(draft, data.get("negative_prompt") or "")
    draft.model = _name(data.get("model"))
    takes = {"steps": draft.steps, "seed": draft.seed, "cfg_scale": draft.guidance, "scheduler": _sampler(draft)}
    for name, take in takes.items():
        if data.get(name) is not None:
            take(data[name])
    if "width" in data or "height" in data:
        draft.size(data.get("width"), data.get("height"))
    skipped = number(data.get("clip_skip") or 0)
    draft.clip_skip(skipped + 1 if isinstance(skipped, int) else skipped)  # theirs counts the layers left out
    if data.get("cfg_rescale_multiplier"):
        draft.left("cfg_rescale_multiplier", data["cfg_rescale_multiplier"])
    _sources(draft, data)
    leave(draft, ((name, _name(row) if isinstance(row, Mapping) else row) for name, row in data.items()), SILENT)
    return draft.carried()


def _sampler(draft: Draft) -> Any:
    def take(name: Any) -> None:
        plain = str(name).removesuffix("_k")
        draft.sampler(SCHEDULERS.get(plain, plain))
        draft.spacing("karras" if plain != name else "automatic")

    return take


def _spoken(draft: Draft, text: Any) -> Any:
    """Words weighed as in ``(red)1.2`` or ``red++`` put our way."""
    if not isinstance(text, str):
        return text
    if BLENDS.search(text):
        draft.note("Prompts that are blended, as by .blend(), are read literally here.")
    return WEIGHED.sub(_weighed, text)


def _weighed(found: re.Match[str]) -> str:
    words, how = (found[1], found[2]) if found[1] is not None else (found[3], found[4])
    if how[0] in "+-":
        how = f"{EMPHASIS[how[0] == '-'] ** len(how):.4g}"
    return f"({words}:{how})"


def _name(model: Any) -> str:
    """The name in a record of a model: ``name``, or ``model_name`` before version 4."""
    record = model if isinstance(model, Mapping) else {"name": model}
    return str(record.get("name") or record.get("model_name") or "")


def _sources(draft: Draft, data: Mapping[str, Any]) -> None:
    """Pictures and LoRAs that went in, and the second walk."""
    mode = str(data.get("generation_mode", ""))
    if mode.endswith(("img2img", "inpaint", "outpaint")) or data.get("init_image"):
        draft.painted_over(data.get("strength", ""))
    loras = data.get("loras")
    for row in loras if isinstance(loras, list) else []:
        if isinstance(row, Mapping):
            draft.lora(_name(row.get("model") or row.get("lora")), row.get("weight", ""))
    if data.get("hrf_enabled"):
        draft.left("The second walk (hrf)", data.get("hrf_strength", ""))
    for name in ("positive_style_prompt", "negative_style_prompt"):
        if data.get(name) and data[name] != data.get(name.replace("style_", "")):
            draft.left(name, data[name])

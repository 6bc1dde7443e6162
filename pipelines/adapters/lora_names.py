"""How files call the layers of a model.

    lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight        kohya
    unet.down_blocks.0.attentions.0.proj_in.lora_A.weight                peft
    lora_unet_input_blocks_1_1_proj_in.lora_down.weight                  kohya, by the names of the original network
    lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight              the same of Flux, which joins some layers

A name with underscores cannot be taken apart again (``to_out_0`` is one part and a number), so it goes the other way
round: each layer that the model has is spelled in all ways, and a file's name is looked up among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pipelines.sources.origins import SCHEMES, Origin


class Place(NamedTuple):
    """A layer: the ``part`` of the model that it is in (``unet``, ``text_encoder`` …), and its ``path`` there."""

    part: str
    path: str


PREFIXES = {
    "unet": ("lora_unet_", "unet_", "diffusion_model_", "model_diffusion_model_", "base_model_model_", ""),
    "transformer": ("lora_unet_", "lora_transformer_", "transformer_", "diffusion_model_", "base_model_model_", ""),
    "text_encoder": ("lora_te_", "lora_te1_", "text_encoder_"),
    "text_encoder_2": ("lora_te2_", "text_encoder_2_"),
    "text_encoder_3": ("lora_te3_", "text_encoder_3_"),
}
"""What stands before a layer's name, by the part."""

JOINED = {"FluxTransformer2DModel": "flux", "SD3Transformer2DModel": "sd3"}
"""Transformers whose original has other layers than diffusers' → the scheme of those (`SCHEMES`)."""

ROLES = {
    "down": r"\.lora_down\.weight|[._]lora\.down\.weight|\.lora_linear_layer\.down\.weight|\.lora_A(\.\w+)?\.weight",
    "up": r"\.lora_up\.weight|[._]lora\.up\.weight|\.lora_linear_layer\.up\.weight|\.lora_B(\.\w+)?\.weight",
    "mid": r"\.lora_mid\.weight",
    "alpha": r"\.alpha|[._]lora\.alpha",
    "magnitude": r"\.dora_scale|[._]lora_magnitude_vector(\.\w+)?(\.weight)?",
    **{name: rf"\.{name}" for name in ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2")},
    **{name: rf"\.{name}" for name in ("lokr_w1", "lokr_w1_a", "lokr_w1_b")},
    **{name: rf"\.{name}" for name in ("lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2")},
}
"""What a tensor is to its layer → how that is written behind the layer's name."""

KEY = re.compile(rf"(?P<layer>.+?)(?:{'|'.join(f'(?P<{role}>{form})' for role, form in ROLES.items())})")


def read_key(key: str) -> tuple[str, str] | None:
    """A tensor's name in a file → its layer's, with underscores, and its role, one of `ROLES`; None if it has none."""
    found = KEY.fullmatch(key)
    if found is None:
        return None
    return found["layer"].replace(".", "_"), next(role for role in ROLES if found[role] is not None)


def spellings(paths: Mapping[str, Iterable[str]], unet: Mapping[str, Any]) -> dict[str, Place]:
    """Every name that a layer may have in a file, with underscores → the layer.

    ``paths``: the layers of each part.  ``unet``: that part's configuration, if it is there.
    """
    found: dict[str, Place] = {}
    for part, own in paths.items():
        for path in own:
            for name in _names(part, path, unet):
                for prefix in PREFIXES.get(part, (f"{part}_",)):
                    found.setdefault(prefix + name.replace(".", "_"), Place(part, path))
    return found


def _names(part: str, path: str, unet: Mapping[str, Any]) -> Iterator[str]:
    yield path
    if part == "unet":
        yield original_name(path, unet)
        yield re.sub(r"\.(attn\d)\.(to_\w+)(\.0)?$", r".\1.processor.\2", path)
    elif part.startswith("text_encoder"):
        plain = path.removeprefix("text_model.")
        former = re.sub(r"(?<=self_attn\.)(q|k|v|out)_proj", r"to_\1", plain)
        yield from (plain, f"text_model.{plain}", former, f"text_model.{former}")


class Share(NamedTuple):
    """A layer, and where its weight stands in that of the original's layer."""

    place: Place
    origin: Origin


def joined(paths: Mapping[str, Iterable[str]], kind: str, config: Mapping[str, Any]) -> dict[str, list[Share]]:
    """Every name, with underscores, that the layers of an original transformer may have → the layers they are here.

    ``kind``: the class of the transformer; of one without a row in `JOINED` there are none.  ``config``: its own.
    """
    found: dict[str, list[Share]] = {}
    for path in paths.get("transformer", ()) if kind in JOINED else ():
        origin = SCHEMES[JOINED[kind]](f"{path}.weight", config)
        name = origin.name.removesuffix(".weight").replace(".", "_")
        for prefix in PREFIXES["transformer"]:
            found.setdefault(prefix + name, []).append(Share(Place("transformer", path), origin))
    return found


def original_name(path: str, unet: Mapping[str, Any]) -> str:
    """What a layer of diffusers' UNet is called in the network that Stable Diffusion was published as."""
    return SCHEMES["unet"](f"{path}.weight", unet).name.removesuffix(".weight")

"""What suits a model: sizes, steps, guidance and sampler, told from what can be seen without loading it.

    find_preset("FluxPipeline", network={"guidance_embeds": False}) → 4 steps, no guidance

The pipeline that diffusers names for a model says its family; the network's configuration says most of the rest; only
that a model was distilled to need few steps is often said by nothing but its name.  Imports no torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pipelines.engine.spacings import AUTOMATIC
from pipelines.families import FAMILIES

SHAPES = ((1024, 1024), (1152, 896), (1216, 832), (1344, 768), (1536, 640))
"""Width and height of what SDXL was trained on, and what followed it: 1:1, 9:7, 3:2, 7:4 and 12:5, a megapixel each."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Preset:
    """What suits a model.  ``native``: side in pixels of the squares it was trained on.

    ``guiding``: whether it is guided by being asked twice (``cfg``), is told the scale and hears no negative prompt
    (``embedded``), or needs no guidance, for which ``guidance`` is 1 (``none``).  ``reads``: the part that is the
    tokenizer of most of its words.  ``room``: how many tokens it reads; 0 for any number of them, in chunks.
    ``patch``: how many of its autoencoder's cells on a side are one of its latents.  ``taken``: how many of those cells
    its transformer takes as one, if it is one.  ``useless``: settings that it refuses, unless they are as usual, by
    their names in a request; the negative prompt is told by ``guiding``.
    """

    title: str
    native: int
    steps: int
    guidance: float
    sampler: str
    spacing: str = AUTOMATIC
    guiding: Literal["cfg", "embedded", "none"] = "cfg"
    reads: str = "tokenizer"
    room: int = 0
    patch: int = 1
    taken: int = 2
    useless: frozenset[str] = frozenset()

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Widths and heights that it draws well: the square first, then wide ones, then tall ones."""
        wide = tuple((self._side(width), self._side(height)) for width, height in SHAPES)
        return *wide, *((height, width) for width, height in wide[1:])

    def _side(self, of_megapixel: int) -> int:
        """A side of one of the shapes at the model's size, in a multiple that every family takes."""
        return round(of_megapixel * self.native / 1024 / 16) * 16


DEEP = frozenset({"sampling.reuse"})
"""What only a UNet's outer layers make sense of (`families/shallow.py`)."""

UNREAD = DEEP | {"clip_skip"}
"""Nor is it read by layers of CLIP."""

FAMILY_PRESETS = {
    "sd": Preset("Stable Diffusion", 512, 20, 7.0, "dpmpp_2m"),
    "sdxl": Preset("Stable Diffusion XL", 1024, 30, 6.0, "dpmpp_2m"),
    "sd3": Preset("Stable Diffusion 3", 1024, 28, 7.0, "euler", useless=DEEP),
    "flux": Preset("Flux", 1024, 28, 3.5, "euler", guiding="embedded", reads="tokenizer_2", room=511, useless=UNREAD),
    "zimage": Preset("Z-Image", 1024, 28, 5.0, "euler", room=500, useless=UNREAD),
    "qwen": Preset("Qwen-Image", 1328, 30, 4.0, "euler", room=1024, useless=UNREAD),
    "flux2": Preset("Flux.2", 1024, 4, 1.0, "euler", guiding="none", room=500, patch=2, useless=UNREAD),
    "pixart": Preset("PixArt-Alpha", 1024, 20, 4.5, "dpmpp_2m", room=119, useless=UNREAD),
    "sana": Preset("Sana", 1024, 20, 4.5, "dpmpp_2m", room=298, taken=1, useless=UNREAD),
    "chroma": Preset("Chroma", 1024, 30, 5.0, "euler", room=511, useless=UNREAD),
}
"""By the family's module; what its models are unless something says otherwise."""

DIFFUSION = ("sd", "sdxl", "pixart")
"""Those that do not match flows."""


class Distilled(NamedTuple):
    """A way of teaching a model to need few steps: how it is recognised in a name, and what suits it then."""

    sign: re.Pattern[str]
    title: str
    steps: int
    sampler: str
    spacing: str


def _sign(words: str) -> re.Pattern[str]:
    """Words as they stand in names: not as a part of longer ones."""
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")


DISTILLED = (
    Distilled(_sign("lightning"), "Lightning", 8, "euler", "sgm_uniform"),
    Distilled(_sign("hyper|hypersd|hypersdxl"), "Hyper", 8, "ddim", "sgm_uniform"),
    Distilled(_sign("dmd"), "DMD", 4, "lcm", "sgm_uniform"),
    Distilled(_sign("lcm"), "LCM", 6, "lcm", "sgm_uniform"),
    Distilled(_sign("turbo"), "Turbo", 4, "euler_a", "sgm_uniform"),
)
STEPS = re.compile(r"(?<!\d)(\d{1,2})[ _-]?steps?(?![a-z])")
JOIN = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where words meet in names that are written in one."""

DRAWN = _sign("pony|illustrious|noob|noobai|noobaixl|animagine|animaginexl|wai")
"""Families of SDXL models for drawings, made with another sampler in mind."""

MASKED = (9, 33, 384)
"""Channels of networks that are given a mask: Stable Diffusion's and SDXL's, Stable Diffusion 3's, Flux's."""

BASE, TURBO = _sign("base"), _sign("turbo")

REFINER = 1280
"""The width of what SDXL's second text encoder says, which is all that its refiner sees; the base sees 2048."""


def find_preset(
    pipeline: str,
    *,
    network: Mapping[str, Any] = NOTHING,
    scheduler: Mapping[str, Any] = NOTHING,
    name: str = "",
    native: int = 0,
) -> Preset:
    """What suits the model.

    ``pipeline``: as in `families.FAMILIES`; of one that is not there, as for Stable Diffusion.  ``network`` and
    ``scheduler``: configurations as diffusers writes them, as far as they are known.  ``name``: whatever the model is
    called, of a file, a folder or in its header.  ``native``: the side it was trained on, where that is known.
    """
    family = FAMILIES.get(pipeline, ".sd").rpartition(".")[2]
    said = JOIN.sub(" ", name).lower()
    preset = BY_FAMILY.get(family, _as_it_is)(FAMILY_PRESETS[family], network, scheduler, f"{pipeline.lower()} {said}")
    preset = _told(preset, network)
    for kind in DISTILLED:
        if kind.sign.search(said):
            preset = _distilled(preset, kind, said, flow=family not in DIFFUSION)
            break
    return replace(preset, native=native or preset.native, useless=preset.useless | _useless(preset, network))


def _as_it_is(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    return preset


def _sdxl(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    if network.get("cross_attention_dim") == REFINER:
        preset = replace(preset, title="Stable Diffusion XL Refiner", reads="tokenizer_2")
    if scheduler.get("prediction_type") == "v_prediction":
        return replace(preset, steps=28, guidance=5.0, sampler="euler")
    return replace(preset, steps=28, sampler="euler_a") if DRAWN.search(name) else preset


def _sd3(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    if not network.get("qk_norm"):
        return preset
    medium = bool(network.get("dual_attention_layers"))
    return replace(preset, title="Stable Diffusion 3.5", guidance=4.5, steps=40 if medium else 28)


def _flux(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    if network.get("in_channels") == 384:
        return replace(preset, title="Flux Fill", guidance=30.0)
    if not network.get("guidance_embeds", "schnell" not in name):
        return replace(preset, title="Flux schnell", steps=4, guidance=1.0, guiding="none", room=255)
    return replace(preset, title="Flux dev")


def _zimage(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    """Turbo takes nine steps, as published."""
    if not TURBO.search(name):
        return preset
    return replace(preset, title="Z-Image Turbo", steps=9, guidance=1.0, guiding="none")


def _flux2(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    """What was not distilled is called a base model, by nothing but its name."""
    return replace(preset, steps=28, guidance=4.0, guiding="cfg") if BASE.search(name) else preset


def _pixart(preset: Preset, network: Mapping[str, Any], scheduler: Mapping[str, Any], name: str) -> Preset:
    """Trained at 256 to 2048 pixels; Sigma reads more than Alpha."""
    preset = replace(preset, native=8 * network.get("sample_size", 128))
    return replace(preset, title="PixArt-Sigma", room=299) if "sigma" in name else preset


BY_FAMILY = {"sdxl": _sdxl, "sd3": _sd3, "flux": _flux, "zimage": _zimage, "flux2": _flux2, "pixart": _pixart}
"""What else is to be seen in a family's models."""


def _told(preset: Preset, network: Mapping[str, Any]) -> Preset:
    """Networks of Stable Diffusion that are told the scale are latent consistency models."""
    if network.get("time_cond_proj_dim") is None:
        return preset
    return replace(preset, guidance=8.0, steps=4, sampler="lcm", spacing="sgm_uniform", guiding="embedded")


def _useless(preset: Preset, network: Mapping[str, Any]) -> frozenset[str]:
    """What this one of the family's models refuses: who is told the scale is guided by no method, and a network that is
    given the mask is given all of it."""
    told = {"guiding.method", "guiding.rescale"} if preset.guiding == "embedded" else set()
    return frozenset(told | ({"graded"} if network.get("in_channels") in MASKED else set()))


def _distilled(preset: Preset, kind: Distilled, name: str, flow: bool) -> Preset:
    """A model whose name says that it needs few steps, and perhaps how many; on flows Euler's rule does for all."""
    if preset.guiding == "none":  # this was known already
        return preset
    steps = int(found[1]) if (found := STEPS.search(name)) else kind.steps
    preset = replace(preset, title=f"{preset.title} {kind.title}", steps=max(steps, 1))
    if preset.guiding == "cfg":
        preset = replace(preset, guidance=1.0, guiding="none")
    return preset if flow else replace(preset, sampler=kind.sampler, spacing=kind.spacing)

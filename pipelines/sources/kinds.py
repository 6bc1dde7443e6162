"""The kinds of models that a single file may hold: a row each, with what loading one has to know.  Imports no torch.

``assets/models`` has each kind's configurations, in diffusers' layout but for the weights; a row says by which of them
a kind goes, and what is different in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

CONFIGS = Path(__file__).resolve().parents[2] / "assets" / "models"
"""Configurations and vocabularies that single files go without."""


class Place(NamedTuple):
    """Where a part stands in a file: its names' starts, whichever is there, and the scheme of their rest.

    ``apart``: what a file is called that holds this part alone, where one may (`pipelines/sources/apart.py`).
    ``spare``: the model does without it where there is none.
    """

    starts: tuple[str, ...]
    scheme: str
    apart: str = ""
    spare: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of file.  ``role``: what it is for; only a ``model`` makes pictures.

    ``pipeline``: the class that diffusers calls such a model, which says the family.  ``native``: side in pixels of the
    squares it was trained on.  ``configs``: the folder of its configurations.  ``changes``: what is different, by part.
    ``network``: the part that the file cannot be without.
    """

    name: str
    title: str
    role: str = "model"
    pipeline: str = ""
    native: int = 0
    configs: str = ""
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parts: Mapping[str, Place] = field(default_factory=dict)
    network: str = "unet"


NETWORK = ("model.diffusion_model.",)
ALONE = ("model.diffusion_model.", "")
"""Networks that are handed out alone have no prefix."""

VAE = ("first_stage_model.", "vae.")

SD1 = Kind(
    name="sd1",
    title="Stable Diffusion 1",
    pipeline="StableDiffusionPipeline",
    native=512,
    configs="sd1",
    parts={
        "unet": Place(NETWORK, "unet"),
        "vae": Place(VAE, "vae"),
        "text_encoder": Place(("cond_stage_model.transformer.",), "clip"),
    },
)
SD2 = replace(
    SD1,
    name="sd2",
    title="Stable Diffusion 2",
    configs="sd2",
    parts={**SD1.parts, "text_encoder": Place(("cond_stage_model.model.",), "open_clip")},
)
SDXL = Kind(
    name="sdxl",
    title="Stable Diffusion XL",
    pipeline="StableDiffusionXLPipeline",
    native=1024,
    configs="sdxl",
    parts={
        "unet": Place(NETWORK, "unet"),
        "vae": Place(VAE, "vae"),
        "text_encoder": Place(("conditioner.embedders.0.transformer.",), "clip"),
        "text_encoder_2": Place(("conditioner.embedders.1.model.",), "open_clip"),
    },
)
SD3 = Kind(
    name="sd3",
    title="Stable Diffusion 3 Medium",
    pipeline="StableDiffusion3Pipeline",
    native=1024,
    configs="sd3",
    network="transformer",
    parts={
        "transformer": Place(ALONE, "sd3"),
        "vae": Place(VAE, "vae", apart="sd3_vae"),
        "text_encoder": Place(("text_encoders.clip_l.transformer.",), "clip_plain", apart="clip_l"),
        "text_encoder_2": Place(("text_encoders.clip_g.transformer.",), "clip", apart="clip_g"),
        "text_encoder_3": Place(("text_encoders.t5xxl.transformer.",), "t5", apart="t5xxl", spare=True),
    },
)
FLUX = Kind(
    name="flux_dev",
    title="Flux dev",
    pipeline="FluxPipeline",
    native=1024,
    configs="flux",
    network="transformer",
    parts={
        "transformer": Place(ALONE, "flux"),
        "vae": Place(VAE, "vae", apart="ae"),
        "text_encoder": Place(("text_encoders.clip_l.transformer.",), "clip", apart="clip_l"),
        "text_encoder_2": Place(("text_encoders.t5xxl.transformer.",), "t5", apart="t5xxl"),
    },
)
SD35 = {"qk_norm": "rms_norm", "pos_embed_max_size": 384, "dual_attention_layers": list(range(13))}
LARGE = {"num_layers": 38, "num_attention_heads": 38, "caption_projection_dim": 2432, "qk_norm": "rms_norm"}
FAST = {"use_dynamic_shifting": False, "shift": 1.0}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        SD1,
        replace(
            SD1,
            name="sd1_inpaint",
            title="Stable Diffusion 1, inpainting",
            pipeline="StableDiffusionInpaintPipeline",
            changes={"unet": {"in_channels": 9}},
        ),
        SD2,
        replace(
            SD2,
            name="sd2_v",
            title="Stable Diffusion 2, v prediction",
            native=768,
            changes={"unet": {"sample_size": 96}, "scheduler": {"prediction_type": "v_prediction"}},
        ),
        replace(
            SD2,
            name="sd2_inpaint",
            title="Stable Diffusion 2, inpainting",
            pipeline="StableDiffusionInpaintPipeline",
            changes={"unet": {"in_channels": 9}},
        ),
        SDXL,
        replace(
            SDXL,
            name="sdxl_inpaint",
            title="Stable Diffusion XL, inpainting",
            pipeline="StableDiffusionXLInpaintPipeline",
            changes={"unet": {"in_channels": 9}},
        ),
        replace(
            SDXL,
            name="sdxl_refiner",
            title="Stable Diffusion XL, refiner",
            pipeline="StableDiffusionXLImg2ImgPipeline",
            configs="sdxl_refiner",
            parts={
                "unet": SDXL.parts["unet"],
                "vae": SDXL.parts["vae"],
                "text_encoder_2": Place(("conditioner.embedders.0.model.",), "open_clip"),
            },
        ),
        SD3,
        replace(SD3, name="sd35_medium", title="Stable Diffusion 3.5 Medium", changes={"transformer": SD35}),
        replace(SD3, name="sd35_large", title="Stable Diffusion 3.5 Large", changes={"transformer": LARGE}),
        FLUX,
        replace(
            FLUX,
            name="flux_schnell",
            title="Flux schnell",
            changes={"transformer": {"guidance_embeds": False}, "scheduler": FAST},
        ),
        replace(
            FLUX,
            name="flux_fill",
            title="Flux Fill",
            pipeline="FluxFillPipeline",
            changes={"transformer": {"in_channels": 384, "out_channels": 64}},
        ),
        Kind("lora", "LoRA", "lora"),
        Kind("embedding", "embedding", "embedding"),
        Kind("vae", "VAE", "vae"),
        Kind("controlnet", "ControlNet", "controlnet"),
        Kind("text_encoder", "text encoder", "text_encoder"),
        Kind("ip_adapter", "IP-Adapter", "ip_adapter"),
        Kind("image_encoder", "image encoder", "image_encoder"),
        Kind("upscaler", "upscaler", "upscaler"),
        Kind("unknown", "unknown", "unknown"),
    )
}
"""Every kind by its name."""

BASES = {
    "sd1": "Stable Diffusion 1",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
    "sd3": "Stable Diffusion 3",
    "flux": "Flux",
}
"""What a LoRA, an embedding or a ControlNet may have been made for."""

ROLES = {
    "model": "makes and edits pictures",
    "lora": "changes what a model of its base draws",
    "embedding": "gives models of its base a new word, which is its name",
    "vae": "takes the place of a model's own, or completes a model that has none",
    "controlnet": "shows a model of its base where things shall be",
    "text_encoder": "completes a model that has none of its own",
    "ip_adapter": "lets a model of its base heed a picture beside the words",
    "image_encoder": "sees pictures for IP-Adapters",
    "upscaler": "enlarges pictures; not used here yet",
    "unknown": "is of no kind that is known here",
}
"""What the files of each role are for."""

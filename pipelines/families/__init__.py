"""One adapter a family of models, each behind the same protocol.  Adding a family is adding a file and a row here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

MODULES = {
    "sd": (
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
        "StableDiffusionInpaintPipeline",
        "StableDiffusionControlNetPipeline",
        "StableDiffusionControlNetImg2ImgPipeline",
        "StableDiffusionControlNetInpaintPipeline",
        "LatentConsistencyModelPipeline",
        "LatentConsistencyModelImg2ImgPipeline",
    ),
    "sdxl": (
        "StableDiffusionXLPipeline",
        "StableDiffusionXLImg2ImgPipeline",
        "StableDiffusionXLInpaintPipeline",
        "StableDiffusionXLControlNetPipeline",
        "StableDiffusionXLControlNetImg2ImgPipeline",
        "StableDiffusionXLControlNetInpaintPipeline",
    ),
    "sd3": (
        "StableDiffusion3Pipeline",
        "StableDiffusion3Img2ImgPipeline",
        "StableDiffusion3InpaintPipeline",
        "StableDiffusion3ControlNetPipeline",
        "StableDiffusion3ControlNetInpaintingPipeline",
    ),
    "flux": (
        "FluxPipeline",
        "FluxImg2ImgPipeline",
        "FluxInpaintPipeline",
        "FluxFillPipeline",
        "FluxControlNetPipeline",
        "FluxControlNetImg2ImgPipeline",
        "FluxControlNetInpaintPipeline",
    ),
    "zimage": ("ZImagePipeline", "ZImageImg2ImgPipeline", "ZImageInpaintPipeline"),
    "qwen": ("QwenImagePipeline", "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline"),
    "flux2": ("Flux2KleinPipeline", "Flux2KleinInpaintPipeline"),
    "pixart": ("PixArtAlphaPipeline", "PixArtSigmaPipeline"),
    "sana": ("SanaPipeline",),
    "chroma": ("ChromaPipeline", "ChromaImg2ImgPipeline", "ChromaInpaintPipeline"),
}
"""The modules here, and the classes that a diffusers folder may name in its model_index.json for each."""

FAMILIES = {kind: f"pipelines.families.{module}" for module, kinds in MODULES.items() for kind in kinds}
"""The class that a diffusers folder names in its model_index.json → the module that loads it."""


def module_of(class_name: str) -> Any:
    """What loads a kind of model: ``load(source, placement)``, and ``HALF``, the 16-bit type to compute in."""
    return import_module(FAMILIES[class_name])

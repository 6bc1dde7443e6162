"""One adapter a family of models, each behind the same protocol.  Adding a family is adding a file and a row here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from pipelines.families.family import Family
    from pipelines.sources import Source

FAMILIES = {
    "StableDiffusionPipeline": "pipelines.families.sd",
    "StableDiffusionImg2ImgPipeline": "pipelines.families.sd",
    "StableDiffusionInpaintPipeline": "pipelines.families.sd",
}
"""The class that a diffusers folder names in its model_index.json → the module that loads it."""


def load_family(class_name: str, source: Source, device: torch.device, attention: str) -> Family:
    """Load the model in ``source`` with the adapter of its kind, onto ``device``."""
    family: Family = import_module(FAMILIES[class_name]).load(source, device, attention)
    return family

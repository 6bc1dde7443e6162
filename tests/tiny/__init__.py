"""Tiny random models in the real formats: what is tested is the code that loads and runs the real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tiny.chroma import make_chroma_pipeline
from tests.tiny.flux import make_flux_pipeline
from tests.tiny.flux2 import make_flux2_pipeline
from tests.tiny.pixart import make_pixart_pipeline
from tests.tiny.qwen import make_qwen_pipeline
from tests.tiny.sana import make_sana_pipeline
from tests.tiny.sd import make_sd_folder, make_sd_pipeline
from tests.tiny.sd3 import make_sd3_pipeline
from tests.tiny.sdxl import make_sdxl_pipeline
from tests.tiny.words import WORDS, make_qwen_tokenizer, make_t5_tokenizer, make_tokenizer
from tests.tiny.zimage import make_zimage_pipeline

__all__ = [
    "PIPELINES",
    "WORDS",
    "make_chroma_pipeline",
    "make_flux2_pipeline",
    "make_flux_pipeline",
    "make_folder",
    "make_pixart_pipeline",
    "make_qwen_pipeline",
    "make_qwen_tokenizer",
    "make_sana_pipeline",
    "make_sd3_pipeline",
    "make_sd_folder",
    "make_sd_pipeline",
    "make_sdxl_pipeline",
    "make_t5_tokenizer",
    "make_tokenizer",
    "make_zimage_pipeline",
]

PIPELINES = {
    "sd": make_sd_pipeline,
    "sdxl": make_sdxl_pipeline,
    "sd3": make_sd3_pipeline,
    "flux": make_flux_pipeline,
    "zimage": make_zimage_pipeline,
    "qwen": make_qwen_pipeline,
    "flux2": make_flux2_pipeline,
    "pixart": make_pixart_pipeline,
    "chroma": make_chroma_pipeline,
    "sana": make_sana_pipeline,
}
"""A random pipeline of diffusers' for each family."""


def make_folder(path: Path, family: str, **options: Any) -> Path:
    """Write a random model of a family in diffusers' layout; ``options``: those of its function above."""
    PIPELINES[family](**options).save_pretrained(path, safe_serialization=True)
    return path

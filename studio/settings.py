"""What the studio is started with, and where its own files are."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import InvalidRequest

PROJECT = Path(__file__).resolve().parent.parent
ASSETS = PROJECT / "assets"
MODELS = PROJECT / "models"

QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
"""For the environment of whoever imports the model library: nothing is fetched, and its progress is not ours."""

ENGINE = ("device", "precision", "attention", "memory", "models", "vae")
"""The settings that a model is loaded with, as ``pipelines.loading.load`` has them."""

MOST_AT_ONCE = 32
LEAST_PATIENCE = 1.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One run of the studio.  ``model``: a name, a path or an id (`studio/models/catalogue.py`).

    ``models``: a person's models folder (`pipelines/shelf.py`); it need not exist.  ``vae``: another autoencoder than
    the model's own, a name there or a path.
    ``device``, ``precision``, ``attention``, ``memory``: where and how it is loaded (`docs/placement.md`).
    ``words``: where a person's word lists and styles are (`studio/wordlists.py`); it need not exist.
    ``allow_host``: names by which others reach it.  ``password_file``: what they sign in with (`studio/api/lock.py`).
    ``at_once``: how many jobs share the engine at a time.  ``patience``: seconds without a sign of life after which the
    engine is taken to hang.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    allow_host: Sequence[str] = ()
    password_file: Path | None = None
    outputs: Path = PROJECT / "outputs"
    words: Path = PROJECT / "outputs" / "words"
    model: str = "meadow"
    models: Path = MODELS
    vae: str | None = None
    device: str = "auto"
    precision: str = "auto"
    attention: str = "auto"
    memory: str = "auto"
    at_once: int = 4
    patience: float = 600.0
    browser: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.at_once <= MOST_AT_ONCE:
            raise InvalidRequest(f"--at-once must be 1 to {MOST_AT_ONCE} jobs, but is {self.at_once}.")
        if not LEAST_PATIENCE <= self.patience < math.inf:
            raise InvalidRequest(
                f"--patience must be {LEAST_PATIENCE:g} second or more, since a step may take long, "
                f"but is {self.patience:g}."
            )


def version() -> str:
    """The studio's version, as it was installed."""
    try:
        return importlib.metadata.version("diffusion-studio")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"

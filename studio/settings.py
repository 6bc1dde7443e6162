"""What the studio is started with, and where its own files are."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ASSETS = PROJECT / "assets"

QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
"""For the environment of whoever imports the model library: nothing is fetched, and its progress is not ours."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One run of the studio.  ``model`` is the name of a built-in model or the path of a diffusers folder.

    ``words``: where a person's word lists and styles are (`studio/wordlists.py`); it need not exist.
    ``allow_host``: names by which others reach it.  ``password_file``: what they sign in with (`studio/api/lock.py`).
    ``patience``: seconds without a sign of life after which the engine is taken to hang.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    allow_host: Sequence[str] = ()
    password_file: Path | None = None
    outputs: Path = PROJECT / "outputs"
    words: Path = PROJECT / "outputs" / "words"
    model: str = "meadow"
    attention: str = "auto"
    device: str = "auto"
    patience: float = 600.0
    browser: bool = True


def version() -> str:
    """The studio's version, as it was installed."""
    try:
        return importlib.metadata.version("diffusion-studio")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"

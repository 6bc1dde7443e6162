"""A look at everything that the studio needs: what is there, what is really on, what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from pipelines.attention import CHOICES
from pipelines.errors import StudioError
from studio.explain import sentence
from studio.library import Library
from studio.models import Models

NEEDED = ("torch", "diffusers", "transformers", "accelerate", "safetensors", "numpy", "pillow", "gradio", "fastapi")
OPTIONAL = ("xformers",)


class Finding(NamedTuple):
    """One thing looked at.  ``well``: False where the studio cannot work as it is."""

    well: bool
    subject: str
    words: str


def examine(model: str, outputs: Path, **how: str) -> Iterator[Finding]:
    """Look at one thing after another, the quick ones first; ``how`` the model is loaded, as in `pipelines.loading`."""
    yield Finding(sys.version_info >= (3, 11), "Python", f"{platform.python_version()} ({sys.executable})")
    yield from _packages()
    yield _outputs(outputs)
    yield from _devices()
    yield from _model(model, how)


def _packages() -> Iterator[Finding]:
    for name in (*NEEDED, *OPTIONAL):
        try:
            yield Finding(True, name, version(name))
        except PackageNotFoundError:
            yield Finding(name in OPTIONAL, name, "not installed" + (", not needed" if name in OPTIONAL else ""))


def _outputs(outputs: Path) -> Finding:
    try:
        Library(outputs).check()
    except StudioError as error:
        return Finding(False, "outputs", str(error))
    existing = next(place for place in (outputs, *outputs.parents) if place.exists())
    return Finding(
        True, "outputs", f"{outputs} can be written to; {shutil.disk_usage(existing).free / 1e9:.1f} GB free"
    )


def _devices() -> Iterator[Finding]:
    from pipelines.devices import list_devices

    for name, words in list_devices().items():
        yield Finding(True, name, words)


def _model(model: str, how: Mapping[str, str]) -> Iterator[Finding]:
    """Load the model, and try each attention choice on the smallest one there is."""
    models = Models()
    for choice in CHOICES if models.names() else ():
        yield Finding(True, "attention", f"{choice}: {_tried(models.names()[0], {**how, 'attention': choice})[1]}")
    well, words = _tried(model, how)
    yield Finding(well, "model", f"{model}: {words}")


def _tried(model: str, how: Mapping[str, str]) -> tuple[bool, str]:
    from pipelines.loading import load

    try:
        family = load(Models().card(model).folder, **how)
    except Exception as error:
        return False, sentence(error)
    return True, ", ".join(f"{name} {value}" for name, value in family.report.items())

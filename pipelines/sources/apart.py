"""Parts that lie in files of their own on the shelf: the text encoders and the VAE of Stable Diffusion 3 and Flux."""

from __future__ import annotations

from pathlib import Path

from pipelines.shelf import Shelf
from pipelines.sources.kinds import Place


def find_apart(model: Path, part: str, place: Place) -> Path | None:
    """The file that holds a part of this model alone; None where there is none.

    It is told by its name, as its numbers do not say which model's it is: ``clip_l.safetensors``,
    ``t5xxl_fp16.safetensors``.  A name without anything behind goes before others, then by the alphabet.
    """
    if not place.apart:
        return None
    items = Shelf.around(model).items("vae" if part == "vae" else "text_encoder")
    fitting = [item for item in items if item.readable and _is_called(item.stem.lower(), place.apart)]
    return min(
        (item.path for item in fitting), key=lambda path: (len(path.stem) > len(place.apart), path), default=None
    )


def _is_called(stem: str, name: str) -> bool:
    return stem == name or stem.startswith((f"{name}_", f"{name}-", f"{name}."))

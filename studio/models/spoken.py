"""What on the shelf can be written into a prompt: LoRAs and embeddings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pipelines.shelf import Item
from studio.models.catalogue import Models

SIGNS = set("<>:")
"""What the prompt's language means something by; a name with one of them cannot be written in it."""


@dataclass(frozen=True)
class Spoken:
    """``kind``: ``lora`` or ``embedding``.  ``title``: what it goes with, in words.  ``text``: what is written."""

    kind: str
    name: str
    title: str
    text: str


def spoken(models: Models) -> tuple[Spoken, ...]:
    """All that can be used, by kind and name; with a LoRA's folder only where its name alone fits several."""
    titles = {entry.path: entry.title for entry in models.entries() if not entry.problem}
    found = []
    for kind in ("lora", "embedding"):
        items = [item for item in models.shelf.items(kind) if item.path in titles and not SIGNS & set(item.name)]
        stems = Counter(item.stem.lower() for item in items)
        found += [Spoken(kind, item.name, titles[item.path], _text(item, stems)) for item in items]
    return tuple(found)


def _text(item: Item, stems: Counter[str]) -> str:
    if item.kind == "embedding":
        return item.stem
    return f"<lora:{item.stem if stems[item.stem.lower()] == 1 else item.name}:1>"

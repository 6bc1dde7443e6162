"""A picture of whatever program → a request, and what could not be carried over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import UnreadableImage
from studio.formats import a1111, comfyui, fooocus, invokeai, ours, swarmui
from studio.formats.draft import Carried, Draft
from studio.formats.ours import Find
from studio.formats.texts import Texts, read_texts

READERS: dict[str, Callable[[Texts], Carried | None]] = {
    "Fooocus": fooocus.read,
    "SwarmUI": swarmui.read,
    "InvokeAI": invokeai.read,
    "A1111": a1111.read,
    "ComfyUI": comfyui.read,
}
"""In the order in which they are asked: Fooocus and SwarmUI share a keyword with A1111, and SwarmUI drives ComfyUI."""


def read_any(path: Path, find: Find | None = None) -> Carried:
    """The request in a file; UnreadableImage where it holds none, or is no picture.

    ``find`` turns the SHA-256 of a picture that one of ours was made from into the picture, as a library does.
    """
    carried = carried_from(read_texts(path), find)
    if carried is None:
        raise UnreadableImage(f"{path} holds no recipe that is known here: {', '.join(READERS)} and ours are read.")
    return carried


def carried_from(texts: Texts, find: Find | None = None) -> Carried | None:
    """The same from a file's words; None where there is no recipe.  Ours comes first: it is complete."""
    found = ours.read(texts, find)
    for program, read in READERS.items():
        found = found or _carried(program, read, texts)
    return found


def _carried(program: str, read: Callable[[Texts], Carried | None], texts: Texts) -> Carried | None:
    try:
        return read(texts)
    except RecursionError:  # values within values, hundreds deep
        draft = Draft(program)
        draft.damaged()
        return draft.carried()

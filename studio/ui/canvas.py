"""The canvas: a picture, the mask painted on it and the margins around it (`assets/page/canvas.js`).

When Generate is clicked the browser uploads what is new and the value becomes ``{"picture": id, "mask": id}``.  Nothing
but these two names ever comes from the browser, and the library decides whether it knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.errors import InvalidRequest
from studio.ui import words
from studio.ui.component import component

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.library import Library

COMMIT = """async () => (await import(new URL("page/canvas.js", document.baseURI))).commit("{task}")"""

SOFTEN = """async (feather, grow) => {
    (await import(new URL("page/canvas.js", document.baseURI))).soften({ feather, grow });
}"""
"""The script that tells the canvas how soft the mask's edge will be, for its preview."""

MARGINS = """async (left, top, right, bottom) => {
    (await import(new URL("page/canvas.js", document.baseURI))).margins({ left, top, right, bottom });
}"""
"""The script that tells the canvas of margins which nobody has typed: those of a picture's recipe."""


def canvas() -> gr.HTML:
    """The one canvas of the page, not yet on it; the mode that is shown decides what can be done on it."""
    return component("canvas", "canvas", render=False)


def commit(task: str) -> str:
    """The script that uploads what is new on a canvas and gives its value."""
    return COMMIT.format(task=task)


def picture(value: Any, library: Library) -> Image:
    """The picture that a canvas names."""
    return _open(value, "picture", library, words.NO_PICTURE)


def mask(value: Any, library: Library) -> Image:
    """The mask that a canvas names: mode L, white = repaint."""
    return _open(value, "mask", library, words.NO_MASK).convert("L")


def _open(value: Any, name: str, library: Library, missing: str) -> Image:
    named = value if isinstance(value, Mapping) else {}
    if named.get("problem"):
        raise InvalidRequest(str(named["problem"])[:300])
    if not isinstance(named.get(name), str):
        raise InvalidRequest(missing)
    return library.picture(named[name])

"""The canvas: a picture alone, with a mask painted on it, or with margins around it (`assets/page/canvas.js`).

When Generate is clicked the browser uploads what is new and the value becomes ``{"picture": id, "mask": id}``.  Nothing
but these two names ever comes from the browser, and the library decides whether it knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

from pipelines.errors import InvalidRequest
from studio.ui.component import component

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.library import Library

CALL = """async () => (await import(new URL("page/canvas.js", document.baseURI))).{function}("{task}")"""


def canvas(task: str, mode: Literal["picture", "mask", "margins"]) -> gr.HTML:
    """One picture, opened by button, drop, paste or from another tab."""
    return component("canvas", f"{task}-canvas", task=task, mode=mode)


def commit(task: str) -> str:
    """The script that uploads what is new on a canvas and gives its value."""
    return CALL.format(function="commit", task=task)


def redraw(task: str) -> str:
    """The script that draws the frame anew when the fields of the margins have changed."""
    return CALL.format(function="redraw", task=task)


def picture(value: Any, library: Library) -> Image:
    """The picture that a canvas names."""
    return _open(value, "picture", library, "Open a picture first: drop one on the canvas, paste it or choose a file.")


def mask(value: Any, library: Library) -> Image:
    """The mask that a canvas names: mode L, white = repaint."""
    return _open(value, "mask", library, "Nothing is painted yet: paint over what should be made anew.").convert("L")


def _open(value: Any, name: str, library: Library, missing: str) -> Image:
    named = value if isinstance(value, Mapping) else {}
    if named.get("problem"):
        raise InvalidRequest(str(named["problem"])[:300])
    if not isinstance(named.get(name), str):
        raise InvalidRequest(missing)
    return library.picture(named[name])

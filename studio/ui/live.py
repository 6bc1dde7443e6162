"""The live view: follows a job in the browser and shows its pictures (`assets/page/live.js`).

Its value only names the job that was submitted last, or says why none was; everything else goes between the browser and
`/api/jobs`.  The browser keeps the names of a tab's jobs, so a reload finds them again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import gradio as gr

from pipelines.errors import StudioError
from pipelines.requests import ImageToImage, Inpaint, Outpaint, Request, TextToImage
from studio.ui.component import component

_turns = itertools.count(1)


def live_view(task: str, hint: str) -> gr.HTML:
    """The running and the finished jobs of one tab; the hint stands there as long as there are none."""
    return component("live", f"{task}-live", task=task, hint=hint)


def following(job: str, request: Request, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The value that lets a live view follow a job for a request as it was typed; ``notes``: what there is to say."""
    width, height = _size(request)
    shape = {"count": request.count, "width": width, "height": height}
    return {"job": job, "prompt": request.prompt[:200], "notes": list(notes), **shape}


def _size(request: Request) -> tuple[int, int]:
    """How large the pictures will be."""
    if isinstance(request, TextToImage):
        scale = request.hires.scale
        return round(request.size.width * scale), round(request.size.height * scale)
    if isinstance(request, ImageToImage) and request.width:
        return request.width, request.height
    if isinstance(request, Outpaint):
        sides = request.margins
        return request.image.width + sides.left + sides.right, request.image.height + sides.top + sides.bottom
    return request.image.size if isinstance(request, ImageToImage | Inpaint) else (1, 1)


def refusal(error: StudioError) -> dict[str, Any]:
    """The value that shows why nothing was submitted; each one differs, so that the same sentence is shown again."""
    return {"refusal": str(error), "turn": next(_turns)}

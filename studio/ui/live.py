"""The live view: all jobs of the studio with their pictures (`assets/page/live.js`).

Its value only names the job that was submitted here last, or says why none was.  Which jobs there are and how far they
are goes between the browser and `/api/events`, so every page shows them, however late it was opened.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import gradio as gr

from pipelines.errors import StudioError
from studio.ui.component import component

_turns = itertools.count(1)


def live_view(hint: str) -> gr.HTML:
    """The running and the finished jobs, not yet on the page; the hint stands there as long as there are none."""
    return component("live", "live", hint=hint, render=False)


def following(job: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The value that lets the live view look out for a job; ``notes``: what there is to say about its request."""
    return {"job": job, "notes": list(notes)}


def refusal(error: StudioError) -> dict[str, Any]:
    """The value that shows why nothing was submitted; each one differs, so that the same sentence is shown again."""
    return {"refusal": str(error), "turn": next(_turns)}

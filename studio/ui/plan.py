"""In how many rounds the picture on the canvas will be extended, told while its margins are being set."""

from __future__ import annotations

import gradio as gr

from studio.ui.component import component


def plan(task: str) -> gr.HTML:
    """The lines under the margins; the browser asks for them (``studio.api.rounds``)."""
    return component("plan", f"{task}-plan", task=task)

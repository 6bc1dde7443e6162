"""The tab that repaints what is under a painted mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from pipelines.requests import Inpaint
from studio.ui import canvas, controls
from studio.ui.controls import Values
from studio.ui.live import live_view
from studio.ui.prompt import prompt_fields
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio

TASK = Inpaint.task


def build(page: gr.Blocks, studio: Studio, card: ModelCard) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK, "Inpaint"):
        with area("prompt"):
            prompt, generate, fold = prompt_fields(TASK, card, "What should be where you paint?")
        with area("stage"):
            easel = canvas.canvas(TASK, "mask")
            view = live_view(TASK, "Paint over a part of the picture, say what should be there, and generate.")
        with area("settings"):
            strength = controls.slider(TASK, "Strength", 1.0, 0, 1, 0.05)
            count = controls.count(TASK)
            advanced, feather = advanced_fields(TASK, studio, card, lambda: controls.pixels(TASK, "Feather", 8))
    form = Form(TASK, prompt, generate, fold, view, count, advanced, frozenset({strength, feather}), easel)

    def request(values: Values) -> Inpaint:
        return Inpaint(
            **form.read(values),
            image=canvas.picture(values[easel], studio.library),
            mask=canvas.mask(values[easel], studio.library),
            strength=controls.number("Strength", values[strength]),
            feather=controls.whole("Feather", values[feather]),
        )

    wire(page, studio, form, request)

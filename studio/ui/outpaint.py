"""The tab that makes a picture larger than it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from pipelines.requests import Outpaint
from studio.ui import canvas, controls
from studio.ui.controls import Values
from studio.ui.live import live_view
from studio.ui.prompt import prompt_fields
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio

TASK = Outpaint.task


def build(page: gr.Blocks, studio: Studio, card: ModelCard) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK, "Outpaint"):
        with area("prompt"):
            prompt, generate, fold = prompt_fields(TASK, card, "What should the larger picture show?")
        with area("stage"):
            easel = canvas.canvas(TASK, "margins")
            view = live_view(TASK, "Open a picture, drag its edges outwards, and generate.")
        with area("settings"):
            margins = controls.margin_fields(TASK, card.defaults["width"] // 4)
            count = controls.count(TASK)
            advanced, overlap = advanced_fields(TASK, studio, card, lambda: controls.pixels(TASK, "Overlap", 16))
    extra = frozenset({overlap, *vars(margins).values()})
    form = Form(TASK, prompt, generate, fold, view, count, advanced, extra, easel)

    def request(values: Values) -> Outpaint:
        return Outpaint(
            **form.read(values),
            **margins.read(values),
            image=canvas.picture(values[easel], studio.library),
            overlap=controls.whole("Overlap", values[overlap]),
        )

    gr.on([field.change for field in vars(margins).values()], None, js=canvas.redraw(TASK), show_progress="hidden")
    wire(page, studio, form, request)

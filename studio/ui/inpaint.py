"""The tab that repaints what is under a painted mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from pipelines.infill import FILLS
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
            advanced, edge = advanced_fields(TASK, studio, card, _edge_fields)
    form = Form(TASK, prompt, generate, fold, view, count, advanced, frozenset({strength, *edge}), easel)
    feather, grow, fill = edge

    def request(values: Values) -> Inpaint:
        return Inpaint(
            **form.read(values),
            image=canvas.picture(values[easel], studio.library),
            mask=canvas.mask(values[easel], studio.library),
            strength=controls.number("Strength", values[strength]),
            feather=controls.whole("Feather", values[feather]),
            grow=controls.whole("Grow", values[grow], empty=0),
            fill=values[fill],
        )

    wire(page, studio, form, request)


def _edge_fields() -> tuple[gr.Number, gr.Number, gr.Dropdown]:
    """What happens at the mask's edge and under it."""
    with gr.Row(elem_classes="pair"):
        feather, grow = controls.pixels(TASK, "Feather", 8), controls.field(TASK, "Grow", 0, 1)
    return feather, grow, controls.dropdown(TASK, "Fill", "original", {name: row.label for name, row in FILLS.items()})

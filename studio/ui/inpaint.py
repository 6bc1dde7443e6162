"""The tab that repaints what is under a painted mask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.infill import FILLS
from pipelines.parts import PADDED, PADDING
from pipelines.requests import Inpaint
from studio.ui import canvas, controls, words
from studio.ui.batch import batch
from studio.ui.controls import Values
from studio.ui.prompt import prompt_fields
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio
    from studio.ui.stage import Stage

TASK = Inpaint.task


@dataclass(frozen=True)
class Edge:
    """The mask's edge, what stands under it, and what the model sees around it."""

    feather: gr.Number
    grow: gr.Number
    fill: gr.Dropdown
    area: gr.Dropdown
    padding: gr.Number
    blend: gr.Dropdown
    graded: gr.Checkbox

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say; where the area has no padding, it is not asked."""
        padded = values[self.area] in PADDED
        return {
            "feather": controls.whole("feather", values[self.feather]),
            "grow": controls.whole("grow", values[self.grow], empty=0),
            "fill": values[self.fill],
            "area": values[self.area],
            "padding": controls.whole("padding", values[self.padding], empty=0) if padded else None,
            "blend": values[self.blend],
            "graded": values[self.graded],
        }


def build(page: gr.Blocks, studio: Studio, card: ModelCard, stage: Stage) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK):
        with area(TASK, "prompt"):
            prompt, generate, fold = prompt_fields(TASK, card)
        with area(TASK, "settings"):
            strength = controls.slider(TASK, "strength", 1.0, 0, 1, 0.05)
            count = controls.count(TASK)
            batch(TASK, masks=True)
            advanced, edge = advanced_fields(TASK, studio, card, _edge)
    extra = frozenset({strength, *vars(edge).values()})
    form = Form(TASK, prompt, generate, fold, stage.view, count, advanced, extra, stage.easel)

    def request(values: Values) -> Inpaint:
        return Inpaint(
            **form.read(values),
            **edge.read(values),
            image=canvas.picture(values[stage.easel], studio.library),
            mask=canvas.mask(values[stage.easel], studio.library),
            strength=controls.number("strength", values[strength]),
        )

    kept = wire(page, studio, form, request)
    soft = {"js": canvas.SOFTEN, "inputs": [edge.feather, edge.grow], "show_progress": "hidden"}
    kept.then(None, **soft)
    gr.on([edge.feather.change, edge.grow.change], None, **soft)


def _edge() -> Edge:
    with gr.Row(elem_classes="pair"):
        feather, grow = controls.pixels(TASK, "feather", 8), controls.field(TASK, "grow", 0, 1)
    fill = controls.dropdown(TASK, "fill", "original", {name: row.label for name, row in FILLS.items()})
    seen = controls.dropdown(TASK, "area", "automatic", words.AREAS)
    padding = controls.pixels(TASK, "padding", PADDING)
    controls.shown_while(seen, f"{json.dumps(PADDED)}.includes(value)", padding)
    blend = controls.dropdown(TASK, "join", "automatic", words.BLENDS)
    return Edge(feather, grow, fill, seen, padding, blend, controls.switch(TASK, "grey-repaints-less"))

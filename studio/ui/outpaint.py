"""The tab that makes a picture larger than it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.infill import FILLS
from pipelines.requests import Outpaint
from studio.ui import canvas, controls, words
from studio.ui.batch import batch
from studio.ui.controls import Values
from studio.ui.plan import plan
from studio.ui.prompt import prompt_fields
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio
    from studio.ui.stage import Stage

TASK = Outpaint.task


@dataclass(frozen=True)
class Edge:
    """Where the old picture ends and the new part begins, and what stands there before the noise comes."""

    overlap: gr.Number
    rolls: gr.Number
    fill: gr.Dropdown
    blend: gr.Dropdown

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say."""
        return {
            "overlap": controls.whole("overlap", values[self.overlap]),
            "rolls": controls.whole("paint-copies-anew", values[self.rolls], empty=0),
            "fill": values[self.fill],
            "blend": values[self.blend],
        }


def build(page: gr.Blocks, studio: Studio, card: ModelCard, stage: Stage) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK):
        with area(TASK, "prompt"):
            prompt, generate, fold = prompt_fields(TASK, card)
        with area(TASK, "settings"):
            margins = controls.margin_fields(TASK, card.defaults["width"] // 4)
            plan(TASK)
            count = controls.count(TASK)
            batch(TASK)
            advanced, edge = advanced_fields(TASK, studio, card, _edge)
    extra, drawn = frozenset(vars(edge).values()), frozenset(vars(margins).values())
    form = Form(TASK, prompt, generate, fold, stage.view, count, advanced, extra, stage.easel, drawn)

    def request(values: Values) -> Outpaint:
        return Outpaint(
            **form.read(values),
            **margins.read(values),
            **edge.read(values),
            image=canvas.picture(values[stage.easel], studio.library),
        )

    sides = [margins.left, margins.top, margins.right, margins.bottom]
    gr.on([side.change for side in sides], None, js=canvas.MARGINS, inputs=sides, show_progress="hidden")
    wire(page, studio, form, request)


def _edge() -> Edge:
    with gr.Row(elem_classes="pair"):
        overlap = controls.pixels(TASK, "overlap", 16)
        rolls = controls.field(TASK, "paint-copies-anew", 2, 1)
    fill = controls.dropdown(TASK, "fill", "mirror", {name: row.label for name, row in FILLS.items()})
    return Edge(overlap, rolls, fill, controls.dropdown(TASK, "join", "automatic", words.BLENDS))

"""The tab that paints a whole picture over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.requests import ImageToImage
from pipelines.resizing import RESIZES
from studio.ui import canvas, controls, words
from studio.ui.batch import batch
from studio.ui.controls import Values
from studio.ui.prompt import prompt_fields
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio
    from studio.ui.stage import Stage

TASK = ImageToImage.task


@dataclass(frozen=True)
class Shaping:
    """The size of the result, and how it comes about.  A side of 0 is the picture's own."""

    width: gr.Number
    height: gr.Number
    resize: gr.Dropdown
    loops: gr.Number
    full_steps: gr.Checkbox

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say."""
        return {
            "width": controls.whole("width", values[self.width], empty=0),
            "height": controls.whole("height", values[self.height], empty=0),
            "resize": values[self.resize],
            "loops": controls.whole("loops", values[self.loops]),
            "full_steps": values[self.full_steps],
        }


def build(page: gr.Blocks, studio: Studio, card: ModelCard, stage: Stage) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK):
        with area(TASK, "prompt"):
            prompt, generate, fold = prompt_fields(TASK, card)
        with area(TASK, "settings"):
            strength = controls.slider(TASK, "strength", 0.6, 0, 1, 0.05)
            count = controls.count(TASK)
            batch(TASK)
            advanced, shaping = advanced_fields(TASK, studio, card, _shaping)
    extra = frozenset({strength, *vars(shaping).values()})
    form = Form(TASK, prompt, generate, fold, stage.view, count, advanced, extra, stage.easel)

    def request(values: Values) -> ImageToImage:
        return ImageToImage(
            **form.read(values),
            **shaping.read(values),
            image=canvas.picture(values[stage.easel], studio.library),
            strength=controls.number("strength", values[strength]),
        )

    wire(page, studio, form, request)


def _shaping() -> Shaping:
    """Empty sides, which Gradio shows as 0, leave the picture as large as it is."""
    with gr.Row(elem_classes="pair"):
        width, height = (controls.pixels(TASK, side, 0, words.OWN_SIDE) for side in ("width", "height"))
    resize = controls.dropdown(TASK, "resize", "stretch", {name: row.label for name, row in RESIZES.items()})
    loops = controls.field(TASK, "loops", 1, 1)
    return Shaping(width, height, resize, loops, controls.switch(TASK, "all-steps-from-there"))

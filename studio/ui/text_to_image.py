"""The tab that makes a picture from a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.parts import Hires
from pipelines.requests import TextToImage
from studio.ui import controls, words
from studio.ui.controls import Values
from studio.ui.prompt import prompt_fields
from studio.ui.sizes import shapes
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio
    from studio.ui.stage import Stage

TASK = TextToImage.task


@dataclass(frozen=True)
class Enlarging:
    """The second walk, over a larger copy; at a scale of 1 there is none, and the others are not asked."""

    scale: gr.Number
    what: gr.Dropdown
    strength: gr.Slider

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say."""
        scale = controls.number("enlarge", values[self.scale])
        if scale == 1:
            return {}
        strength = controls.number("second-strength", values[self.strength])
        return {"hires": Hires(scale=scale, upscale=values[self.what], strength=strength)}


def build(page: gr.Blocks, studio: Studio, card: ModelCard, stage: Stage) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK):
        with area(TASK, "prompt"):
            prompt, generate, fold = prompt_fields(TASK, card)
        with area(TASK, "settings"):
            size = controls.size_fields(TASK, card.defaults)
            shapes(TASK, card)
            count = controls.count(TASK)
            advanced, enlarging = advanced_fields(TASK, studio, card, _enlarging)
    extra = frozenset({*vars(size).values(), *vars(enlarging).values()})
    form = Form(TASK, prompt, generate, fold, stage.view, count, advanced, extra)

    def request(values: Values) -> TextToImage:
        return TextToImage(**form.read(values), **size.read(values), **enlarging.read(values))

    wire(page, studio, form, request)


def _enlarging() -> Enlarging:
    scale = controls.field(TASK, "enlarge", 1, 0.5, words.ENLARGE)
    what = controls.dropdown(TASK, "enlarge-what", "pixels", words.UPSCALES)
    strength = controls.slider(TASK, "second-strength", 0.5, 0, 1, 0.05)
    controls.shown_while(scale, "value > 1", what, strength)
    return Enlarging(scale, what, strength)

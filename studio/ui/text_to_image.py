"""The tab that makes a picture from a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from pipelines.requests import TextToImage
from studio.ui import controls
from studio.ui.controls import Values
from studio.ui.live import live_view
from studio.ui.prompt import prompt_fields
from studio.ui.tab import Form, advanced_fields, area, tab, wire

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio

TASK = TextToImage.task


def build(page: gr.Blocks, studio: Studio, card: ModelCard) -> None:
    """Lay the tab out and wire it."""
    with tab(TASK, "Text to image"):
        with area("prompt"):
            prompt, generate, fold = prompt_fields(TASK, card, "What should be in the picture?")
        with area("stage"):
            view = live_view(TASK, "Your pictures will appear here.")
        with area("settings"):
            size = controls.size_fields(TASK, card.defaults)
            count = controls.count(TASK)
            advanced, _ = advanced_fields(TASK, studio, card)
    form = Form(TASK, prompt, generate, fold, view, count, advanced, frozenset(vars(size).values()))

    def request(values: Values) -> TextToImage:
        return TextToImage(**form.read(values), **size.read(values))

    wire(page, studio, form, request)

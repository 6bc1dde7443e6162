"""The whole page: a header, the modes as tabs, and the stage that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from studio.ui import gallery, image_to_image, inpaint, outpaint, recall, stage, text_to_image, words
from studio.ui.component import component

if TYPE_CHECKING:
    from studio.services import Studio


def build(studio: Studio) -> gr.Blocks:
    """The page for one studio; building it starts nothing."""
    card = studio.models.card(studio.model)
    with gr.Blocks(title=words.NAME, analytics_enabled=False, fill_width=True) as page:
        component("header", "header", title=card.title, reference=card.reference)
        shared = stage.make()
        with gr.Column(elem_id="studio"):
            with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
                for mode in (text_to_image, image_to_image, inpaint, outpaint):
                    mode.build(page, studio, card, shared)
                gallery.build()
            shared.draw()
        recall.build(page)
    return page

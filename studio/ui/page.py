"""The whole page: a header and four tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from studio.ui import image_to_image, inpaint, outpaint, text_to_image
from studio.ui.component import component

if TYPE_CHECKING:
    from studio.services import Studio


def build(studio: Studio) -> gr.Blocks:
    """The page for one studio; building it starts nothing."""
    card = studio.models.card(studio.model)
    with gr.Blocks(title="Diffusion Studio", analytics_enabled=False, fill_width=True) as page:
        component("header", "header", title=card.title)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            text_to_image.build(page, studio, card)
            image_to_image.build(page, studio, card)
            inpaint.build(page, studio, card)
            outpaint.build(page, studio, card)
    return page

"""The tab over the library: `assets/page/gallery.js` shows it and asks `/api/library`; nothing of it passes Gradio."""

from __future__ import annotations

import gradio as gr

from studio.ui import words
from studio.ui.component import component

TAB = "gallery"


def build() -> None:
    """Lay the tab out."""
    with gr.Tab(words.TABS[TAB], id=TAB, elem_id=f"{TAB}-tab"):
        component("gallery", TAB)

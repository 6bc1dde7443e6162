"""Settings into fields: of a picture in the gallery, or of a file that was dropped on the page.

The page's script names the values (`assets/page/recall.js`); a button that nobody sees has Gradio set them, whichever
tab they are in, drawn or not.
"""

from __future__ import annotations

import json

import gradio as gr

from pipelines.requests import TASKS
from studio.ui import words
from studio.ui.component import component

FIELDS = (gr.Textbox, gr.Number, gr.Slider, gr.Dropdown, gr.Checkbox)
TAKEN = """async () => (await import(new URL("page/recall.js", document.baseURI))).taken({names})"""


def build(page: gr.Blocks) -> None:
    """Add what sets the fields that are on the page by now."""
    fields = {name: block for block in page.blocks.values() if (name := _name(block))}
    component("recall", "recall", names=sorted(fields))
    button = gr.Button(words.SET_FIELDS, visible="hidden", elem_id="recall-now")
    outputs = [fields[name] for name in sorted(fields)]
    button.click(None, js=TAKEN.format(names=json.dumps(sorted(fields))), outputs=outputs, show_progress="hidden")


def _name(block: object) -> str:
    """How a field of a task is called on the page; empty where it is none, or cannot be changed."""
    name = str(getattr(block, "elem_id", None) or "")
    typed = isinstance(block, FIELDS) and getattr(block, "interactive", None) is not False
    return name if typed and name.startswith(tuple(f"{task}-" for task in TASKS)) else ""

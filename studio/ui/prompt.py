"""The prompt, with what the model can draw, examples to click and the words that it does not know; and Generate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from studio.ui import words
from studio.ui.component import component
from studio.ui.sight import Fold, fold

if TYPE_CHECKING:
    from studio.models import ModelCard

MOST_EXAMPLES = 5  # more would push Generate below the fold


def prompt_fields(task: str, card: ModelCard) -> tuple[gr.Textbox, gr.Button, Fold]:
    """The prompt, its help, Generate and what the model sees; unknown words are named in the browser, unasked."""
    prompt = gr.Textbox(
        label=words.LABELS["prompt"],
        lines=3,
        max_lines=8,
        placeholder=words.QUESTIONS[task],
        autofocus=task == "text_to_image",
        elem_id=f"{task}-prompt",
    )
    component(
        "prompt",
        f"{task}-help",
        task=task,
        draws=card.draws,
        examples=list(card.examples[:MOST_EXAMPLES]),
        words=sorted(card.words),
    )
    generate = gr.Button(words.GENERATE, variant="primary", elem_id=f"{task}-generate", elem_classes="studio-generate")
    return prompt, generate, fold(task)

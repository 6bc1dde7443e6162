"""What the model sees of the words in a tab, told when somebody unfolds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.errors import StudioError
from pipelines.requests import TextToImage
from studio.looking import seen
from studio.ui import words
from studio.ui.controls import Values
from studio.wording import word

if TYPE_CHECKING:
    from studio.services import Studio
    from studio.ui.tab import Form


@dataclass(frozen=True)
class Fold:
    """What can be unfolded, and the lines in it."""

    opener: gr.Accordion
    lines: gr.Textbox


def fold(task: str) -> Fold:
    """The closed disclosure under the prompt."""
    with gr.Accordion(words.FOLDS["sight"], open=False, elem_id=f"{task}-sight") as opener:
        lines = gr.Textbox(
            show_label=False, container=False, interactive=False, lines=3, max_lines=16, elem_id=f"{task}-seen"
        )
    return Fold(opener, lines)


def wire_fold(studio: Studio, form: Form) -> None:
    """Tell it anew each time it is unfolded."""

    def tell(values: Values) -> str:
        return told(studio, form, values)

    options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_id": "sight"}
    form.fold.opener.expand(tell, inputs=form.fields, outputs=form.fold.lines, **options)


def told(studio: Studio, form: Form, values: Values) -> str:
    """What the first picture's words come to, in the styles that are chosen; or why they come to nothing."""
    try:
        request = TextToImage(**form.read(values)).alone(0)
        wording = word(request, studio.settings.words, form.advanced.worn(values))
        lines = seen(wording.requests[0], studio.tokenizer, studio.settings.models)
        return "\n".join([lines, *(words.NOTE.format(hint) for hint in wording.hints)])
    except StudioError as error:
        return str(error)

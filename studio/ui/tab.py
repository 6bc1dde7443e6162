"""What every tab does: lay its parts out, build the request, submit it, follow the job.

prompt      the prompt and Generate        on a wide screen both are left of the stage, which all tabs share; on a
settings    everything else                narrow one there are, one below the other, canvas, prompt, the newest result,
                                           the settings in a drawer, and older results
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from pipelines.errors import StudioError
from pipelines.requests import Request
from studio.recalling import field_of
from studio.ui import batch, canvas, controls, live, words
from studio.ui.advanced import Advanced, advanced
from studio.ui.component import component
from studio.ui.controls import Values
from studio.ui.several import Asked
from studio.ui.sight import Fold, wire_fold
from studio.wording import word
from studio.wordlists import read_styles

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio

Build = Callable[[Values], Request]

FIELDS = """async (...values) => {{
    const {{ {name} }} = await import(new URL("page/keep.js", document.baseURI));
    return {name}({model}, {task}, {names}, values);
}}"""


@dataclass(frozen=True)
class Form:
    """The components of a tab.

    ``extra``: the fields that only this task has.  ``easel``: the canvas, if it needs it.  ``drawn``: the fields that
    the canvas fills in, and keeps with the picture.
    """

    task: str
    prompt: gr.Textbox
    generate: gr.Button
    fold: Fold
    view: gr.HTML
    count: gr.Number
    advanced: Advanced
    extra: frozenset[Any] = field(default_factory=frozenset)
    easel: gr.HTML | None = None
    drawn: frozenset[Any] = field(default_factory=frozenset)

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that every task has."""
        count = controls.whole("count", values[self.count])
        return {"prompt": values[self.prompt] or "", "count": count, **self.advanced.read(values)}

    @property
    def fields(self) -> set[Any]:
        """Everything that is typed or chosen."""
        return {self.prompt, self.count, *self.advanced.fields, *self.extra, *self.drawn}


@contextmanager
def tab(task: str) -> Iterator[None]:
    """One tab; Gradio draws it when it is first shown."""
    with (
        gr.Tab(words.TABS[task], id=task, elem_id=f"{task}-tab"),
        gr.Column(elem_classes="studio-mode", elem_id=task),
    ):
        yield


@contextmanager
def area(task: str, name: str) -> Iterator[None]:
    """One of the two parts of a tab; the settings can be put away where the screen is narrow."""
    with gr.Column(elem_classes=["studio-area", f"studio-{name}-area"], min_width=0):
        if name == "settings":
            component("drawer", f"{task}-drawer")
        yield


def advanced_fields(
    task: str, studio: Studio, card: ModelCard, extra: Callable[[], Any] | None = None
) -> tuple[Advanced, Any]:
    """The closed accordion; `extra` adds the fields that only this task has."""
    styles = [style.name for style in read_styles(studio.settings.words).styles]
    with gr.Accordion(words.FOLDS["advanced"], open=False, elem_id=f"{task}-advanced"):
        more = extra() if extra else None
        fields = advanced(task, card.defaults, styles, card.hears, frozenset(map(field_of, card.useless)))
    fields.several.echo.render()
    return fields, more


def wire(page: gr.Blocks, studio: Studio, form: Form, build: Build) -> Any:
    """Let Generate commit the canvas, where there is one, build the request and submit it; keep what was typed.

    Returns the event of the fields having been filled in at the beginning of a visit.
    """

    def generate(values: Values) -> dict[str, Any]:
        def submit(of: Values) -> dict[str, Any]:
            def asked() -> Asked:
                return form.advanced.several.asked(build(of), of, form.advanced.seed)

            return submitted(studio, asked, form.advanced.worn(of))

        try:
            return batch.each(values, form.easel, submit) | {"task": form.task}
        except StudioError as error:
            return live.refusal(error) | {"task": form.task}

    options = {"outputs": form.view, "show_progress": "hidden", "api_visibility": "private"}
    if form.easel is None:
        form.generate.click(generate, inputs=form.fields, **options)
    else:
        commit = canvas.commit(form.task)
        committed = form.generate.click(None, js=commit, outputs=form.easel, show_progress="hidden")
        committed.then(generate, inputs=form.fields | {form.easel}, **options)
    controls.put_away(form.task, form.fields, form.advanced.away)
    wire_fold(studio, form)
    loaded = keep_fields(page, studio.model, form)
    form.advanced.several.wire(form.task, loaded)
    return loaded


def keep_fields(page: gr.Blocks, model: str, form: Form) -> Any:
    """Keep the fields in the browser when something is generated from them; fill them in at the next visit."""
    fields = [item for item in form.fields - form.drawn if item.interactive is not False]
    parts = {"model": model, "task": form.task, "names": [item.elem_id for item in fields]}
    literals = {name: json.dumps(part) for name, part in parts.items()}
    form.generate.click(None, js=FIELDS.format(name="keep", **literals), inputs=fields)
    return page.load(None, js=FIELDS.format(name="kept", **literals), inputs=fields, outputs=fields)


def submitted(studio: Studio, ask: Callable[[], Asked], styles: Sequence[str] = ()) -> dict[str, Any]:
    """What the live view shall do: follow the new job, or say in one sentence why there is none."""
    try:
        asked = ask()
        wordings = [word(each, studio.settings.words, styles) for each in asked.requests]
        requests = [each for wording in wordings for each in wording.requests]
        hints = dict.fromkeys(hint for wording in wordings for hint in wording.hints)
        return live.following(studio.jobs.submit(requests, studio.model, asked.labels), list(hints))
    except StudioError as error:
        return live.refusal(error)

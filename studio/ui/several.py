"""Many pictures from one click: a grid of settings' values, or a list of prompts.  One job either way.

What is asked for is told under the fields as soon as it is typed, or what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from pipelines.errors import InvalidRequest
from pipelines.requests import Request
from studio.grids import spread
from studio.grids.grid import MOST_CELLS
from studio.grids.wish import read
from studio.ui import controls, words
from studio.ui.component import component
from studio.ui.controls import Values
from studio.ui.grid import AXES, GridFields, grid_fields

TELL = """async (...values) => {{
    (await import(new URL("page/echo.js", document.baseURI))).tell({id}, {labels}, values);
}}"""


@dataclass(frozen=True)
class Asked:
    """The requests of one click, and the labels of the axes where they are a grid's cells."""

    requests: tuple[Request, ...]
    labels: Sequence[Sequence[str]] | None = None


@dataclass(frozen=True)
class Several:
    """The fields of both, and the line that tells what they come to."""

    grid: GridFields
    prompts: gr.Textbox
    echo: gr.HTML

    @property
    def fields(self) -> set[Any]:
        """What is typed or chosen."""
        return {self.prompts, *self.grid.fields}

    def asked(self, request: Request, values: Values, seed: Any) -> Asked:
        """What one request becomes; ``seed``: its field, of which an empty one draws another for each prompt."""
        axes, prompts = read(self.grid.typed(values), str(values[self.prompts] or ""))
        if not prompts:
            return Asked(*_cells(request, axes)) if axes else Asked((request,))
        if len(prompts) * request.count > MOST_CELLS:
            raise InvalidRequest(
                f"These are {len(prompts) * request.count} pictures; {MOST_CELLS} at once are the most: give fewer "
                f"prompts, or make the count less."
            )
        return Asked(tuple(_worded(request, prompt, values[seed]) for prompt in prompts))

    def wire(self, task: str, loaded: Any) -> None:
        """Tell it anew when something is changed, and once the fields were ``loaded`` at the beginning of a visit."""
        fields = [field for axis in self.grid.axes for field in axis] + [self.prompts]
        script = TELL.format(id=json.dumps(f"{task}-echo"), labels=json.dumps([words.LABELS[axis] for axis in AXES]))
        gr.on([field.change for field in fields], None, js=script, inputs=fields, show_progress="hidden")
        loaded.then(None, js=script, inputs=fields, show_progress="hidden")


def several_fields(task: str, away: Container[str] = ()) -> Several:
    """Closed folds, and the line, which is not yet on the page: it is to be seen while they are closed.

    ``away``: as in ``Advanced``; no grid is made of these.
    """
    with gr.Accordion(words.FOLDS["grid"], open=False, elem_id=f"{task}-grid"):
        grid = grid_fields(task, away)
    with gr.Accordion(words.FOLDS["many"], open=False, elem_id=f"{task}-many"):
        prompts = gr.Textbox(
            label=words.LABELS["prompts"],
            info=words.PROMPTS,
            placeholder=words.SOME_PROMPTS,
            lines=4,
            max_lines=16,
            elem_id=controls.field_id(task, "prompts"),
        )
    return Several(grid, prompts, component("echo", f"{task}-echo", render=False))


def _cells(request: Request, axes: Sequence[Any]) -> tuple[tuple[Request, ...], Sequence[Sequence[str]]]:
    grid = spread(request, axes)
    return grid.requests, grid.labels


def _worded(request: Request, prompt: str, seed: Any) -> Request:
    return replace(request, prompt=prompt, sampling=replace(request.sampling, seed=controls.seed(seed)))

"""The innermost fold: settings that most people never touch, the same rows as the command line's finer control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipelines.engine.guidance import GUIDANCES
from pipelines.parts import PARTS
from studio.fine import FINE, parts_of
from studio.ui import controls, words
from studio.ui.controls import Values

SHOWN = ("guidance_start", "guidance_stop", "variation_seed", "variation_strength")
"""The rows of ``FINE`` that have a field, beside those that stand by themselves."""


@dataclass(frozen=True)
class Finer:
    """Number fields by the names of their rows; an empty one leaves the setting as it usually is."""

    method: gr.Dropdown
    clip_skip: gr.Number
    numbers: Mapping[str, gr.Number]

    @property
    def fields(self) -> set[Any]:
        """The components that are there."""
        return {self.method, self.clip_skip, *self.numbers.values()}

    def read(self, values: Values) -> dict[str, Any]:
        """The parts of a request that these components say."""
        given: dict[str, Any] = {"guidance_method": values[self.method]}
        for name, field in self.numbers.items():
            if values[field] is not None:
                take = controls.whole if FINE[name].kind == "whole" else controls.number
                given[name] = take(called(name), values[field])
        return parts_of(given) | {"clip_skip": controls.whole("clip-skip", values[self.clip_skip], empty=1)}


def finer(task: str) -> Finer:
    """The closed fold with its fields, two beside each other."""
    with gr.Accordion(words.FOLDS["finer"], open=False, elem_id=f"{task}-finer"):
        labels = {name: row.label for name, row in GUIDANCES.items()}
        method = controls.dropdown(task, "guidance-method", "cfg", labels)
        numbers: dict[str, gr.Number] = {}
        for pair in zip(SHOWN[::2], SHOWN[1::2], strict=True):
            with gr.Row(elem_classes="pair"):
                numbers |= {name: _number(task, name) for name in pair}
        with gr.Row(elem_classes="pair"):
            numbers["guidance_rescale"] = _number(task, "guidance_rescale")
            clip_skip = controls.field(task, "clip-skip", 1, 1)
    return Finer(method, clip_skip, numbers)


def called(name: str) -> str:
    """A row's name as that of a field."""
    return name.replace("_", "-")


def _number(task: str, name: str) -> gr.Number:
    """Filled with the usual value: Gradio shows an empty number as 0, which may mean something else."""
    row = FINE[name]
    usual = getattr(PARTS[row.part](), row.setting)
    return controls.field(task, called(name), usual, 1 if row.kind == "whole" else 0.05)

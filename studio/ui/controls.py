"""Components ↔ request, in one place.

A tab gives its components to Gradio as a *set*, so a handler receives a mapping keyed by component; nothing here
depends on the order of a list.  Labels are the command line's option names in words, `elem_id` is `<task>-<option>`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipelines.errors import InvalidRequest
from pipelines.requests import MAX_SEED, Margins, Size

Values = Mapping[Any, Any]
BLEND_LABELS = {"automatic": "Mended where it shows", "none": "As it was painted"}
"""Of ``pipelines.parts.BLENDS``."""


@dataclass(frozen=True)
class SizeFields:
    """Width and height of a new picture."""

    width: gr.Number
    height: gr.Number

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say."""
        width, height = whole("Width", values[self.width]), whole("Height", values[self.height])
        return {"size": Size(width=width, height=height)}


@dataclass(frozen=True)
class MarginFields:
    """Pixels added on each side."""

    left: gr.Number
    top: gr.Number
    right: gr.Number
    bottom: gr.Number

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say; an empty field adds nothing."""
        sides = {name: whole(name.title(), values[side], empty=0) for name, side in vars(self).items()}
        return {"margins": Margins(**sides)}


def size_fields(task: str, defaults: Mapping[str, Any]) -> SizeFields:
    """Width and height beside each other."""
    with gr.Row(elem_classes="pair"):
        width = pixels(task, "Width", defaults["width"])
        height = pixels(task, "Height", defaults["height"])
    return SizeFields(width, height)


def margin_fields(task: str, value: int) -> MarginFields:
    """Four numbers; the handles on the canvas write into them."""
    with gr.Row(elem_classes="pair"):
        left, right = pixels(task, "Left", 0), pixels(task, "Right", value)
    with gr.Row(elem_classes="pair"):
        top, bottom = pixels(task, "Top", 0), pixels(task, "Bottom", 0)
    return MarginFields(left, top, right, bottom)


def count(task: str) -> gr.Number:
    """How many pictures one click makes."""
    return field(task, "Count", 1, 1)


def pixels(task: str, label: str, value: int, info: str | None = None) -> gr.Number:
    """A field for a length in pixels."""
    return field(task, label, value, 8, info)


def field(task: str, label: str, value: float, step: float, info: str | None = None) -> gr.Number:
    """A number to be typed; its limits are the request's, which answers in a sentence and changes nothing silently."""
    return gr.Number(label=label, value=value, step=step, info=info, min_width=90, elem_id=field_id(task, label))


def field_id(task: str, label: str) -> str:
    """How the page's scripts and the tests find a field."""
    return f"{task}-{label.lower().replace(' ', '-')}"


def whole(label: str, value: Any, empty: int | None = None) -> int:
    """The whole number in a field."""
    if value is None and empty is not None:
        return empty
    result = number(label, value)
    if result != int(result):
        raise InvalidRequest(f"{label} must be a whole number, but is {result:g}.")
    return int(result)


def number(label: str, value: Any) -> float:
    """The number in a field; an empty one is refused by its name."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise InvalidRequest(f"{label} is empty or no number: give it a number.")
    return value


def seed(text: Any) -> int:
    """The seed in the field; empty or -1 draws one, so that the recipe always holds the one that was used."""
    text = str(text or "").strip()
    if text in ("", "-1"):
        return secrets.randbelow(MAX_SEED + 1)
    if not text.isdecimal() or len(text) > 10:
        raise InvalidRequest(f"Seed must be a whole number from 0 to {MAX_SEED}, or empty for a random one.")
    return int(text)


def slider(task: str, label: str, value: float, low: float, high: float, step: float) -> gr.Slider:
    """A number to be dragged."""
    return unjudged(gr.Slider(low, high, value, step=step, label=label, buttons=[], elem_id=field_id(task, label)))


def dropdown(task: str, label: str, value: str, labels: Mapping[str, str]) -> gr.Dropdown:
    choices = [(label, name) for name, label in labels.items()]
    return unjudged(gr.Dropdown(choices, value=value, label=label, filterable=False, elem_id=field_id(task, label)))


def switch(task: str, label: str) -> gr.Checkbox:
    """What is off until somebody wants it."""
    return unjudged(gr.Checkbox(False, label=label, elem_id=field_id(task, label)))


def shown_while(by: Any, condition: str, *fields: Any) -> None:
    """Hide fields until the ``value`` of another fits a script's condition; they keep what was typed."""
    update = f"value => ({{ __type__: 'update', visible: {condition} || 'hidden' }})"
    for each in fields:
        each.visible = "hidden"
        gr.on([by.change, _fold(by).expand], None, js=update, inputs=by, outputs=each, show_progress="hidden")


def _fold(field: Any) -> gr.Accordion:
    """The accordion around a field, which is asked too: in a closed one, fields say nothing of what they are given."""
    around = field.parent
    while not isinstance(around, gr.Accordion):
        around = around.parent
    return around


def unjudged(component: Any) -> Any:
    """Leave the judging of a value to the request: Gradio's own judgement is not one of our sentences."""
    component.preprocess = lambda payload: payload
    return component

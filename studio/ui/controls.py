"""Components ↔ request, in one place.

A tab gives its components to Gradio as a *set*, so a handler receives a mapping keyed by component; nothing here
depends on the order of a list.  A field's name is what `elem_id` ends with, `<task>-<name>`; `words.py` has its label.
"""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipelines.errors import InvalidRequest
from pipelines.requests import MAX_SEED, Margins, Size
from studio.ui import words

Values = Mapping[Any, Any]


@dataclass(frozen=True)
class SizeFields:
    """Width and height of a new picture."""

    width: gr.Number
    height: gr.Number

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say."""
        width, height = whole("width", values[self.width]), whole("height", values[self.height])
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
        sides = {name: whole(name, values[side], empty=0) for name, side in vars(self).items()}
        return {"margins": Margins(**sides)}


def size_fields(task: str, defaults: Mapping[str, Any]) -> SizeFields:
    """Width and height beside each other."""
    with gr.Row(elem_classes="pair"):
        width = pixels(task, "width", defaults["width"])
        height = pixels(task, "height", defaults["height"])
    return SizeFields(width, height)


def margin_fields(task: str, value: int) -> MarginFields:
    """Four numbers; the handles on the canvas write into them."""
    with gr.Row(elem_classes="pair"):
        left, right = pixels(task, "left", 0), pixels(task, "right", value)
    with gr.Row(elem_classes="pair"):
        top, bottom = pixels(task, "top", 0), pixels(task, "bottom", 0)
    return MarginFields(left, top, right, bottom)


def count(task: str) -> gr.Number:
    """How many pictures one click makes."""
    return field(task, "count", 1, 1)


def pixels(task: str, name: str, value: int, info: str | None = None) -> gr.Number:
    """A field for a length in pixels."""
    return field(task, name, value, 8, info)


def field(task: str, name: str, value: float, step: float, info: str | None = None) -> gr.Number:
    """A number to be typed; its limits are the request's, which answers in a sentence and changes nothing silently."""
    label = words.LABELS[name]
    return gr.Number(label=label, value=value, step=step, info=info, min_width=90, elem_id=field_id(task, name))


def field_id(task: str, name: str) -> str:
    """How the page's scripts and the tests find a field."""
    return f"{task}-{name}"


def whole(name: str, value: Any, empty: int | None = None) -> int:
    """The whole number in a field."""
    if value is None and empty is not None:
        return empty
    result = number(name, value)
    if result != int(result):
        raise InvalidRequest(f"{words.LABELS[name]} must be a whole number, but is {result:g}.")
    return int(result)


def number(name: str, value: Any) -> float:
    """The number in a field; an empty one is refused by its name."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise InvalidRequest(f"{words.LABELS[name]} is empty or no number: give it a number.")
    return value


def seed(text: Any) -> int:
    """The seed in the field; empty or -1 draws one, so that the recipe always holds the one that was used."""
    text = str(text or "").strip()
    if text in ("", "-1"):
        return secrets.randbelow(MAX_SEED + 1)
    if not text.isdecimal() or len(text) > 10:
        raise InvalidRequest(f"Seed must be a whole number from 0 to {MAX_SEED}, or empty for a random one.")
    return int(text)


def slider(task: str, name: str, value: float, low: float, high: float, step: float) -> gr.Slider:
    """A number to be dragged."""
    label = words.LABELS[name]
    return unjudged(gr.Slider(low, high, value, step=step, label=label, buttons=[], elem_id=field_id(task, name)))


def dropdown(task: str, name: str, value: str, labels: Mapping[str, str]) -> gr.Dropdown:
    choices = [(text, value) for value, text in labels.items()]
    label, id = words.LABELS[name], field_id(task, name)
    return unjudged(gr.Dropdown(choices, value=value, label=label, filterable=False, elem_id=id))


def switch(task: str, name: str) -> gr.Checkbox:
    """What is off until somebody wants it."""
    return unjudged(gr.Checkbox(False, label=words.LABELS[name], elem_id=field_id(task, name)))


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


def put_away(task: str, fields: Iterable[Any], names: Container[str]) -> None:
    """Take fields off the page that its model has no use for: what stands in them stays as usual."""
    for each in fields:
        if str(each.elem_id).removeprefix(f"{task}-") in names:
            each.visible, each.interactive = "hidden", False


def unjudged(component: Any) -> Any:
    """Leave the judging of a value to the request: Gradio's own judgement is not one of our sentences."""
    component.preprocess = lambda payload: payload
    return component

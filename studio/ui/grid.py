"""The axes of a grid: up to three settings of a task, each with its values."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipelines.requests import TASKS
from studio.grids import SETTINGS
from studio.grids.wish import Typed
from studio.ui import controls, words
from studio.ui.controls import Values

AXES = ("across", "down", "sheet")
EXAMPLES = {
    "prompt": "red, blue, green",
    "negative": "rain, snow",
    "seed": "1-4",
    "steps": "8, 12, 20",
    "guidance": "2-8 [4]",
    "sampler": "Euler, Heun",
    "spacing": "karras, uniform",
    "reuse": "1-3",
    "size": "512x512, 768x512",
    "clip_skip": "1, 2",
    "strength": "0.3-0.9 (+0.2)",
    "full_steps": "on, off",
    "loops": "1-3",
    "resize": "stretch, crop",
    "feather": "0, 8, 16",
    "grow": "-8, 0, 8",
    "fill": "original, noise",
    "blend": "automatic, none",
    "area": "whole, masked",
    "padding": "16, 32, 64",
    "overlap": "8, 16, 32",
    "guidance_method": "cfg, apg",
    "guidance_start": "0, 0.2",
    "guidance_stop": "0.6, 1",
    "guidance_rescale": "0, 0.7",
    "variation_seed": "1-4",
    "variation_strength": "0.1-0.4 (+0.1)",
    "variation_width": "512, 768",
    "variation_height": "512, 768",
    "hires_scale": "1.5, 2",
    "hires_upscale": "pixels, latents",
    "hires_steps": "8, 12, 20",
    "hires_sampler": "euler, heun",
    "hires_prompt": "fine detail, soft light",
}
"""Values of a setting as one may write them; for those that are not here, any numbers."""

NUMBERS = "0, 0.5, 1"
EXAMPLE = "name => ({{ __type__: 'update', placeholder: {examples}[name] ?? '' }})"


@dataclass(frozen=True)
class GridFields:
    """A setting and its values for each axis."""

    axes: tuple[tuple[gr.Dropdown, gr.Textbox], ...]

    @property
    def fields(self) -> set[Any]:
        """The components that are there."""
        return {field for axis in self.axes for field in axis}

    def typed(self, values: Values) -> list[Typed]:
        """What stands in them, axis by axis."""
        return [(str(field.label), str(values[field] or ""), str(values[text] or "")) for field, text in self.axes]


def grid_fields(task: str, away: Container[str] = ()) -> GridFields:
    """The fields of all axes; a setting that is chosen shows by an example how its values are written.

    ``away``: names of fields that the model has no use for.
    """
    names = [name for name in settings_of(task) if name.replace("_", "-") not in away]
    return GridFields(tuple(_fields(task, axis, names) for axis in AXES))


def settings_of(task: str) -> Sequence[str]:
    """The settings that a task has, by the names of ``SETTINGS``."""
    return [name for name, row in SETTINGS.items() if row.of in TASKS[task].__dataclass_fields__]


def _fields(task: str, axis: str, names: Sequence[str]) -> tuple[gr.Dropdown, gr.Textbox]:
    labels = {"": words.NO_AXIS} | {name: name.replace("_", " ").capitalize() for name in names}
    with gr.Row(elem_classes="pair"):
        setting = controls.dropdown(task, axis, "", labels)
        name = f"{axis}-values"
        id = controls.field_id(task, name)
        values = gr.Textbox(label=words.LABELS[name], max_lines=1, min_width=90, elem_id=id)
    examples = json.dumps({name: EXAMPLES.get(name, NUMBERS) for name in names})
    setting.change(None, js=EXAMPLE.format(examples=examples), inputs=setting, outputs=values, show_progress="hidden")
    return setting, values

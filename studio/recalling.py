"""A request, setting by setting, as the page's fields take it: what is shown of a picture, and set again.

Which fields there are the page knows alone; a setting names the one that would be its own (``field``, the last part of
an `elem_id`), so that a setting without a field can be told instead of being lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pipelines.engine.guidance import GUIDANCES
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.infill import FILLS
from pipelines.parts import PADDING, PARTS
from pipelines.pictures import plain_value
from pipelines.requests import TASKS, Request
from pipelines.resizing import RESIZES

LABELS = {
    "sampling.noise": "Noise source",
    "guiding.method": "Guidance method",
    "guiding.start": "Guidance start",
    "guiding.stop": "Guidance stop",
    "guiding.end": "Guidance end",
    "guiding.scales": "Guidance scales",
    "guiding.rescale": "Guidance rescale",
    "variation.seed": "Variation seed",
    "variation.strength": "Variation strength",
    "variation.width": "Variation width",
    "variation.height": "Variation height",
    "hires.scale": "Enlarge",
    "hires.upscale": "Enlarge what",
    "hires.strength": "Second strength",
    "hires.steps": "Second steps",
    "hires.sampler": "Second sampler",
    "hires.prompt": "Second prompt",
    "full_steps": "All steps from there",
    "graded": "Grey repaints less",
    "blend": "Join",
    "rolls": "Paint copies anew",
}
"""As the page labels its fields; any other setting is labelled by its own name."""

CHOICES: dict[str, Mapping[str, Any]] = {
    "sampling.sampler": {name: row.label for name, row in SAMPLERS.items()},
    "hires.sampler": {name: row.label for name, row in SAMPLERS.items()},
    "sampling.spacing": SPACING_LABELS,
    "guiding.method": {name: row.label for name, row in GUIDANCES.items()},
    "fill": {name: row.label for name, row in FILLS.items()},
    "resize": {name: row.label for name, row in RESIZES.items()},
}
"""What is chosen from lists, in words."""

PICTURES = ("image", "mask")
TELLING = ("prompt", "sampling.steps", "sampling.guidance", "sampling.sampler", "sampling.seed", "size.width")
"""Settings that are worth showing also where they are as usual; of size.width the height goes with it."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """``name``: as the request has it, dotted.  ``value``: what the field is given.  ``shown``: the same in words.

    ``usual``: whether it says nothing that would not be so anyway.
    """

    name: str
    label: str
    field: str
    value: Any
    shown: str
    usual: bool


def settings(request: Request) -> list[Setting]:
    """All settings of a request but its pictures, in the order of a request's own fields."""
    return [_setting(name, value, usual) for name, value, usual in _leaves(request)]


def model(reference: str, title: str, here: str) -> Setting:
    """The model as a setting; ``here``: the reference of the one that draws, which is as usual."""
    named = {"name": "model", "label": "Model", "field": "model"}
    return Setting(**named, value=reference, shown=title or reference, usual=reference in ("", here))


def told(setting: Setting) -> dict[str, Any]:
    """A setting as plain data."""
    return asdict(setting)


def pictures(request: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the pictures that a request, as plain data, was made from, by their names."""
    found = {name: request.get(name) for name in PICTURES}
    return {name: str(value["sha256"]) for name, value in found.items() if isinstance(value, Mapping)}


def field_of(name: str) -> str:
    """What the field of a setting would be called: as its label is written."""
    return _label(name).lower().replace(" ", "-")


def _label(name: str) -> str:
    return LABELS.get(name) or name.rpartition(".")[2].replace("_", " ").capitalize()


def _leaves(request: Request) -> Iterator[tuple[str, Any, Any]]:
    """Name, value and usual value of each setting; parts are taken apart."""
    for item in fields(TASKS[request.task]):
        value = getattr(request, item.name)
        if item.name in PICTURES:
            continue
        if item.name not in PARTS:
            yield item.name, value, item.default
            continue
        for inner in fields(value):
            yield f"{item.name}.{inner.name}", getattr(value, inner.name), inner.default


def _setting(name: str, value: Any, usual: Any) -> Setting:
    given = PADDING if name == "padding" and value is None else plain_value(value)
    return Setting(
        name=name,
        label=_label(name),
        field=field_of(name),
        value=str(given) if name == "sampling.seed" else given,
        shown=_words(name, given),
        usual=value == usual and name not in TELLING and name != "size.height",
    )


def _words(name: str, value: Any) -> str:
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):  # pictures have no words
        return " ".join(
            text for each in value.values() if (text := "" if isinstance(each, Mapping) else _words("", each))
        )
    if isinstance(value, list | tuple):
        return ", ".join(_words("", each) for each in value)
    return "" if value is None else str(value)

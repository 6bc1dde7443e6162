"""What is typed for several pictures at once, read and told back: axes in fields of their own, or a list of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from pipelines.errors import InvalidRequest
from studio.batches import prompts_in
from studio.grids.axes import Axis
from studio.grids.grid import check_axes

MOST_TOLD = 6

Typed = tuple[str, str, str]
"""Of an axis: how its field is called, the name of the setting, and the values."""


def read(typed: Sequence[Typed], prompts: str) -> tuple[tuple[Axis, ...], list[str]]:
    """The axes and the prompts, one of them empty; InvalidRequest where they make no sense."""
    axes, lines = _axes(typed), prompts_in(prompts)
    if axes and lines:
        raise InvalidRequest("A grid is of one prompt: empty the list of prompts, or make the prompt an axis.")
    if axes:
        check_axes(axes)
    return axes, lines


def told(typed: Sequence[Typed], prompts: str) -> dict[str, Any]:
    """One line: ``text``, empty where there is nothing to tell, and whether it is a ``problem``."""
    try:
        axes, lines = read(typed, prompts)
    except InvalidRequest as error:
        return {"text": str(error), "problem": True}
    if lines:
        text = f"{len(lines)} {'prompt' if len(lines) == 1 else 'prompts'}, one after the other."
    elif axes:
        cells = prod(len(axis.values) for axis in axes)
        text = f"A grid of {cells}: {' × '.join(_some(axis.labels) for axis in axes)}"
    else:
        text = ""
    return {"text": text, "problem": False}


def _axes(typed: Sequence[Typed]) -> tuple[Axis, ...]:
    """Those that are filled in; InvalidRequest where one is so by half, or wrong."""
    return tuple(_axis(*each) for each in typed if any(part.strip() for part in each[1:]))


def _axis(label: str, name: str, text: str) -> Axis:
    if not name:
        raise InvalidRequest(f"{label} has values but no setting: choose what they are values of, or empty them.")
    return Axis.read(f"{name}: {text}")


def _some(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - MOST_TOLD} more" if len(labels) > MOST_TOLD else ""
    return ", ".join(labels[:MOST_TOLD]) + more

"""Several pictures instead of the one on the canvas, each with a mask of its name where masks are wanted.

The browser uploads them by the door that every picture takes and names them when Generate is clicked; what it names is
judged here, picture by picture: what cannot be done of them is said, and the rest is made all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from pipelines.errors import InvalidRequest
from studio.ui import words
from studio.ui.component import component
from studio.ui.controls import Values

MOST = 100
"""Pictures of one click, a job each."""

MOST_TOLD = 5
LONGEST = 200
"""Letters of a file's name."""

Submit = Callable[[Values], dict[str, Any]]


def batch(task: str, masks: bool = False) -> gr.HTML:
    """The buttons that take many files, and the list of them; ``masks``: whether each needs one."""
    return component("batch", f"{task}-batch", task=task, masks=masks, most=MOST)


def each(values: Values, easel: gr.HTML | None, submit: Submit) -> dict[str, Any]:
    """Submit what stands in the fields: once, or for each picture that the canvas names.

    Gives what the live view shall do: follow the last job; what came to nothing of several is among its notes.
    """
    given = values[easel] if easel is not None else None
    if not isinstance(given, Mapping) or "several" not in given:
        return submit(values)
    rows = list(_rows(given["several"]))
    answers = [(name, submit({**values, easel: named})) for name, named in rows]
    refused = [f"{name}: {answer['refusal']}" for name, answer in answers if "refusal" in answer]
    made = [answer for _, answer in answers if "refusal" not in answer]
    if not made:
        return answers[-1][1] | {"refusal": _told(refused)}
    notes = dict.fromkeys(note for answer in made for note in answer["notes"])
    return made[-1] | {"notes": [*notes, *refused[:MOST_TOLD], *_more(refused)]}


def _rows(several: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each file with what a canvas would name."""
    if not isinstance(several, list) or not 0 < len(several) <= MOST:
        raise InvalidRequest(f"At most {MOST} pictures can be worked on at once, and at least one: choose others.")
    for row in several:
        if not isinstance(row, Mapping):
            raise InvalidRequest("A picture of the batch has no name: choose the pictures again.")
        yield str(row.get("name", ""))[:LONGEST], {"picture": row.get("picture"), "mask": row.get("mask")}


def _told(refused: Sequence[str]) -> str:
    return " ".join([*refused[:MOST_TOLD], *_more(refused)])


def _more(refused: Sequence[str]) -> list[str]:
    more = len(refused) - MOST_TOLD
    return [words.MORE_REFUSED.format(more)] if more > 0 else []

"""A request from the plain data that ``Request.to_dict`` made of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.controls import EXAMPLES, read_examples
from pipelines.errors import InvalidRequest
from pipelines.parts import PARTS
from pipelines.requests import TASKS, Request

if TYPE_CHECKING:
    from PIL.Image import Image


def from_dict(data: Mapping[str, Any], find: Callable[[str], Image] | None = None) -> Request:
    """The request that ``to_dict`` described; ``find`` turns the SHA-256 of a picture into the picture."""
    if not isinstance(data, Mapping) or not isinstance(data.get("task"), str) or data["task"] not in TASKS:
        raise InvalidRequest(f'A request names one of the tasks {", ".join(TASKS)} under "task"; this one does not.')
    kind = TASKS[data["task"]]
    known = {item.name for item in dataclasses.fields(kind)}
    values = {}
    for name, value in data.items():
        if name == "task":
            continue
        if name not in known:
            raise InvalidRequest(f"{data['task']} has no setting {name!r}; it has {', '.join(sorted(known))}.")
        values[name] = _read(name, value, find)
    needed = {item.name for item in dataclasses.fields(kind) if _has_no_default(item)}
    if needed - set(values):
        raise InvalidRequest(f"The {data['task']} request lacks its {' and '.join(sorted(needed - set(values)))}.")
    return kind(**values)


def _has_no_default(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _read(name: str, value: Any, find: Callable[[str], Image] | None) -> Any:
    if name in PARTS:
        try:
            return PARTS[name](**value)
        except TypeError as error:
            raise InvalidRequest(f"The {name} of the request cannot be read: {error}.") from error
    if name in EXAMPLES:
        return read_examples(EXAMPLES[name], value, lambda own: _read("", own, find))
    if isinstance(value, Mapping) and "sha256" in value:
        if find is None:
            raise InvalidRequest("The request needs its pictures beside it; open it from a library that has them.")
        return find(value["sha256"])
    return value

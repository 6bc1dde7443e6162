"""The settings that a grid can vary: one row each, and the same names as the command line's options."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.errors import InvalidRequest
from pipelines.infill import FILLS
from pipelines.parts import AREAS, BLENDS
from pipelines.requests import MAX_SEED, Request
from pipelines.resizing import RESIZES
from studio.fine import FINE
from studio.grids.values import read_values
from studio.options import choice, nearest, number, sampler, size, spacing, whole

Read = Callable[[str], Any]
Put = Callable[[Request, Any], Request]


@dataclass(frozen=True)
class Setting:
    """What a grid can vary.  ``label``: as the sheet writes it.  ``read``: a value from its text.  ``put``: into a
    request.  ``of``: the request's field that it is in; a task without that field cannot vary it.  ``replaces``: the
    first value is looked for in that field's text, and each value in turn stands in for it."""

    label: str
    of: str
    read: Read
    put: Put
    names: Mapping[Any, str] | None = None
    replaces: bool = False

    def say(self, value: Any) -> str:
        """The value in a sheet."""
        if isinstance(value, tuple):
            return "×".join(map(str, value))
        known = (self.names or {}).get(value)
        return known if known is not None else f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Axis:
    """One setting and its values, at least one."""

    name: str
    values: tuple[Any, ...]

    @staticmethod
    def read(text: str) -> Axis:
        """``steps: 4, 8, 12``, as ``values.py`` has it; InvalidRequest where that is no axis."""
        name, colon, values = text.partition(":")
        name = name.strip().lower().replace("-", "_").replace(" ", "_")
        if not colon:
            raise InvalidRequest(f"An axis is a setting, a colon and values, such as steps: 4, 8, 12; not {text!r}.")
        if name not in SETTINGS:
            near = nearest(name, SETTINGS)
            hint = f"did you mean {near}?" if near else f"choose one of {', '.join(SETTINGS)}."
            raise InvalidRequest(f"A grid cannot vary {name!r}: {hint}")
        read = SETTINGS[name].read
        return Axis(name, read_values(name, values, read, ranged=read in RANGED))

    @property
    def setting(self) -> Setting:
        return SETTINGS[self.name]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the sheet writes beside each value."""
        return tuple(f"{self.setting.label} {self.setting.say(value)}".strip() for value in self.values)

    def at(self, request: Request, place: int) -> Request:
        """The request with the value at this place."""
        value = self.values[place]
        if self.setting.replaces:
            value = getattr(request, self.setting.of).replace(self.values[0], value)
        return self.setting.put(request, value)

    def check(self, request: Request) -> None:
        """InvalidRequest where this request has no such setting."""
        if not hasattr(request, self.setting.of):
            raise InvalidRequest(f"{request.task} has no setting {self.name}, so it cannot be an axis of its grid.")
        if self.setting.replaces and self.values[0] not in getattr(request, self.setting.of):
            raise InvalidRequest(
                f"The first value of the axis {self.name} is what the others stand in for, but {self.values[0]!r} is "
                f"not in the {self.name} text."
            )


def seed(text: str) -> int:
    """A seed; -1, or the word random, draws one."""
    return secrets.randbelow(MAX_SEED + 1) if text.lower() in ("-1", "random") else whole(text)


def words(text: str) -> str:
    """Any words."""
    return text


def flag(text: str) -> bool:
    """On or off."""
    return choice("switch", ("on", "off"))(text) == "on"


def _of_part(part: str, name: str) -> Put:
    return lambda request, value: replace(request, **{part: replace(getattr(request, part), **{name: value})})


def _of_request(name: str) -> Put:
    return lambda request, value: replace(request, **{name: value})


def _resized(request: Request, value: tuple[int, int]) -> Request:
    part = request.size  # type: ignore[attr-defined]
    return replace(request, size=replace(part, width=value[0], height=value[1]))  # type: ignore[call-arg]


def _sampling(label: str, name: str, read: Read, names: Mapping[Any, str] | None = None) -> Setting:
    return Setting(label, "sampling", read, _of_part("sampling", name), names)


def _own(label: str, name: str, read: Read) -> Setting:
    return Setting(label, name, read, _of_request(name))


def _fine(name: str) -> Setting:
    row = FINE[name]
    readers: dict[str, Read] = {"number": number, "whole": whole, "text": words, "scales": words}
    read = choice(name.replace("_", " "), row.choices) if row.kind == "choice" else readers[row.kind]
    return Setting(name.replace("_", " ").capitalize(), row.part, read, _of_part(row.part, row.setting))


RANGED = frozenset({whole, number, seed})
"""What reads numbers, of which ranges can be written."""

SETTINGS: dict[str, Setting] = {
    "prompt": Setting("", "prompt", words, _of_request("prompt"), replaces=True),
    "negative": Setting("not", "negative", words, _of_request("negative"), replaces=True),
    "seed": _sampling("Seed", "seed", seed),
    "steps": _sampling("Steps", "steps", whole),
    "guidance": _sampling("Guidance", "guidance", number),
    "sampler": _sampling("", "sampler", sampler, {name: row.label for name, row in SAMPLERS.items()}),
    "spacing": _sampling("", "spacing", spacing, SPACING_LABELS),
    "reuse": _sampling("Reuse", "reuse", whole),
    "size": Setting("", "size", size, _resized),
    "clip_skip": _own("Clip skip", "clip_skip", whole),
    "strength": _own("Strength", "strength", number),
    "full_steps": _own("Full steps", "full_steps", flag),
    "loops": _own("Loops", "loops", whole),
    "resize": _own("", "resize", choice("resize mode", RESIZES)),
    "feather": _own("Feather", "feather", whole),
    "grow": _own("Grow", "grow", whole),
    "fill": _own("", "fill", choice("fill", FILLS)),
    "blend": _own("", "blend", choice("blend", BLENDS)),
    "area": _own("", "area", choice("area", AREAS)),
    "padding": _own("Padding", "padding", whole),
    "overlap": _own("Overlap", "overlap", whole),
    **{name: _fine(name) for name in FINE if FINE[name].kind != "scales"},
}

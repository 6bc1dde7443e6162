"""How the command line's words are read: numbers, lengths, names, and one sentence for whatever is wrong with them.

Light on purpose: `--help` answers before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from pipelines.engine.names import find_choice, find_spacing
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.errors import InvalidRequest
from pipelines.parts import VARIATIONS


@dataclass(frozen=True)
class Length:
    """A margin as it was typed: pixels, or a percentage of the picture's side."""

    number: float = 0
    percentage: bool = False

    def pixels(self, side: int) -> int:
        """How much that is on a side of so many pixels."""
        return round(self.number / 100 * side) if self.percentage else int(self.number)


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, but is {text!r}.") from None


def day(text: str) -> date:
    """A day as ISO 8601 writes it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day such as 2026-11-21, but is {text!r}.") from None


def number(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, but is {text!r}.") from None


def length(text: str) -> Length:
    """Pixels, or a share of a side."""
    if not re.fullmatch(r"-?(\d{1,9}|\d{1,9}(\.\d{1,9})?%)", text):
        raise argparse.ArgumentTypeError(f"must be pixels such as 128 or a share such as 25%, but is {text!r}.")
    return Length(float(text.removesuffix("%")), text.endswith("%"))


def scales(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    return tuple(number(part.strip()) for part in text.split(","))


def size(text: str) -> tuple[int, int]:
    """Width and height in pixels."""
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"must be a width and a height such as 1024x768, but is {text!r}.")
    return int(found[1]), int(found[2])


def aspect(text: str) -> tuple[float, float]:
    """Width to height."""
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,4})?):(\d{1,5}(?:\.\d{1,4})?)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"must be a width to a height such as 16:9, but is {text!r}.")
    return float(found[1]), float(found[2])


def point(text: str) -> tuple[int, int]:
    """A place on the canvas."""
    found = re.fullmatch(r"(-?\d{1,7}),(-?\d{1,7})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"must be two whole numbers such as -128,0, but is {text!r}.")
    return int(found[1]), int(found[2])


def variation(text: str) -> str | float:
    """A name, or how much."""
    return text if text in VARIATIONS else number(text)


def sampler(text: str) -> str:
    """A sampler, also by the name that another program gives it."""
    found = find_choice(text)
    if found is not None and found.spacing is not None:
        own = SAMPLERS[found.sampler].label
        raise InvalidRequest(f"{text} is a sampler and a spacing: give --sampler {own!r} --spacing {found.spacing}.")
    return found.sampler if found else choice("sampler", SAMPLERS)(text)


def spacing(text: str) -> str:
    """A spacing, likewise."""
    return find_spacing(text) or choice("spacing", SPACING_LABELS)(text)


def choice(name: str, choices: Iterable[str]) -> Callable[[str], str]:
    """One of these."""

    def chosen(text: str) -> str:
        if text not in choices:
            near = nearest(text, choices)
            hint = "" if near is None else f" (did you mean {near}?)"
            raise InvalidRequest(f"Unknown {name} {text!r}{hint}: choose one of {', '.join(choices)}.")
        return text

    return chosen


def choices_of(names: Iterable[str]) -> str:
    """These, for a person to read."""
    return f"one of {', '.join(names)}"


def nearest(text: str, choices: Iterable[str]) -> str | None:
    """What is probably meant."""
    return next(iter(difflib.get_close_matches(text, list(choices), n=1)), None)

"""One sentence for each way in which a value of a request can be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.depth import DEEP
from pipelines.errors import InvalidRequest

MAX_PROMPT = 4000
MAX_SIDE = 4096
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", DEEP)
"""Of the pictures that are taken, as Pillow names them."""


def check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidRequest(f"{name} must be a whole number from {low} to {high}, but is {value!r}.")


def check_number(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidRequest(f"{name} must be a number from {low:g} to {high:g}, but is {value!r}.")


def check_choice(name: str, value: object, choices: Mapping[str, object]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise InvalidRequest(f"Unknown {name} {value!r}: choose one of {', '.join(choices)}.")


def check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} must be true or false, but is {value!r}.")


def check_point(name: str, value: Any) -> None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InvalidRequest(f"{name} must be two whole numbers, x and y, but is {value!r}.")
    for each in value:
        check_whole(name, each, -1_000_000, 1_000_000)


def check_prompt(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidRequest(f"The {name} must be text, but is {type(value).__name__}.")
    if len(value) > MAX_PROMPT:
        raise InvalidRequest(f"The {name} has {len(value):,} characters; shorten it to {MAX_PROMPT:,} or fewer.")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidRequest(f"The {name} has half a character in it (a lone surrogate): type it again.")


def check_picture(name: str, value: Any) -> None:
    if not hasattr(value, "tobytes") or not hasattr(value, "getbbox"):
        raise InvalidRequest(f"The {name} must be a PIL image, but is {type(value).__name__}.")
    if value.mode not in MODES:
        raise InvalidRequest(f"The {name} is of mode {value.mode}, which would lose its values: convert it to RGB.")
    if value.mode == DEEP and "transparency" in value.info:
        raise InvalidRequest(f"The {name} has 16 bits and one shade of clear: convert it to RGBA.")
    if min(value.size) < 8 or max(value.size) > MAX_SIDE:
        raise InvalidRequest(
            f"The {name} is {value.width}x{value.height}, but sides must be 8 to {MAX_SIDE} pixels: resize it."
        )

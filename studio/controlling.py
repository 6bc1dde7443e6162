"""ControlNets on the command line: ``--control lines,image=map.png,weight=0.8,end=0.6``.

Light on purpose, as ``studio.arguments`` is.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.controls import PREPARATIONS, Control
from pipelines.errors import InvalidRequest
from studio.options import number

NUMBERS = ("weight", "start", "end")
SETTINGS = ("image", *NUMBERS, "preparation")


def add_controls(parser: argparse.ArgumentParser) -> None:
    """The option that may be given several times."""
    parser.add_argument(
        "--control",
        action="append",
        default=[],
        type=control,
        metavar="NAME,image=FILE,...",
        help="a ControlNet and the picture that it is shown; also weight=, start=, end= and preparation="
        f"{' or '.join(PREPARATIONS)}",
    )


def control(text: str) -> dict[str, Any]:
    """A ControlNet's name, and its settings behind commas."""
    name, *rest = (word.strip() for word in text.split(","))
    found: dict[str, Any] = {"name": name}
    for word in rest:
        setting, equals, value = word.partition("=")
        if not equals or setting not in SETTINGS or setting in found:
            raise InvalidRequest(
                f"--control has no use for {word!r}: after the name come {', '.join(f'{each}=' for each in SETTINGS)}, "
                "each once at most."
            )
        found[setting] = number(value) if setting in NUMBERS else value
    if "image" not in found:
        raise InvalidRequest(f"--control {name!r} needs the picture that it is shown: --control {name},image=FILE.")
    return found


def controls_of(given: Sequence[Mapping[str, Any]]) -> tuple[Control, ...]:
    """What was given, with its pictures opened."""
    from studio.library import open_picture

    return tuple(Control(**{**each, "image": open_picture(each["image"])}) for each in given)

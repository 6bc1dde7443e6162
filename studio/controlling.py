"""Pictures that are shown to the model, on the command line: ``--control lines,image=map.png,weight=0.8,end=0.6``.

Light on purpose, as ``studio.arguments`` is.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

from pipelines.controls import EXAMPLES, PREPARATIONS
from pipelines.errors import InvalidRequest
from studio.options import number

NUMBERS = ("weight", "start", "end")


class Option(NamedTuple):
    """An option that may be given several times; ``settings``: what may stand behind the name, as ``word=``."""

    flag: str
    settings: tuple[str, ...]
    help: str


OPTIONS = {
    "controls": Option(
        "--control",
        ("image", *NUMBERS, "preparation"),
        "a ControlNet and the picture that it is shown; also weight=, start=, end= and preparation="
        f"{' or '.join(PREPARATIONS)}",
    ),
    "image_prompts": Option(
        "--image-prompt",
        ("image", *NUMBERS),
        "an IP-Adapter and a picture that is heeded beside the words; also weight=, start= and end=",
    ),
}
"""By what a request calls them."""


def add_examples(parser: argparse.ArgumentParser) -> None:
    """The options."""
    for name, option in OPTIONS.items():
        parser.add_argument(
            option.flag,
            dest=name,
            action="append",
            default=[],
            type=partial(settings_of, option),
            metavar="NAME,image=FILE,...",
            help=option.help,
        )


def settings_of(option: Option, text: str) -> dict[str, Any]:
    """The name of a file on the shelf, and the settings behind commas."""
    name, *rest = (word.strip() for word in text.split(","))
    found: dict[str, Any] = {"name": name}
    for word in rest:
        setting, equals, value = word.partition("=")
        if not equals or setting not in option.settings or setting in found:
            raise InvalidRequest(
                f"{option.flag} has no use for {word!r}: after the name come "
                f"{', '.join(f'{each}=' for each in option.settings)}, each once at most."
            )
        found[setting] = number(value) if setting in NUMBERS else value
    if "image" not in found:
        raise InvalidRequest(
            f"{option.flag} {name!r} needs the picture that it is shown: {option.flag} {name},image=FILE."
        )
    return found


def examples_of(options: argparse.Namespace) -> dict[str, tuple[Any, ...]]:
    """What was given, with its pictures opened, by what a request calls it."""
    from studio.library import open_picture

    return {
        name: tuple(kind(**{**each, "image": open_picture(each["image"])}) for each in getattr(options, name))
        for name, kind in EXAMPLES.items()
    }

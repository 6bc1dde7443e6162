"""The command line's options, and one sentence for whatever is wrong with them.

Light on purpose: `--help` answers before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pipelines.attention import CHOICES as ATTENTION
from pipelines.engine.names import find_choice, find_spacing
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.errors import InvalidRequest
from pipelines.infill import FILLS
from pipelines.parts import SOURCES
from studio.fine import FINE
from studio.settings import Settings, version

PROGRAM = "diffusion-studio"


@dataclass(frozen=True)
class Length:
    """A margin as it was typed: pixels, or a percentage of the picture's side."""

    number: float = 0
    percentage: bool = False

    def pixels(self, side: int) -> int:
        """How much that is on a side of so many pixels."""
        return round(self.number / 100 * side) if self.percentage else int(self.number)


class Parser(argparse.ArgumentParser):
    """Raises InvalidRequest with one sentence, instead of printing its usage."""

    def __init__(self, command: str, description: str, **settings: str) -> None:
        program = f"{PROGRAM} {command}".strip()
        super().__init__(program, description=description, allow_abbrev=False, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Say what argparse found wrong the way a person would."""
        raise InvalidRequest(_plainly(message, self._option_string_actions, self.prog))


def page() -> Parser:
    """The options of the page itself, when no command is given."""
    usual = Settings()
    parser = Parser(
        "",
        "Type a prompt, get a picture; paint a mask, change what is under it; widen the canvas, get more picture.",
        usage=f"{PROGRAM} [options]\n       {PROGRAM} COMMAND [options]",
        epilog=f"commands: {', '.join(COMMANDS)}   ({PROGRAM} COMMAND --help says more)",
    )
    parser.add_argument("--host", default=usual.host, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_whole, default=usual.port, help="port to listen on (%(default)s)")
    parser.add_argument("--outputs", type=Path, default=usual.outputs, metavar="DIR", help="where pictures are kept")
    _add_words(parser)
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open the page in a browser")
    parser.add_argument("--version", action="version", version=f"Diffusion Studio {version()}")
    _add_engine(parser)
    return parser


def generate() -> Parser:
    """Options of ``generate``."""
    parser = Parser("generate", "Make pictures from a prompt.")
    _add_prompt(parser)
    parser.add_argument("--width", type=_whole, metavar="PIXELS", help="width of the picture")
    parser.add_argument("--height", type=_whole, metavar="PIXELS", help="height of the picture")
    _add_common(parser)
    return parser


def inpaint() -> Parser:
    """Options of ``inpaint``."""
    parser = Parser("inpaint", "Repaint what is white in a mask; everything else keeps its pixels.")
    parser.add_argument("image", metavar="IMAGE", help="the picture: PNG, JPEG or WebP")
    _add_prompt(parser)
    parser.add_argument("--mask", required=True, metavar="MASK", help="a picture of the same size: white = repaint")
    parser.add_argument("--strength", type=_number, help="0 keeps what is there, 1 makes it anew (1)")
    parser.add_argument("--feather", type=_whole, metavar="PIXELS", help="width of the soft edge outside the mask (8)")
    parser.add_argument("--grow", type=_whole, metavar="PIXELS", help="make the mask larger first, or smaller (0)")
    parser.add_argument("--fill", type=_choice("fill", FILLS), help=f"what stands under it: {_choices(FILLS)}")
    parser.add_argument("--graded", action="store_true", default=None, help="repaint grey parts by less strength")
    _add_common(parser)
    return parser


def outpaint() -> Parser:
    """Options of ``outpaint``."""
    parser = Parser("outpaint", "Extend a picture beyond its edges.")
    parser.add_argument("image", metavar="IMAGE", help="the picture: PNG, JPEG or WebP")
    _add_prompt(parser)
    for side in ("left", "top", "right", "bottom"):
        parser.add_argument(
            f"--{side}", type=_length, default=Length(), metavar="N", help="pixels, or N%% of the picture's side (0)"
        )
    parser.add_argument("--overlap", type=_whole, metavar="PIXELS", help="how far the old picture may be blended (16)")
    _add_common(parser)
    return parser


def again() -> Parser:
    """Options of ``again``."""
    parser = Parser("again", "Make a picture anew from the recipe in its file.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a PNG file that the studio wrote")
    parser.add_argument("--out", type=Path, default=Settings().outputs, metavar="DIR", help="where to write it")
    _add_engine(parser, model="that of the recipe")
    return parser


def look() -> Parser:
    """Options of ``look``."""
    parser = Parser("look", "Show what a model sees of a prompt: its tokens, their weights, step by step.")
    _add_prompt(parser)
    parser.add_argument("--negative", default="", metavar="TEXT", help="what the picture should not show")
    parser.add_argument("--steps", type=_whole, help="of a run, for wording that changes on the way")
    parser.add_argument("--seed", type=_whole, default=0, help="of the picture whose choices are shown (0)")
    _add_model(parser)
    _add_styles(parser)
    return parser


def models() -> Parser:
    """Options of ``models``."""
    return Parser("models", "List the built-in models and what they draw.")


def doctor() -> Parser:
    """Options of ``doctor``."""
    usual = Settings()
    parser = Parser("doctor", "Look at everything that the studio needs, and say what is really on.")
    parser.add_argument("--outputs", type=Path, default=usual.outputs, metavar="DIR", help="where pictures are kept")
    _add_engine(parser)
    return parser


COMMANDS: dict[str, Callable[[], Parser]] = {
    "generate": generate,
    "inpaint": inpaint,
    "outpaint": outpaint,
    "again": again,
    "look": look,
    "models": models,
    "doctor": doctor,
}


def _add_prompt(parser: Parser) -> None:
    parser.add_argument("prompt", metavar="PROMPT", help="what the picture should show")


def _add_words(parser: Parser) -> None:
    usual = Settings().words
    parser.add_argument("--words", type=Path, default=usual, metavar="DIR", help="word lists and styles (%(default)s)")


def _add_styles(parser: Parser) -> None:
    parser.add_argument(
        "--style", action="append", default=[], metavar="NAME", help="a style to put on; several are put on in order"
    )
    _add_words(parser)


def _add_model(parser: Parser, model: str | None = None) -> None:
    """``model``: what is used where none is given, in words; the built-in one if None."""
    usual = Settings().model
    default = usual if model is None else None
    parser.add_argument(
        "--model", default=default, metavar="REF", help=f"a built-in model or a folder ({model or usual})"
    )


def _add_engine(parser: Parser, model: str | None = None) -> None:
    """``model``: as `_add_model` has it."""
    usual = Settings()
    _add_model(parser, model)
    parser.add_argument("--device", default=usual.device, help="auto, cpu, cuda, ... (%(default)s)")
    parser.add_argument(
        "--attention", type=_choice("attention", ATTENTION), default=usual.attention, help=_choices(ATTENTION)
    )


def _add_common(parser: Parser) -> None:
    """What every picture has; what is left out comes from the model's card."""
    parser.add_argument("--negative", default="", metavar="TEXT", help="what it should not show")
    parser.add_argument("--steps", type=_whole, help="how often the noise is estimated")
    parser.add_argument("--guidance", type=_number, help="how closely the prompt is followed")
    parser.add_argument("--sampler", type=_sampler, help=_choices(SAMPLERS))
    parser.add_argument("--spacing", type=_spacing, help=_choices(SPACING_LABELS))
    parser.add_argument("--seed", type=_whole, help="of the first picture; drawn and told where left out")
    parser.add_argument("--count", type=_whole, default=1, help="how many pictures (1)")
    parser.add_argument("--out", type=Path, default=Settings().outputs, metavar="DIR", help="where to write them")
    _add_styles(parser)
    _add_engine(parser)
    _add_fine(parser)


def _add_fine(parser: Parser) -> None:
    """What most people never touch."""
    fine = parser.add_argument_group("finer control")
    fine.add_argument("--noise", type=_choice("noise source", SOURCES), help=f"where it is drawn: {_choices(SOURCES)}")
    fine.add_argument("--clip-skip", type=_whole, metavar="N", help="text encoder layer, counted from the last (1)")
    for name, row in FINE.items():
        kinds = {"number": _number, "whole": _whole, "choice": _choice(name.replace("_", " "), row.choices)}
        fine.add_argument(f"--{name.replace('_', '-')}", type=kinds[row.kind], metavar="N", help=row.words)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, but is {text!r}.") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, but is {text!r}.") from None


def _length(text: str) -> Length:
    if not re.fullmatch(r"-?(\d{1,9}|\d{1,9}(\.\d{1,9})?%)", text):
        raise argparse.ArgumentTypeError(f"must be pixels such as 128 or a share such as 25%, but is {text!r}.")
    return Length(float(text.removesuffix("%")), text.endswith("%"))


def _sampler(text: str) -> str:
    """Also by the name that another program gives it."""
    choice = find_choice(text)
    if choice is not None and choice.spacing is not None:
        own = SAMPLERS[choice.sampler].label
        raise InvalidRequest(f"{text} is a sampler and a spacing: give --sampler {own!r} --spacing {choice.spacing}.")
    return choice.sampler if choice else _choice("sampler", SAMPLERS)(text)


def _spacing(text: str) -> str:
    return find_spacing(text) or _choice("spacing", SPACING_LABELS)(text)


def _choice(name: str, choices: Iterable[str]) -> Callable[[str], str]:
    def chosen(text: str) -> str:
        if text not in choices:
            near = _nearest(text, choices)
            hint = "" if near is None else f" (did you mean {near}?)"
            raise InvalidRequest(f"Unknown {name} {text!r}{hint}: choose one of {', '.join(choices)}.")
        return text

    return chosen


def _choices(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}"


def _nearest(text: str, choices: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(text, list(choices), n=1)), None)


def _plainly(message: str, options: Iterable[str], program: str) -> str:
    """argparse's own message as a sentence."""
    unknown = re.fullmatch(r"unrecognized arguments: (\S+).*", message, re.DOTALL)
    if unknown:
        return _unknown(unknown[1], options, program)
    message = re.sub(r"^argument ", "", message)
    message = re.sub(r"^(\S+): expected one argument$", r"\1 needs a value after it.", message)
    message = re.sub(r"^the following arguments are required: (.*)$", rf"{program} needs \1 as well.", message)
    return re.sub(r"^(\S+): ", r"\1 ", message)


def _unknown(word: str, options: Iterable[str], program: str) -> str:
    """What to say of a word that fits nowhere."""
    option = word.partition("=")[0]
    if word in COMMANDS:
        return f"The command comes first: {PROGRAM} {word} ..."
    if option.startswith("-"):
        kind, near = "option", _nearest(option, options)
    elif program == PROGRAM:
        kind, near = "command", _nearest(option, COMMANDS)
    else:
        return f"{program} has no use for {word!r}: put a prompt of several words in quotes."
    hint = f"{program} --help lists what there is." if near is None else f"did you mean {near}?"
    return f"{program} has no {kind} {option!r}: {hint}"

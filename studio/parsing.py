"""What the commands' options share, and one sentence for whatever is wrong with them.

Light on purpose: `--help` answers before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from pipelines.attention import CHOICES as ATTENTION
from pipelines.errors import InvalidRequest
from pipelines.placement import MEMORIES, PRECISIONS
from studio.options import choice, choices_of, nearest
from studio.settings import Settings

PROGRAM = "diffusion-studio"


class Parser(argparse.ArgumentParser):
    """Raises InvalidRequest with one sentence, instead of printing its usage.

    ``commands``: what may stand here in place of options, of the program itself.
    """

    def __init__(self, command: str, description: str, commands: Iterable[str] = (), **settings: str) -> None:
        program = f"{PROGRAM} {command}".strip()
        self.commands = tuple(commands)
        super().__init__(program, description=description, allow_abbrev=False, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Say what argparse found wrong the way a person would."""
        raise InvalidRequest(_plainly(message, self))

    @property
    def options(self) -> Iterable[str]:
        """All that begin with a dash."""
        return self._option_string_actions


def add_prompt(parser: Parser) -> None:
    parser.add_argument("prompt", metavar="PROMPT", help="what the picture should show")


def add_outputs(parser: Parser, name: str = "--outputs", help: str = "where pictures are kept") -> None:
    parser.add_argument(name, type=Path, default=Settings().outputs, metavar="DIR", help=help)


def add_words(parser: Parser) -> None:
    usual = Settings().words
    parser.add_argument("--words", type=Path, default=usual, metavar="DIR", help="word lists and styles (%(default)s)")


def add_styles(parser: Parser) -> None:
    parser.add_argument(
        "--style", action="append", default=[], metavar="NAME", help="a style to put on; several are put on in order"
    )
    add_words(parser)


def add_model(parser: Parser, model: str | None = None) -> None:
    """``model``: what is used where none is given, in words; the usual one if None."""
    default = "" if model is None else None
    said = model or "the usual one"
    parser.add_argument("--model", default=default, metavar="REF", help=f"a model's name, path or id ({said})")
    add_shelf(parser)


def add_shelf(parser: Parser) -> None:
    usual = Settings().models
    parser.add_argument("--models", type=Path, default=usual, metavar="DIR", help="your models folder (%(default)s)")


def add_engine(parser: Parser, model: str | None = None) -> None:
    """``model``: as `add_model` has it."""
    usual = Settings()
    add_model(parser, model)
    parser.add_argument("--device", default=usual.device, help="auto, cpu, cuda, ... (%(default)s)")
    for name, choices in (("precision", PRECISIONS), ("attention", ATTENTION), ("memory", MEMORIES)):
        read = choice(name, choices)
        parser.add_argument(f"--{name}", type=read, default=getattr(usual, name), help=choices_of(choices))


def add_vae(parser: Parser) -> None:
    parser.add_argument("--vae", metavar="REF", help="an autoencoder in place of the model's own, by name or path")


def _plainly(message: str, parser: Parser) -> str:
    """argparse's own message as a sentence."""
    unknown = re.fullmatch(r"unrecognized arguments: (\S+).*", message, re.DOTALL)
    if unknown:
        return _unknown(unknown[1], parser)
    message = re.sub(r"^argument ", "", message)
    message = re.sub(r"^(\S+): expected one argument$", r"\1 needs a value after it.", message)
    message = re.sub(r"^the following arguments are required: (.*)$", rf"{parser.prog} needs \1 as well.", message)
    return re.sub(r"^(\S+): ", r"\1 ", message)


def _unknown(word: str, parser: Parser) -> str:
    """What to say of a word that fits nowhere."""
    option = word.partition("=")[0]
    if word in parser.commands:
        return f"The command comes first: {PROGRAM} {word} ..."
    if option.startswith("-"):
        kind, near = "option", nearest(option, parser.options)
    elif parser.commands:
        kind, near = "command", nearest(option, parser.commands)
    else:
        return f"{parser.prog} has no use for {word!r}: put a prompt of several words in quotes."
    hint = f"{parser.prog} --help lists what there is." if near is None else f"did you mean {near}?"
    return f"{parser.prog} has no {kind} {option!r}: {hint}"

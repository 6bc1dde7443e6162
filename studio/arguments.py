"""The command line's options, and one sentence for whatever is wrong with them.

Light on purpose: `--help` answers before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Container, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from pipelines.attention import CHOICES as ATTENTION
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.errors import InvalidRequest
from pipelines.framing import ANCHORS
from pipelines.infill import FILLS
from pipelines.parts import AREAS, BLENDS, PADDING, SOURCES, VARIATIONS
from pipelines.requests import ImageToImage, Inpaint, Outpaint, Request, TextToImage
from pipelines.resizing import RESIZES
from studio.asking import SIDES
from studio.fine import FINE
from studio.masking import add_masks
from studio.options import (
    aspect,
    choice,
    choices_of,
    length,
    nearest,
    number,
    point,
    sampler,
    size,
    spacing,
    variation,
    whole,
)
from studio.settings import Settings, version

PROGRAM = "diffusion-studio"
KINDS: dict[str, Callable[[str], Any]] = {"number": number, "whole": whole, "text": str}


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
    parser.add_argument("--port", type=whole, default=usual.port, help="port to listen on (%(default)s)")
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
    parser.add_argument("--width", type=whole, metavar="PIXELS", help="width of the picture")
    parser.add_argument("--height", type=whole, metavar="PIXELS", help="height of the picture")
    _add_common(parser, TextToImage)
    return parser


def image_to_image() -> Parser:
    """Options of ``image-to-image``."""
    parser = Parser("image-to-image", "Paint a picture over, keeping as much of it as the strength leaves.")
    _add_picture(parser)
    _add_strength(parser, 0.6)
    parser.add_argument("--width", type=whole, metavar="PIXELS", help="width of the result, with --height")
    parser.add_argument("--height", type=whole, metavar="PIXELS", help="height of the result, with --width")
    parser.add_argument("--resize", type=choice("resize mode", RESIZES), help=choices_of(RESIZES))
    parser.add_argument("--loops", type=whole, metavar="N", help="how often the result is painted over again (1)")
    _add_common(parser, ImageToImage)
    return parser


def inpaint() -> Parser:
    """Options of ``inpaint``."""
    parser = Parser("inpaint", "Repaint what is under a mask; everything else keeps its pixels.")
    _add_picture(parser)
    add_masks(parser, whole, length)
    _add_strength(parser, 1)
    parser.add_argument("--feather", type=whole, metavar="PIXELS", help="width of the soft edge outside the mask (8)")
    parser.add_argument("--grow", type=whole, metavar="PIXELS", help="make the mask larger first, or smaller (0)")
    parser.add_argument("--fill", type=choice("fill", FILLS), help=f"what stands under it: {choices_of(FILLS)}")
    parser.add_argument("--blend", type=choice("blend", BLENDS), help=f"how it is joined: {choices_of(BLENDS)}")
    parser.add_argument("--graded", action="store_true", default=None, help="repaint grey parts by less strength")
    parser.add_argument("--area", type=choice("area", AREAS), help=f"what the model sees: {choices_of(AREAS)}")
    parser.add_argument("--padding", type=whole, metavar="PIXELS", help=f"around masked and closeup ({PADDING})")
    _add_common(parser, Inpaint)
    return parser


def outpaint() -> Parser:
    """Options of ``outpaint``."""
    parser = Parser("outpaint", "Extend a picture beyond its edges.")
    _add_picture(parser)
    for side in SIDES:
        parser.add_argument(f"--{side}", type=length, metavar="N", help="pixels, or N%% of the picture's side (0)")
    parser.add_argument("--to", type=size, metavar="WxH", help="the size of the new canvas, instead of margins")
    parser.add_argument("--aspect", type=aspect, metavar="W:H", help="its aspect, such as 16:9")
    parser.add_argument("--zoom", type=number, metavar="N", help="how many times as long its sides are")
    parser.add_argument("--anchor", type=choice("anchor", ANCHORS), metavar="WHERE", help=choices_of(ANCHORS))
    parser.add_argument("--overlap", type=whole, metavar="PIXELS", help="how far the old picture may be blended (16)")
    _add_strength(parser, 1, full_steps=False)
    parser.add_argument("--fill", type=choice("fill", FILLS), help=f"what stands in the new part: {choices_of(FILLS)}")
    parser.add_argument("--blend", type=choice("blend", BLENDS), help=f"how it is joined: {choices_of(BLENDS)}")
    parser.add_argument("--rolls", type=whole, metavar="N", help="how often a copy of the picture is painted anew (2)")
    parser.add_argument(
        "--anchored", action="store_true", default=None, help="let noise belong to places of the canvas"
    )
    parser.add_argument("--origin", type=point, metavar="X,Y", help="where the picture lies on it (0,0)")
    parser.add_argument("--plan", action="store_true", help="only show what would be done, and how long it would take")
    _add_common(parser, Outpaint)
    return parser


def again() -> Parser:
    """Options of ``again``."""
    parser = Parser("again", "Make a picture anew from the recipe in its file.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a PNG file that the studio wrote")
    parser.add_argument("--out", type=Path, default=Settings().outputs, metavar="DIR", help="where to write it")
    _add_engine(parser, model="that of the recipe")
    return parser


def vary() -> Parser:
    """Options of ``vary``."""
    parser = Parser("vary", "Make pictures near one that the studio made.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a PNG file that the studio wrote")
    parser.add_argument(
        "--how", type=variation, default="subtle", metavar="MUCH", help=f"{' or '.join(VARIATIONS)}, or 0 to 1 (subtle)"
    )
    parser.add_argument("--seed", type=whole, help="of the noise to vary towards; drawn where left out")
    parser.add_argument("--count", type=whole, default=1, help="how many pictures (1)")
    parser.add_argument("--out", type=Path, default=Settings().outputs, metavar="DIR", help="where to write them")
    _add_engine(parser, model="that of the recipe")
    return parser


def look() -> Parser:
    """Options of ``look``."""
    parser = Parser("look", "Show what a model sees of a prompt: its tokens, their weights, step by step.")
    _add_prompt(parser)
    parser.add_argument("--negative", default="", metavar="TEXT", help="what the picture should not show")
    parser.add_argument("--steps", type=whole, help="of a run, for wording that changes on the way")
    parser.add_argument("--seed", type=whole, default=0, help="of the picture whose choices are shown (0)")
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
    "image-to-image": image_to_image,
    "inpaint": inpaint,
    "outpaint": outpaint,
    "again": again,
    "vary": vary,
    "look": look,
    "models": models,
    "doctor": doctor,
}


def _add_prompt(parser: Parser) -> None:
    parser.add_argument("prompt", metavar="PROMPT", help="what the picture should show")


def _add_picture(parser: Parser) -> None:
    parser.add_argument("image", metavar="IMAGE", help="the picture: PNG, JPEG or WebP")
    _add_prompt(parser)


def _add_strength(parser: Parser, usual: float, full_steps: bool = True) -> None:
    parser.add_argument("--strength", type=number, help=f"0 keeps what is there, 1 makes it anew ({usual:g})")
    if full_steps:
        parser.add_argument(
            "--full-steps", action="store_true", default=None, help="take all steps from there, not their last part"
        )


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
        "--attention", type=choice("attention", ATTENTION), default=usual.attention, help=choices_of(ATTENTION)
    )


def _add_common(parser: Parser, kind: type[Request]) -> None:
    """What every picture has; what is left out comes from the model's card."""
    parser.add_argument("--negative", default="", metavar="TEXT", help="what it should not show")
    parser.add_argument("--steps", type=whole, help="how often the noise is estimated")
    parser.add_argument("--guidance", type=number, help="how closely the prompt is followed")
    parser.add_argument("--sampler", type=sampler, help=choices_of(SAMPLERS))
    parser.add_argument("--spacing", type=spacing, help=choices_of(SPACING_LABELS))
    parser.add_argument("--seed", type=whole, help="of the first picture; drawn and told where left out")
    parser.add_argument("--count", type=whole, default=1, help="how many pictures (1)")
    parser.add_argument("--out", type=Path, default=Settings().outputs, metavar="DIR", help="where to write them")
    _add_styles(parser)
    _add_engine(parser)
    _add_fine(parser, {item.name for item in fields(kind)})


def _add_fine(parser: Parser, parts: Container[str]) -> None:
    """What most people never touch: the settings of those parts that the request has."""
    fine = parser.add_argument_group("finer control")
    fine.add_argument("--noise", type=choice("noise source", SOURCES), help=f"where it is drawn: {choices_of(SOURCES)}")
    fine.add_argument("--clip-skip", type=whole, metavar="N", help="text encoder layer, counted from the last (1)")
    for name, row in FINE.items():
        if row.part in parts:
            read = choice(name.replace("_", " "), row.choices) if row.kind == "choice" else KINDS[row.kind]
            fine.add_argument(f"--{name.replace('_', '-')}", type=read, metavar="N", help=row.words)


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
        kind, near = "option", nearest(option, options)
    elif program == PROGRAM:
        kind, near = "command", nearest(option, COMMANDS)
    else:
        return f"{program} has no use for {word!r}: put a prompt of several words in quotes."
    hint = f"{program} --help lists what there is." if near is None else f"did you mean {near}?"
    return f"{program} has no {kind} {option!r}: {hint}"

"""The options of the page, and of those commands that make pictures; ``studio.tending`` has the others.

Light on purpose: `--help` answers before anything heavy is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.framing import ANCHORS
from pipelines.infill import FILLS
from pipelines.parts import AREAS, BLENDS, PADDING, SOURCES, VARIATIONS
from pipelines.requests import ImageToImage, Inpaint, Outpaint, Request, TextToImage
from pipelines.resizing import RESIZES
from studio import tending
from studio.asking import SIDES
from studio.controlling import add_examples
from studio.fine import FINE
from studio.masking import add_masks
from studio.options import (
    aspect,
    choice,
    choices_of,
    length,
    number,
    point,
    sampler,
    scales,
    size,
    spacing,
    variation,
    whole,
)
from studio.parsing import PROGRAM, Parser, add_engine, add_outputs, add_prompt, add_styles, add_vae, add_words
from studio.settings import Settings, version

KINDS: dict[str, Callable[[str], Any]] = {"number": number, "whole": whole, "text": str, "scales": scales}


def page() -> Parser:
    """The options of the page itself, when no command is given."""
    usual = Settings()
    parser = Parser(
        "",
        "Type a prompt, get a picture; paint a mask, change what is under it; widen the canvas, get more picture.",
        COMMANDS,
        usage=f"{PROGRAM} [options]\n       {PROGRAM} COMMAND [options]",
        epilog=f"commands: {', '.join(COMMANDS)}   ({PROGRAM} COMMAND --help says more)",
    )
    parser.add_argument("--host", default=usual.host, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=whole, default=usual.port, help="port to listen on (%(default)s)")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="another name that the studio is reached by"
    )
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="what others sign in with; see --host")
    add_outputs(parser)
    add_words(parser)
    parser.add_argument(
        "--at-once", type=whole, default=usual.at_once, metavar="N", help="jobs that share the engine (%(default)s)"
    )
    parser.add_argument(
        "--patience",
        type=number,
        default=usual.patience,
        metavar="SECONDS",
        help="without a sign of life, after which an engine is ended and started anew (%(default)g)",
    )
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open the page in a browser")
    parser.add_argument("--version", action="version", version=f"Diffusion Studio {version()}")
    add_engine(parser)
    add_vae(parser)
    return parser


def generate() -> Parser:
    """Options of ``generate``."""
    parser = Parser("generate", "Make pictures from a prompt.")
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="what the picture should show")
    parser.add_argument("--prompts", type=Path, metavar="FILE", help="a prompt a line, instead of one")
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
    add_masks(parser)
    _add_strength(parser, 1)
    parser.add_argument("--feather", type=whole, metavar="PIXELS", help="width of the soft edge outside the mask (8)")
    parser.add_argument("--grow", type=whole, metavar="PIXELS", help="make the mask larger first, or smaller (0)")
    parser.add_argument("--fill", type=choice("fill", FILLS), help=f"what stands under it: {choices_of(FILLS)}")
    parser.add_argument("--blend", type=choice("blend", BLENDS), help=f"how it is joined: {choices_of(BLENDS)}")
    parser.add_argument("--graded", action="store_true", default=None, help="repaint grey parts by less strength")
    parser.add_argument("--hiding", type=number, help="how far models that are given the mask see nothing there (1)")
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


def vary() -> Parser:
    """Options of ``vary``."""
    parser = Parser("vary", "Make pictures near one that the studio made.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a PNG file that the studio wrote")
    parser.add_argument(
        "--how", type=variation, default="subtle", metavar="MUCH", help=f"{' or '.join(VARIATIONS)}, or 0 to 1 (subtle)"
    )
    parser.add_argument("--seed", type=whole, help="of the noise to vary towards; drawn where left out")
    parser.add_argument("--count", type=whole, default=1, help="how many pictures (1)")
    add_outputs(parser, "--out", "where to write them")
    add_engine(parser, model="that of the recipe")
    add_vae(parser)
    return parser


COMMANDS: dict[str, Callable[[], Parser]] = {
    "generate": generate,
    "image-to-image": image_to_image,
    "inpaint": inpaint,
    "outpaint": outpaint,
    "vary": vary,
    **tending.COMMANDS,
}


def _add_picture(parser: Parser) -> None:
    parser.add_argument("image", metavar="IMAGE", help="the picture: PNG, JPEG or WebP; or a folder of them")
    add_prompt(parser)


def _add_strength(parser: Parser, usual: float, full_steps: bool = True) -> None:
    parser.add_argument("--strength", type=number, help=f"0 keeps what is there, 1 makes it anew ({usual:g})")
    if full_steps:
        parser.add_argument(
            "--full-steps", action="store_true", default=None, help="take all steps from there, not their last part"
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
    add_examples(parser)
    add_outputs(parser, "--out", "where to write them")
    add_styles(parser)
    add_engine(parser)
    add_vae(parser)
    _add_axes(parser)
    _add_fine(parser, {item.name for item in fields(kind)})


def _add_axes(parser: Parser) -> None:
    """A grid of variants."""
    group = parser.add_argument_group(
        "grid", "a picture for every combination of some settings' values, and a sheet of them"
    )
    for name, place in (("x", "across"), ("y", "down"), ("z", "sheet after sheet")):
        group.add_argument(
            f"--{name}", metavar="AXIS", help=f'{place}: a setting and values, such as "steps: 4-20 [5]"'
        )


def _add_fine(parser: Parser, parts: Container[str]) -> None:
    """What most people never touch: the settings of those parts that the request has."""
    fine = parser.add_argument_group("finer control")
    fine.add_argument("--noise", type=choice("noise source", SOURCES), help=f"where it is drawn: {choices_of(SOURCES)}")
    fine.add_argument(
        "--reuse",
        type=whole,
        metavar="N",
        help="for how many steps the deep layers of Stable Diffusion's network are asked once: 2 or 3 is about twice "
        "as fast, and small details change (1)",
    )
    fine.add_argument("--clip-skip", type=whole, metavar="N", help="text encoder layer, counted from the last (1)")
    for name, row in FINE.items():
        if row.part in parts:
            read = choice(name.replace("_", " "), row.choices) if row.kind == "choice" else KINDS[row.kind]
            fine.add_argument(f"--{name.replace('_', '-')}", type=read, metavar="N", help=row.words)

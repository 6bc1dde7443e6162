"""From the command line's options to what is asked for.  Where they are silent, the model's card speaks."""

from __future__ import annotations

import secrets
from argparse import Namespace
from typing import Any

from pipelines.errors import InvalidRequest
from pipelines.framing import to_aspect, to_size, zoomed_out
from pipelines.parts import VARIATIONS
from pipelines.requests import (
    MAX_SEED,
    ImageToImage,
    Inpaint,
    Margins,
    Outpaint,
    Request,
    Sampling,
    Size,
    TextToImage,
)
from studio import remaking
from studio.controlling import examples_of
from studio.fine import FINE, parts_of
from studio.masking import masked
from studio.models import ModelCard

SIDES = ("left", "top", "right", "bottom")
FRAMES = ("to", "aspect", "zoom")
EDGE = ("strength", "full_steps", "feather", "grow", "fill", "graded", "blend", "hiding", "area", "padding")


def text_to_image(options: Namespace, card: ModelCard) -> TextToImage:
    """``generate PROMPT``."""
    width = card.defaults["width"] if options.width is None else options.width
    height = card.defaults["height"] if options.height is None else options.height
    return TextToImage(**shared(options, card), size=Size(width=width, height=height))


def image_to_image(options: Namespace, card: ModelCard) -> ImageToImage:
    """``image-to-image IMAGE PROMPT``."""
    from studio.library import open_picture

    own = given(options, "strength", "full_steps", "width", "height", "resize", "loops")
    return ImageToImage(**shared(options, card), **own, image=open_picture(options.image))


def inpaint(options: Namespace, card: ModelCard) -> Inpaint:
    """``inpaint IMAGE PROMPT`` and a mask."""
    from studio.library import open_picture

    own = given(
        options, "strength", "full_steps", "feather", "grow", "fill", "graded", "blend", "hiding", "area", "padding"
    )
    image, mask = masked(options, open_picture(options.image))
    return Inpaint(**shared(options, card), **own, image=image, mask=mask)


def outpaint(options: Namespace, card: ModelCard) -> Outpaint:
    """``outpaint IMAGE PROMPT`` and at least one margin, or the canvas that is wanted."""
    from studio.library import open_picture

    own = given(options, "strength", "overlap", "fill", "blend", "anchored", "origin", "rolls")
    image = open_picture(options.image)
    return Outpaint(**shared(options, card), **own, image=image, margins=margins_of(options, image.size))


def margins_of(options: Namespace, size: tuple[int, int]) -> Margins:
    """The margins that were given, or those that make the canvas that was."""
    frames = [name for name in FRAMES if getattr(options, name) is not None]
    sides = [name for name in SIDES if getattr(options, name) is not None]
    if len(frames) > 1 or (frames and sides):
        said = " and ".join(f"--{name}" for name in (*frames, *sides))
        raise InvalidRequest(f"The new canvas is given twice, by {said}: leave all but one of them out.")
    if options.anchor is not None and not frames:
        raise InvalidRequest("--anchor places the picture on a canvas: give --to, --aspect or --zoom as well.")
    anchor = options.anchor or "centre"
    if options.to is not None:
        return to_size(size, options.to, anchor)
    if options.aspect is not None:
        return to_aspect(size, options.aspect, anchor)
    if options.zoom is not None:
        return zoomed_out(size, options.zoom, anchor)
    lengths = {name: getattr(options, name).pixels(size[name in ("top", "bottom")]) for name in sides}
    return Margins(**lengths)


def varied(options: Namespace, request: Request) -> Request:
    """``vary FILE``: the request of a picture, with its noise turned towards another seed's."""
    how = options.how if options.how in VARIATIONS else float(options.how)
    return remaking.varied(request, how, options.count, options.seed)


def shared(options: Namespace, card: ModelCard) -> dict[str, Any]:
    """What every request has."""
    chosen = {name: card.defaults[name] for name in ("steps", "guidance", "sampler", "spacing")}
    chosen |= given(options, *chosen, "noise", "reuse")
    chosen["seed"] = secrets.randbelow(MAX_SEED + 1) if options.seed is None else options.seed
    said = {"prompt": options.prompt, "negative": options.negative, "count": options.count}
    said |= examples_of(options) | {"sampling": Sampling(**chosen)}
    return said | given(options, "clip_skip") | parts_of(given(options, *FINE))


def given(options: Namespace, *names: str) -> dict[str, Any]:
    """The options of these names that the command has and that were given."""
    return {name: value for name in names if (value := getattr(options, name, None)) is not None}

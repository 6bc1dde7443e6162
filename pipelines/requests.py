"""What a person can ask for: frozen, self-validating, the same from the page, the command line and the library.

Importing this module imports neither torch nor Pillow, so that forms and `--help` stay instant.  A request is complete:
together with a model it determines its pictures.  ``Request.to_dict`` leaves pictures out and names them by the SHA-256
of their pixels; ``pipelines.rereading`` is given a function that finds them again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pipelines.checks import (
    MAX_SIDE,
    check_choice,
    check_flag,
    check_number,
    check_picture,
    check_point,
    check_prompt,
    check_whole,
)
from pipelines.controls import EXAMPLES, Control, ImagePrompt, check_examples
from pipelines.errors import InvalidRequest
from pipelines.infill import FILLS
from pipelines.parts import (
    AREAS,
    BLENDS,
    MAX_SEED,
    PADDED,
    PARTS,
    Guiding,
    Hires,
    Margins,
    Sampling,
    Size,
    Tuning,
    Variation,
)
from pipelines.pictures import picture_key, pictures_in, plain_value, upright
from pipelines.resizing import RESIZES

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MAX_SEED", "TASKS", "Guiding", "Hires", "ImageToImage", "Inpaint", "Margins", "Outpaint", "Request", "Sampling",
    "Size", "TextToImage", "Tuning", "Variation",
]  # fmt: skip

MAX_COUNT = 64
MAX_CLIP_SKIP = 12
MAX_LOOPS = 64
IDLE_STRENGTH = "The strength is 0, so nothing would change: raise it towards 1."


@dataclass(frozen=True, kw_only=True)
class Request:
    """What every task shares.  Use one of the subclasses.

    Pictures that say by their EXIF orientation how they are to be turned are turned: they are worked on as people see
    them, masks are of what people see, and results lie as they are.
    ``clip_skip``: the layer of the text encoder whose answer is used, counted from the last, which is 1.
    """

    task: ClassVar[str] = ""

    prompt: str = ""
    negative: str = ""
    count: int = 1
    clip_skip: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    tuning: Tuning = field(default_factory=Tuning)
    guiding: Guiding = field(default_factory=Guiding)
    variation: Variation = field(default_factory=Variation)
    controls: tuple[Control, ...] = ()
    image_prompts: tuple[ImagePrompt, ...] = ()

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            object.__setattr__(self, name, upright(value) if hasattr(value, "getexif") else value)
        check_prompt("prompt", self.prompt)
        check_prompt("negative prompt", self.negative)
        check_whole("count", self.count, 1, MAX_COUNT)
        check_whole("clip skip", self.clip_skip, 1, MAX_CLIP_SKIP)
        for name, kind in EXAMPLES.items():
            object.__setattr__(self, name, check_examples(kind, getattr(self, name)))
        for name, kind in PARTS.items():
            if not isinstance(getattr(self, name, kind()), kind):
                raise InvalidRequest(f"The {name} must be a {kind.__name__}, but is {getattr(self, name)!r}.")
        self.tuning.check_use(self.sampling.sampler, self.sampling.spacing)

    @property
    def idle(self) -> str | None:
        """Why this request would change nothing, in one sentence; None where it does something."""
        return None

    def alone(self, index: int) -> Self:
        """The request that makes picture ``index`` of this one by itself."""
        sampling = dataclasses.replace(self.sampling, seed=self.seed_of(index))
        return dataclasses.replace(self, count=1, sampling=sampling, variation=self.variation.alone(index))

    def of_walk(self, number: int) -> Self:
        """The request for one picture with the noise of its walk ``number``: the first is 0, and varies alone."""
        return dataclasses.replace(self, sampling=self.sampling.of_walk(number), variation=Variation())

    def seed_of(self, index: int) -> int:
        """The seed of picture ``index``; one for all where the variation tells them apart."""
        return self.sampling.seed if self.variation.strength else self.sampling.seed_of(index)

    def pictures(self) -> dict[str, Image]:
        """The pictures this request needs, by the SHA-256 of their pixels."""
        return {picture_key(picture): picture for picture in pictures_in(self)}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: nested settings as objects, pictures as {"sha256": …}."""
        return {"task": self.task} | {name: plain_value(value) for name, value in vars(self).items()}

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces; equal requests give equal text."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def key(self) -> str:
        """SHA-256 of the canonical JSON, as hexadecimal text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class TextToImage(Request):
    """Make a picture from a prompt."""

    task: ClassVar[str] = "text_to_image"

    size: Size = field(default_factory=Size)
    hires: Hires = field(default_factory=Hires)


@dataclass(frozen=True, kw_only=True)
class ImageToImage(Request):
    """Paint a picture over, keeping as much of it as ``strength`` leaves: 0 (unchanged) to 1 (anew).

    ``full_steps``: all steps lead from the level that the strength says; otherwise it is their last part that is taken,
    as A1111 and diffusers do.  ``width`` and ``height``, both or none: the size of the result, brought about as
    ``resize`` says, one of ``RESIZES``.  ``loops``: how many times the result is painted over again (loopback).
    """

    task: ClassVar[str] = "image_to_image"

    image: Image
    strength: float = 0.6
    full_steps: bool = False
    width: int = 0
    height: int = 0
    resize: str = "stretch"
    loops: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_picture("picture", self.image)
        check_number("strength", self.strength, 0.0, 1.0)
        object.__setattr__(self, "strength", float(self.strength))
        check_flag("full_steps", self.full_steps)
        if bool(self.width) != bool(self.height):
            raise InvalidRequest("The new size needs both a width and a height, or none.")
        if self.width:
            Size(width=self.width, height=self.height)
        check_choice("resize mode", self.resize, RESIZES)
        check_whole("loops", self.loops, 1, MAX_LOOPS)

    @property
    def idle(self) -> str | None:
        return IDLE_STRENGTH if self.strength == 0 else None


@dataclass(frozen=True, kw_only=True)
class Inpaint(Request):
    """Repaint what is white in the mask; everything else keeps its pixels byte for byte.

    ``image`` is any PIL image; ``mask`` is mode "L" of the same size, 255 = repaint, 0 = keep.  ``strength`` says how
    far back towards noise the masked part is thrown, 0 (unchanged) to 1 (anew).  ``feather`` is the width in pixels of
    the soft edge outside the mask.  ``grow``: pixels by which the mask is made larger first, or smaller where negative.
    ``fill``: what stands under the mask before the noise comes, one of ``FILLS``.  ``graded``: grey parts of the mask
    are repainted by less strength, the darker the less, instead of by mixing.  ``full_steps``: as in ImageToImage.
    ``blend``: how what was painted is joined to what was kept, one of ``BLENDS``.  ``hiding``: how far the old content
    under the mask is hidden from networks that are given the mask, 0 (they see it) to 1; others never hear of it.

    ``area``: what the model sees of the picture while it works, one of ``AREAS``.  ``padding``: how many pixels of it
    are shown around the mask and its feather, where the area is masked (then at least) or closeup (exactly).
    """

    task: ClassVar[str] = "inpaint"

    image: Image
    mask: Image
    strength: float = 1.0
    feather: int = 8
    grow: int = 0
    fill: str = "original"
    graded: bool = False
    full_steps: bool = False
    blend: str = "automatic"
    hiding: float = 1.0
    area: str = "automatic"
    padding: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_picture("picture", self.image)
        check_picture("mask", self.mask)
        if self.mask.size != self.image.size:
            ours, theirs = "x".join(map(str, self.image.size)), "x".join(map(str, self.mask.size))
            raise InvalidRequest(f"The mask must be as large as the picture, {ours}, but is {theirs}: resize the mask.")
        if self.mask.mode != "L":
            raise InvalidRequest(f"The mask must be grey (mode L: white = repaint), but is mode {self.mask.mode}.")
        check_number("strength", self.strength, 0.0, 1.0)
        object.__setattr__(self, "strength", float(self.strength))
        check_whole("feather", self.feather, 0, 256)
        check_whole("grow", self.grow, -256, 256)
        check_choice("fill", self.fill, FILLS)
        check_flag("graded", self.graded)
        check_flag("full_steps", self.full_steps)
        check_choice("blend", self.blend, BLENDS)
        check_number("hiding", self.hiding, 0.0, 1.0)
        object.__setattr__(self, "hiding", float(self.hiding))
        check_choice("area", self.area, AREAS)
        if self.padding is not None:
            check_whole("padding", self.padding, 0, 1024)
            if self.area not in PADDED:
                raise InvalidRequest(
                    f"The area {self.area!r} has no padding: leave it out, or choose masked or closeup."
                )

    @property
    def idle(self) -> str | None:
        if self.mask.getbbox() is None:
            return "The mask is empty, so nothing would change: paint white over what should be repainted."
        if self.strength == 0:
            return IDLE_STRENGTH
        return None


@dataclass(frozen=True, kw_only=True)
class Outpaint(Request):
    """Extend a picture beyond its edges.

    ``overlap`` is how many pixels of the old picture beside a new margin may be blended into the new part; the rest of
    the old picture keeps its pixels byte for byte.

    ``fill``: what stands in the new part before the noise comes, one of ``FILLS``; with a ``strength`` below 1 some
    of it is kept.  ``blend``: how the new part is joined to the old, one of ``BLENDS``.

    ``anchored``: noise belongs to places of a canvas without bounds, on which the picture's left top corner is at
    ``origin`` (x, y), so that extending left and then right gives the same as right and then left.  The result lies at
    (x - left, y - top).  ``rolls``: how often a new part may be painted anew because it copies the picture.
    """

    task: ClassVar[str] = "outpaint"

    image: Image
    margins: Margins = field(default_factory=Margins)
    overlap: int = 16
    strength: float = 1.0
    fill: str = "mirror"
    blend: str = "automatic"
    anchored: bool = False
    origin: tuple[int, int] = (0, 0)
    rolls: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_picture("picture", self.image)
        check_whole("overlap", self.overlap, 0, 256)
        check_number("strength", self.strength, 0.01, 1.0)
        object.__setattr__(self, "strength", float(self.strength))
        check_choice("fill", self.fill, FILLS)
        check_choice("blend", self.blend, BLENDS)
        check_flag("anchored", self.anchored)
        check_point("origin", self.origin)
        object.__setattr__(self, "origin", tuple(self.origin))
        check_whole("rolls", self.rolls, 0, 10)
        width = self.image.width + self.margins.left + self.margins.right
        height = self.image.height + self.margins.top + self.margins.bottom
        if max(width, height) > MAX_SIDE:
            raise InvalidRequest(
                f"The wider picture would be {width}x{height}; sides may be at most {MAX_SIDE}: use smaller margins."
            )

    @property
    def idle(self) -> str | None:
        if not self.margins:
            return "All margins are 0, so nothing would change: give at least one side some pixels."
        return None


TASKS: dict[str, type[Request]] = {kind.task: kind for kind in (TextToImage, ImageToImage, Inpaint, Outpaint)}

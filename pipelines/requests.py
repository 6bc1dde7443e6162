"""What a person can ask for: frozen, self-validating, the same from the page, the command line and the library.

Importing this module imports neither torch nor Pillow, so that forms and `--help` stay instant.  A request is complete:
together with a model it determines its pictures.  ``Request.to_dict`` leaves pictures out and names them by the SHA-256
of their pixels; ``from_dict`` is given a function that finds them again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.checks import MAX_SIDE, check_choice, check_number, check_picture, check_prompt, check_whole
from pipelines.errors import InvalidRequest
from pipelines.infill import FILLS
from pipelines.parts import MAX_SEED, PARTS, Guiding, Margins, Sampling, Size, Tuning, Variation

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MAX_SEED", "TASKS", "Guiding", "Inpaint", "Margins", "Outpaint", "Request", "Sampling", "Size", "TextToImage",
    "Tuning", "Variation", "from_dict", "picture_key",
]  # fmt: skip

MAX_COUNT = 64
MAX_CLIP_SKIP = 12


def picture_key(picture: Image) -> str:
    """SHA-256 of a picture's mode, size and pixels, as hexadecimal text."""
    head = f"{picture.mode} {picture.width}x{picture.height}\n".encode()
    colours = picture.palette.tobytes() + repr(picture.info.get("transparency")).encode() if picture.palette else b""
    return hashlib.sha256(head + picture.tobytes() + colours).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What every task shares.  Use one of the subclasses.

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

    def __post_init__(self) -> None:
        check_prompt("prompt", self.prompt)
        check_prompt("negative prompt", self.negative)
        check_whole("count", self.count, 1, MAX_COUNT)
        check_whole("clip skip", self.clip_skip, 1, MAX_CLIP_SKIP)
        for name, kind in PARTS.items():
            if not isinstance(getattr(self, name, kind()), kind):
                raise InvalidRequest(f"The {name} must be a {kind.__name__}, but is {getattr(self, name)!r}.")
        self.tuning.check_use(self.sampling.sampler, self.sampling.spacing)

    @property
    def idle(self) -> str | None:
        """Why this request would change nothing, in one sentence; None where it does something."""
        return None

    def alone(self, index: int) -> Request:
        """The request that makes picture ``index`` of this one by itself."""
        sampling = dataclasses.replace(self.sampling, seed=self.seed_of(index))
        return dataclasses.replace(self, count=1, sampling=sampling, variation=self.variation.alone(index))

    def seed_of(self, index: int) -> int:
        """The seed of picture ``index``; one for all where the variation tells them apart."""
        return self.sampling.seed if self.variation.strength else self.sampling.seed_of(index)

    def pictures(self) -> dict[str, Image]:
        """The pictures this request needs, by the SHA-256 of their pixels."""
        return {picture_key(value): value for value in vars(self).values() if hasattr(value, "tobytes")}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: nested settings as objects, pictures as {"sha256": …}."""
        return {"task": self.task} | {name: _plain(value) for name, value in vars(self).items()}

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


@dataclass(frozen=True, kw_only=True)
class Inpaint(Request):
    """Repaint what is white in the mask; everything else keeps its pixels byte for byte.

    ``image`` is any PIL image; ``mask`` is mode "L" of the same size, 255 = repaint, 0 = keep.  ``strength`` says how
    far back towards noise the masked part is thrown, 0 (unchanged) to 1 (anew).  ``feather`` is the width in pixels of
    the soft edge outside the mask.  ``grow``: pixels by which the mask is made larger first, or smaller where negative.
    ``fill``: what stands under the mask before the noise comes, one of ``FILLS``.  ``graded``: grey parts of the mask
    are repainted by less strength, the darker the less, instead of by mixing.
    """

    task: ClassVar[str] = "inpaint"

    image: Image
    mask: Image
    strength: float = 1.0
    feather: int = 8
    grow: int = 0
    fill: str = "original"
    graded: bool = False

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
        if not isinstance(self.graded, bool):
            raise InvalidRequest(f"graded must be true or false, but is {self.graded!r}.")

    @property
    def idle(self) -> str | None:
        if self.mask.getbbox() is None:
            return "The mask is empty, so nothing would change: paint white over what should be repainted."
        if self.strength == 0:
            return "The strength is 0, so nothing would change: raise it towards 1."
        return None


@dataclass(frozen=True, kw_only=True)
class Outpaint(Request):
    """Extend a picture beyond its edges.

    ``overlap`` is how many pixels of the old picture beside a new margin may be blended into the new part; the rest of
    the old picture keeps its pixels byte for byte.
    """

    task: ClassVar[str] = "outpaint"

    image: Image
    margins: Margins = field(default_factory=Margins)
    overlap: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        check_picture("picture", self.image)
        check_whole("overlap", self.overlap, 0, 256)
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


TASKS: dict[str, type[Request]] = {kind.task: kind for kind in (TextToImage, Inpaint, Outpaint)}


def from_dict(data: Mapping[str, Any], find: Callable[[str], Image] | None = None) -> Request:
    """The request that ``to_dict`` described; ``find`` turns the SHA-256 of a picture into the picture."""
    if not isinstance(data, Mapping) or not isinstance(data.get("task"), str) or data["task"] not in TASKS:
        raise InvalidRequest(f'A request names one of the tasks {", ".join(TASKS)} under "task"; this one does not.')
    kind = TASKS[data["task"]]
    known = {item.name for item in dataclasses.fields(kind)}
    values = {}
    for name, value in data.items():
        if name == "task":
            continue
        if name not in known:
            raise InvalidRequest(f"{data['task']} has no setting {name!r}; it has {', '.join(sorted(known))}.")
        values[name] = _read(name, value, find)
    needed = {item.name for item in dataclasses.fields(kind) if _has_no_default(item)}
    if needed - set(values):
        raise InvalidRequest(f"The {data['task']} request lacks its {' and '.join(sorted(needed - set(values)))}.")
    return kind(**values)


def _has_no_default(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _read(name: str, value: Any, find: Callable[[str], Image] | None) -> Any:
    if name in PARTS:
        try:
            return PARTS[name](**value)
        except TypeError as error:
            raise InvalidRequest(f"The {name} of the request cannot be read: {error}.") from error
    if isinstance(value, Mapping) and "sha256" in value:
        if find is None:
            raise InvalidRequest("The request needs its pictures beside it; open it from a library that has them.")
        return find(value["sha256"])
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "tobytes"):
        return {"sha256": picture_key(value)}
    return value

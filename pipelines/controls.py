"""Pictures that a model is shown beside the words, as parts of a request: frozen, self-validating, torch-free."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.checks import check_choice, check_number, check_picture
from pipelines.errors import InvalidRequest
from pipelines.pictures import upright

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_WEIGHT = 2.0
MOST = 4
"""Pictures of a kind that a request may have."""


def _edges(picture: Image) -> Image:
    from pipelines.edges import edges

    return edges(picture)


PREPARATIONS: dict[str, tuple[str, Callable[[Image], Image]]] = {
    "none": ("as it is", lambda picture: picture),
    "edges": ("its edges, as white lines on black", _edges),
}
"""What is made of a picture before the ControlNet sees it: in words, and how; RGB to RGB."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """What ``name`` of the shelf is shown: ``image``.  Use one of the subclasses.

    ``weight``: how much it has to say, 0 to 2.  It is on from ``start`` to ``end``, shares of the steps, as diffusers
    counts them.
    """

    what: ClassVar[str]
    """What sentences call it."""
    reader: ClassVar[str]
    """And the file that is shown it."""

    image: Image
    name: str
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        check_picture(f"picture for the {self.reader}", self.image)
        object.__setattr__(self, "image", upright(self.image))
        if not isinstance(self.name, str) or not self.name.strip():
            raise InvalidRequest(f"Each {self.what} needs the name of its {self.reader}, but one has {self.name!r}.")
        for name, high in (("weight", MOST_WEIGHT), ("start", 1.0), ("end", 1.0)):
            check_number(f"{self.what} {name}", getattr(self, name), 0.0, high)
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.start >= self.end:
            raise InvalidRequest(
                f"Each {self.what} must start before it ends, but one is set from {self.start} to {self.end}."
            )

    def is_on(self, step: int, steps: int) -> bool:
        """Whether it is on in ``step``, from 1, of ``steps``."""
        return (step - 1) / steps >= self.start and step / steps <= self.end


@dataclass(frozen=True, kw_only=True)
class Control(Example):
    """A ControlNet is shown a picture that stands for the whole picture that is made: where things shall be.

    ``preparation``: what is made of the image first, one of ``PREPARATIONS``.
    """

    what = "control"
    reader = "ControlNet"

    preparation: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("preparation", self.preparation, PREPARATIONS)

    def prepare(self, picture: Image) -> Image:
        """What the ControlNet is to see of a picture, at the size at which it sees it, RGB."""
        return PREPARATIONS[self.preparation][1](picture.convert("RGB"))


@dataclass(frozen=True, kw_only=True)
class ImagePrompt(Example):
    """An IP-Adapter is shown a picture that stands beside the words: what the new one shall be like."""

    what = "image prompt"
    reader = "IP-Adapter"


EXAMPLES: dict[str, type[Example]] = {"controls": Control, "image_prompts": ImagePrompt}
"""What a request calls them."""


def check_examples(kind: type[Example], given: Any) -> tuple[Any, ...]:
    """Those of a request; InvalidRequest for anything else."""
    if not isinstance(given, tuple | list) or not all(isinstance(each, kind) for each in given):
        raise InvalidRequest(f"The {kind.what}s must be a list of {kind.__name__}, but are {given!r}.")
    if len(given) > MOST:
        raise InvalidRequest(f"There may be {MOST} {kind.what}s at a time, but there are {len(given)}.")
    return tuple(given)


def read_examples(kind: type[Example], data: Any, find: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Those of plain data; ``find`` gives the picture that stands in it by its hash."""
    known = {item.name for item in dataclasses.fields(kind)}
    if not isinstance(data, list | tuple) or not all(isinstance(each, Mapping) for each in data):
        raise InvalidRequest(f"The {kind.what}s must be a list of objects, but are {data!r}.")
    for each in data:
        if not {"image", "name"} <= each.keys() <= known:
            raise InvalidRequest(f"Each {kind.what} has {', '.join(sorted(known))}; one has {', '.join(sorted(each))}.")
    return tuple(kind(**{name: find(value) for name, value in each.items()}) for each in data)

"""Pictures that a ControlNet is shown, as a part of a request: frozen, self-validating, torch-free."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.checks import check_choice, check_number, check_picture
from pipelines.errors import InvalidRequest
from pipelines.pictures import upright

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_CONTROLS = 4
MOST_WEIGHT = 2.0


def _edges(picture: Image) -> Image:
    from pipelines.edges import edges

    return edges(picture)


PREPARATIONS: dict[str, tuple[str, Callable[[Image], Image]]] = {
    "none": ("as it is", lambda picture: picture),
    "edges": ("its edges, as white lines on black", _edges),
}
"""What is made of a picture before the ControlNet sees it: in words, and how; RGB to RGB."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """The ControlNet ``name`` of the shelf is shown ``image``, which stands for the whole picture that is made.

    ``weight``: how much it has to say, 0 to 2.  It is on from ``start`` to ``end``, shares of the steps, as diffusers
    counts them.  ``preparation``: what is made of the image first, one of ``PREPARATIONS``.
    """

    image: Image
    name: str
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    preparation: str = "none"

    def __post_init__(self) -> None:
        check_picture("picture for the ControlNet", self.image)
        object.__setattr__(self, "image", upright(self.image))
        if not isinstance(self.name, str) or not self.name.strip():
            raise InvalidRequest(f"A control needs the name of its ControlNet, but has {self.name!r}.")
        for name, high in (("weight", MOST_WEIGHT), ("start", 1.0), ("end", 1.0)):
            check_number(f"control {name}", getattr(self, name), 0.0, high)
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.start >= self.end:
            raise InvalidRequest(f"A control must start before it ends, but is set from {self.start} to {self.end}.")
        check_choice("preparation", self.preparation, PREPARATIONS)

    def is_on(self, step: int, steps: int) -> bool:
        """Whether it is on in ``step``, from 1, of ``steps``."""
        return (step - 1) / steps >= self.start and step / steps <= self.end

    def prepare(self, picture: Image) -> Image:
        """What the ControlNet is to see of a picture, at the size at which it sees it, RGB."""
        return PREPARATIONS[self.preparation][1](picture.convert("RGB"))


def check_controls(controls: Any) -> tuple[Control, ...]:
    """The controls of a request; InvalidRequest for anything else."""
    if not isinstance(controls, tuple | list) or not all(isinstance(each, Control) for each in controls):
        raise InvalidRequest(f"The controls must be a list of Control, but are {controls!r}.")
    if len(controls) > MOST_CONTROLS:
        raise InvalidRequest(f"There may be {MOST_CONTROLS} controls at a time, but there are {len(controls)}.")
    return tuple(controls)


def read_controls(data: Any, find: Callable[[Any], Any]) -> tuple[Control, ...]:
    """The controls of plain data; ``find`` gives the picture that stands in it by its hash."""
    known = {item.name for item in dataclasses.fields(Control)}
    if not isinstance(data, list | tuple) or not all(isinstance(each, Mapping) for each in data):
        raise InvalidRequest(f"The controls must be a list of objects, but are {data!r}.")
    for each in data:
        if not {"image", "name"} <= each.keys() <= known:
            raise InvalidRequest(f"A control has {', '.join(sorted(known))}; this one has {', '.join(sorted(each))}.")
    return tuple(Control(**{name: find(value) for name, value in each.items()}) for each in data)

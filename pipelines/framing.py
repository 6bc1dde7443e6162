"""What margins make a picture into a given canvas: of a size, of an aspect, or seen from further away.  No torch."""

from __future__ import annotations

import math

from pipelines.checks import check_choice, check_number
from pipelines.errors import InvalidRequest
from pipelines.parts import Margins, Size

ANCHORS: dict[str, tuple[float, float]] = {
    "top left": (0.0, 0.0), "top": (0.5, 0.0), "top right": (1.0, 0.0),
    "left": (0.0, 0.5), "centre": (0.5, 0.5), "right": (1.0, 0.5),
    "bottom left": (0.0, 1.0), "bottom": (0.5, 1.0), "bottom right": (1.0, 1.0),
}  # fmt: skip
"""Where the old picture stands on the new canvas: its share of the room to the left, and above."""


def to_size(size: tuple[int, int], target: tuple[int, int], anchor: str = "centre") -> Margins:
    """The margins that make a picture of ``size`` (width, height) into one of the ``target`` size."""
    check_choice("anchor", anchor, ANCHORS)
    Size(width=target[0], height=target[1])
    if target[0] < size[0] or target[1] < size[1]:
        ours, theirs = ("x".join(map(str, pair)) for pair in (size, target))
        raise InvalidRequest(
            f"A canvas can only grow: the picture is {ours}, so {theirs} is too small. Crop or reduce it first."
        )
    across, down = (target[0] - size[0], target[1] - size[1])
    left, top = (round(share * room) for share, room in zip(ANCHORS[anchor], (across, down), strict=True))
    return Margins(left=left, top=top, right=across - left, bottom=down - top)


def to_aspect(size: tuple[int, int], aspect: tuple[float, float], anchor: str = "centre") -> Margins:
    """The margins of the smallest canvas of an ``aspect`` (width, height), to a pixel, that holds the picture."""
    for name, value in zip(("width", "height"), aspect, strict=True):
        check_number(f"{name} of the aspect", value, 0.01, 10_000)
    wide, high = aspect
    target = max(size[0], round(size[1] * wide / high)), max(size[1], round(size[0] * high / wide))
    return to_size(size, target, anchor)


def zoomed_out(size: tuple[int, int], factor: float, anchor: str = "centre") -> Margins:
    """The margins of a canvas whose sides are ``factor`` (1 to 16) times as long."""
    check_number("zoom", factor, 1.0, 16.0)
    return to_size(size, (math.ceil(size[0] * factor), math.ceil(size[1] * factor)), anchor)

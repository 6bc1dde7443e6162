"""Masks drawn with lines and shapes, to be painted at any size, and the JSON that holds them.

    {"unit": "shares",
     "marks": [{"kind": "stroke", "points": [[0.2, 0.3], [0.4, 0.35]], "width": 0.05, "hardness": 0.7},
               {"kind": "polygon", "points": [[0.5, 0.5], [0.9, 0.6], [0.7, 0.9]]},
               {"kind": "rectangle", "points": [[0.1, 0.6], [0.3, 0.8]]},
               {"kind": "ellipse", "points": [[0.15, 0.65], [0.25, 0.75]], "erase": true}]}

Points are [x, y] from the upper left corner of the picture.  In ``shares`` x counts its width, y its height and the
width of a stroke its shorter side; in ``pixels`` all count pixels, those of a picture of ``"size": [width, height]``
where that is given, so that it may be another one than the mask is for.  A rectangle and an ellipse are given by two
opposite corners.  ``hardness``: the share of a stroke's half width that is white throughout, before it fades (1).
Marks are made in order; one with ``erase`` takes away.  Edges are anti-aliased: a pixel is as white as it is covered.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipelines.checks import MAX_SIDE, check_choice, check_flag, check_number, check_whole
from pipelines.coverage import brushed, ellipse, enclosed, rectangle
from pipelines.errors import InvalidRequest

MAX_MARKS = 2000
MAX_POINTS = 20_000
UNITS = {"shares": "of the picture", "pixels": "of the picture, or of one of the size that is given"}


@dataclass(frozen=True)
class Kind:
    """A row of the table: how few and how many points a mark of this kind has, and what its outline is.

    ``outline``: points (n, 2) → the corners (m, 2) of what is filled; None for a line that is brushed.
    """

    least: int
    most: int
    outline: Callable[[np.ndarray], np.ndarray] | None


KINDS = {
    "stroke": Kind(1, MAX_POINTS, None),
    "polygon": Kind(3, MAX_POINTS, lambda points: points),
    "rectangle": Kind(2, 2, rectangle),
    "ellipse": Kind(2, 2, ellipse),
}


@dataclass(frozen=True)
class Mark:
    """One movement of the hand; its lengths are of the unit of the strokes that it belongs to."""

    kind: str
    points: tuple[tuple[float, float], ...]
    width: float | None = None
    hardness: float = 1.0
    erase: bool = False

    def __post_init__(self) -> None:
        check_choice("kind of mark", self.kind, KINDS)
        check_flag("erase", self.erase)
        row = KINDS[self.kind]
        if not row.least <= len(self.points) <= row.most:
            few = f"{row.least}" if row.least == row.most else f"{row.least} to {row.most:,}"
            raise InvalidRequest(f"{self.kind.capitalize()}s have {few} points, but this one has {len(self.points):,}.")
        for point in self.points:
            _check_point(point)
        if (self.width is None) == (self.kind == "stroke"):
            raise InvalidRequest("A stroke needs a width, and no other mark has one.")
        check_number("width", 0.0 if self.width is None else self.width, 0.0, 2.0 * MAX_SIDE)
        check_number("hardness", self.hardness, 0.0, 1.0)


@dataclass(frozen=True)
class Strokes:
    """Marks in the order they were made in.  ``size``: (width, height) of the picture that pixels are those of."""

    marks: tuple[Mark, ...]
    unit: str = "shares"
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        check_choice("unit", self.unit, UNITS)
        if self.size is not None:
            if self.unit != "pixels":
                raise InvalidRequest("Strokes have a size only where their unit is pixels: leave it out.")
            for side in self.size:
                check_whole("side of the size", side, 1, MAX_SIDE)
        count = sum(len(mark.points) for mark in self.marks)
        if len(self.marks) > MAX_MARKS or count > MAX_POINTS:
            raise InvalidRequest(
                f"The strokes have {len(self.marks):,} marks and {count:,} points, but may have at most "
                f"{MAX_MARKS:,} and {MAX_POINTS:,}: draw simpler ones."
            )

    def mask(self, width: int, height: int) -> Image.Image:
        """The mask (mode L) of so many pixels."""
        values = np.zeros((height, width), np.uint8)
        across, down = self._unit(width, height)
        for mark in self.marks:
            points = np.array(mark.points, dtype=np.float64) * (across, down)
            _make(values, mark, points, (mark.width or 0.0) * min(across, down))
        return Image.fromarray(values)

    def _unit(self, width: int, height: int) -> tuple[float, float]:
        """How many pixels of a mask of this size one of the unit is, across and down."""
        if self.unit == "shares":
            return width, height
        return (1.0, 1.0) if self.size is None else (width / self.size[0], height / self.size[1])


def _make(values: np.ndarray, mark: Mark, points: np.ndarray, width: float) -> None:
    """Make one mark on the values (height, width) of a mask; points and width are in its pixels."""
    size = np.array(values.shape[::-1])
    if (points < -size).any() or (points > 2 * size).any():
        raise InvalidRequest(
            f"The {mark.kind} lies far outside the picture: give its points in the unit of the strokes."
        )
    outline = KINDS[mark.kind].outline
    corners = points if outline is None else outline(points)
    left, top = np.clip(np.floor(corners.min(0) - width / 2 - 1).astype(int), 0, size)
    right, bottom = np.clip(np.ceil(corners.max(0) + width / 2 + 1).astype(int), 0, size)
    if right <= left or bottom <= top:
        return
    part, corners = values[top:bottom, left:right], corners - (left, top)
    cover = enclosed(corners, part.shape) if outline else brushed(corners, width, mark.hardness, part.shape)
    shade = np.rint(cover * 255).astype(np.uint8)
    part[:] = np.minimum(part, 255 - shade) if mark.erase else np.maximum(part, shade)


def read(text: str) -> Strokes:
    """Strokes from their JSON; InvalidRequest where it is of another form."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The strokes are not JSON ({error}): save them again.") from error
    given = _fields("the JSON of strokes", data, Strokes)
    if not isinstance(given.get("marks"), list):
        raise InvalidRequest('The strokes need a list of "marks", each with a kind and points.')
    marks = tuple(_mark(number, mark) for number, mark in enumerate(given.pop("marks"), 1))
    if given.get("size") is not None:
        if not isinstance(given["size"], list) or len(given["size"]) != 2:
            raise InvalidRequest(f"The size of the strokes must be [width, height], but is {given['size']!r}.")
        given["size"] = tuple(given["size"])
    return Strokes(marks, **given)


def _mark(number: int, data: Any) -> Mark:
    try:
        given = _fields("a mark", data, Mark)
        if not isinstance(given.get("points"), list) or "kind" not in given:
            raise InvalidRequest("A mark needs a kind and a list of points.")
        points = tuple(tuple(point) if isinstance(point, list) else point for point in given.pop("points"))
        return Mark(points=points, **given)
    except InvalidRequest as error:
        reason = str(error)
        raise InvalidRequest(f"Mark {number} of the strokes: {reason[0].lower()}{reason[1:]}") from error


def _fields(name: str, data: Any, kind: type[Any]) -> dict[str, Any]:
    """The fields of an object of JSON, none of them unknown to the dataclass it is to become."""
    if not isinstance(data, Mapping):
        raise InvalidRequest(f"There must be names and values in {name}, but it is {type(data).__name__}.")
    known = [item.name for item in dataclasses.fields(kind)]
    for field in data:
        if field not in known:
            raise InvalidRequest(f"There is no {field!r} in {name}: there is {', '.join(known)}.")
    return dict(data)


def _check_point(point: Any) -> None:
    if not isinstance(point, tuple) or len(point) != 2:
        raise InvalidRequest(f"A point must be [x, y], but is {point!r}.")
    for value in point:
        check_number("coordinate", value, -MAX_SIDE, 2.0 * MAX_SIDE)

"""A request and up to three axes: a request for each cell, in the order in which they are made and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from pipelines.errors import InvalidRequest
from pipelines.requests import Request
from studio.grids.axes import Axis

MOST_AXES = 3
MOST_CELLS = 400


@dataclass(frozen=True)
class Grid:
    """``axes``: across, down, and sheet after sheet; one to three.  ``requests``: row by row, each for one picture."""

    axes: tuple[Axis, ...]
    requests: tuple[Request, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows and sheets."""
        columns, rows, sheets = (*(len(axis.values) for axis in self.axes), 1, 1)[:MOST_AXES]
        return columns, rows, sheets

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """What is written beside each axis's values."""
        return tuple(axis.labels for axis in self.axes)


def spread(request: Request, axes: Sequence[Axis]) -> Grid:
    """Every combination of the axes' values; InvalidRequest where the request cannot be varied so."""
    _check(request, axes)
    requests = []
    for places in product(*(range(len(axis.values)) for axis in reversed(axes))):
        cell = request
        for axis, place in zip(axes, reversed(places), strict=True):
            cell = axis.at(cell, place)
        requests.append(cell)
    return Grid(tuple(axes), tuple(requests))


def check_axes(axes: Sequence[Axis]) -> None:
    """InvalidRequest where these axes make no grid, of whatever request."""
    if not 1 <= len(axes) <= MOST_AXES:
        raise InvalidRequest(f"A grid has one to {MOST_AXES} axes, but {len(axes)} were given.")
    names = [axis.name for axis in axes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidRequest(f"The grid varies {' and '.join(twice)} twice: give each axis a setting of its own.")
    cells = prod(len(axis.values) for axis in axes)
    if cells > MOST_CELLS:
        raise InvalidRequest(f"The grid has {cells} cells; {MOST_CELLS} are the most: leave some values out.")


def _check(request: Request, axes: Sequence[Axis]) -> None:
    check_axes(axes)
    if request.count != 1:
        raise InvalidRequest("A grid has one picture a cell: make the count 1; seed can be an axis of its own.")
    for axis in axes:
        axis.check(request)

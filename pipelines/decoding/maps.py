"""A feature map that gives any of its rows, and what a pass over all of its bands gathers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

AT_ONCE = {"cpu": 2**22, "cuda": 2**26}
"""Numbers in a band: on a processor as many as it has cache for, on a GPU as many as keep it busy."""

ROOM = 8
"""Rows that stay free above a stored map, for those that will take its place."""


class Unwanted(Exception):
    """Nobody waits for the picture any more."""


@dataclass(frozen=True)
class Manner:
    """How to decode.  ``sparing``: what is large is computed twice rather than stored.  ``go_on``: asked between two
    bands whether anybody still waits."""

    sparing: bool
    go_on: Callable[[], bool]

    def bands(self, map: Map) -> Iterator[tuple[int, int]]:
        """The first row of each band, and that behind its last; Unwanted as soon as nobody waits any more."""
        at_once = AT_ONCE.get(map.device.type, AT_ONCE["cpu"])
        rows = max(at_once // (map.width * map.widest) // 2 * 2, 2)
        for top in range(0, map.height, rows):
            if not self.go_on():
                raise Unwanted
            yield top, min(top + rows, map.height)


@dataclass(frozen=True)
class Spread:
    """Of each channel over all of a map, float64 on the processor: its ``mean`` and its ``variance``, [channels]."""

    mean: Tensor
    variance: Tensor

    def of_groups(self, groups: int) -> Spread:
        """The same of each group of channels, told for each channel."""
        means, variances = self.mean.view(groups, -1), self.variance.view(groups, -1)
        mean = means.mean(1, keepdim=True)
        variance = (variances + (means - mean).square()).mean(1, keepdim=True)
        return Spread(mean.expand_as(means).flatten(), variance.expand_as(means).flatten())


@dataclass(frozen=True)
class Stored:
    """Where a map lies: in ``tensor`` [rows, width, channels], from row ``top`` on."""

    tensor: Tensor
    top: int


@dataclass(frozen=True)
class Map:
    """``rows(top, bottom)`` gives those rows, [bottom - top, width, channels], which must not be changed.

    They are read from where they are ``stored``, or are computed whenever they are asked for, out of maps of at most
    ``widest`` channels.  ``spread``: once it has been surveyed.
    """

    height: int
    width: int
    channels: int
    device: torch.device
    rows: Callable[[int, int], Tensor]
    widest: int
    stored: Stored | None = None
    spread: Spread | None = None

    def around(self, top: int, bottom: int) -> Tensor:
        """Rows of which some may lie beyond the edges, where there is nothing but zeros."""
        inside = self.rows(max(top, 0), min(bottom, self.height))
        above, below = max(-top, 0), max(bottom - self.height, 0)
        return torch.nn.functional.pad(inside, (0, 0, 0, 0, above, below)) if above or below else inside


def lying(stored: Stored, height: int, spread: Spread | None = None) -> Map:
    """The map of so many rows that lies there."""
    tensor, top = stored.tensor, stored.top
    width, channels = tensor.shape[1:]
    return Map(
        height=height,
        width=width,
        channels=channels,
        device=tensor.device,
        rows=lambda first, last: tensor[top + first : top + last],
        widest=channels,
        stored=stored,
        spread=spread,
    )


def place_for(map: Map, dtype: torch.dtype) -> Stored:
    """A place to store such a map in, with room above it."""
    return Stored(torch.empty(ROOM + map.height, map.width, map.channels, dtype=dtype, device=map.device), ROOM)


def surveyed(map: Map, manner: Manner, into: Stored | None = None) -> Map:
    """The map with its spread, after one pass over it; from now on it lies ``into`` that place, if there is one.

    The place may be that of a map which ``map`` is computed from, as many rows further up as it looks at beyond its
    own: what is written then has been read for the last time.

    Each band's mean and squares about it are taken in float32 and put together in float64 (Chan, Golub and LeVeque
    1979), so large means do not swallow small variances.
    """
    counts, means, squares = [], [], []
    for top, bottom in manner.bands(map):
        rows = map.rows(top, bottom)
        pixels = rows.flatten(0, 1).float()
        mean = pixels.mean(0)
        counts.append(len(pixels))
        means.append(mean)
        squares.append((pixels - mean).square_().sum(0))
        if into is not None:
            into.tensor[into.top + top : into.top + bottom] = rows
    spread = _put_together(counts, torch.stack(means).cpu().double(), torch.stack(squares).cpu().double())
    return replace(map, spread=spread) if into is None else lying(into, map.height, spread)


def _put_together(counts: list[int], means: Tensor, squares: Tensor) -> Spread:
    """The spread of the whole out of how many pixels each band has, their means and their squares about those."""
    weights = torch.tensor(counts, dtype=torch.float64)[:, None]
    mean = (weights * means).sum(0) / weights.sum()
    variance = (squares + weights * (means - mean).square()).sum(0) / weights.sum()
    return Spread(mean, variance)

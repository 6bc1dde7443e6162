"""Which known pixel is nearest to each pixel of a hole, and what it gives: its own colour, or a mirror's place."""

from __future__ import annotations

import torch
from torch import Tensor

LINES = 32
"""Lines that are searched at a time: few enough to stay in a processor's cache."""


def drawn_out(pixels: Tensor, hole: Tensor) -> Tensor:
    """The hole filled with the colour of the known pixel nearest to each place; (3, h, w) and (1, h, w)."""
    rows, columns = nearest(hole)
    return pixels[:, rows, columns]


def mirrored(pixels: Tensor, hole: Tensor) -> Tensor:
    """The hole filled with what lies as deep in the known part as each place lies in the hole.

    A place is reflected in the known pixel nearest to it, at the picture's edge back inwards, and where it comes out in
    a hole again it takes the pixel nearest to that.
    """
    height, width = hole.shape[1:]
    rows, columns = nearest(hole)
    down, across = torch.arange(height, device=hole.device)[:, None], torch.arange(width, device=hole.device)
    there = _folded(2 * rows - down, height), _folded(2 * columns - across, width)
    return pixels[:, rows[there], columns[there]]


def nearest(hole: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column, (h, w) each, of the known pixel nearest to each place; a known pixel is its own.

    Exact, by squared Euclidean distance: first the nearest in each column, then the best of the columns to either side
    (Felzenszwalb and Huttenlocher 2012 name the two passes).  Among equals the pixel furthest left is taken.  At least
    one pixel must be known.
    """
    rows = _nearest_in_column(hole[0] == 0)
    depth = (rows - torch.arange(len(rows), device=hole.device)[:, None]).square()
    columns = torch.cat([_best_column(lines) for lines in depth.split(LINES)])
    return rows.gather(1, columns), columns


def _best_column(depth: Tensor) -> Tensor:
    """For each place of some lines the column with the nearest known pixel, by the squared ``depth`` of that in it.

    Distance first, then column, make one number, exact in double precision: to compare it is to choose.
    """
    width = depth.shape[1]
    ranked = depth.double() * width + torch.arange(width, device=depth.device)
    best = ranked.clone()
    for step in range(1, width):
        further = step * step * width
        if further > float(best.max()):
            break
        torch.minimum(best[:, step:], ranked[:, :-step] + further, out=best[:, step:])
        torch.minimum(best[:, :-step], ranked[:, step:] + further, out=best[:, :-step])
    return best.long() % width


def _nearest_in_column(known: Tensor) -> Tensor:
    """The row of the nearest known pixel in each column, (h, w); far outside the picture where a column has none."""
    height, width = known.shape
    far = 4 * (height + width)
    down = torch.arange(height, device=known.device)[:, None]
    above = torch.where(known, down, -far).cummax(0).values
    below = torch.where(known, down, far).flip(0).cummin(0).values.flip(0)
    return torch.where(down - above <= below - down, above, below)


def _folded(places: Tensor, size: int) -> Tensor:
    """Places beyond 0 … ``size`` - 1 reflected back inwards, as often as it takes."""
    period = max(2 * (size - 1), 1)
    places = places % period
    return torch.where(places < size, places, period - places)

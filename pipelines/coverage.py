"""How much of each pixel a shape covers: what anti-aliasing is.  Coordinates are [x, y], of pixels' corners."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

FLATNESS = 0.01
"""Pixels by which the corners that stand for an ellipse may leave its edge."""


def rectangle(points: np.ndarray) -> np.ndarray:
    """The four corners between two opposite ones, (2, 2) → (4, 2)."""
    (left, top), (right, bottom) = points
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def ellipse(points: np.ndarray) -> np.ndarray:
    """Corners (n, 2) of the ellipse within two opposite corners (2, 2), as many as it takes to look round."""
    middle, radii = points.mean(0), np.abs(points[1] - points[0]) / 2
    count = max(8, math.ceil(math.pi * math.sqrt(radii.max() / (2 * FLATNESS))))
    angles = np.arange(count) * (2 * math.pi / count)
    return middle + radii * np.stack([np.cos(angles), np.sin(angles)], 1)


def enclosed(corners: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The share of each pixel, (height, width), that a polygon (n, 2) encloses, exactly where it does not cross itself.

    Every edge is cut where it goes from one pixel into the next.  A piece adds its height to all that is right of it in
    its row, in its own pixel by the part that is; a sum along the rows does the rest (the accumulation buffer that
    Levien's font-rs made known).
    """
    height, width = shape
    gains = np.zeros((height, width + 2))
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ends = start + _cuts(start, end)[:, None] * (end - start)
        middle, tall = (ends[1:] + ends[:-1]) / 2, np.diff(ends[:, 1])
        held = (middle[:, 1] >= 0) & (middle[:, 1] < height)
        across, row, tall = np.clip(middle[held, 0], 0, width), middle[held, 1].astype(int), tall[held]
        column = across.astype(int)
        np.add.at(gains, (row, column), tall * (1 - across + column))
        np.add.at(gains, (row, column + 1), tall * (across - column))
    return np.minimum(np.abs(gains.cumsum(1)[:, :width]), 1)


def _cuts(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Where a line crosses the borders of pixels, as shares of its way, with 0 and 1."""
    shares = [np.array([0.0, 1.0])]
    for a, b in zip(start, end, strict=True):
        if a != b:
            shares.append((np.arange(math.ceil(min(a, b)), math.floor(max(a, b)) + 1) - a) / (b - a))
    return np.unique(np.clip(np.concatenate(shares), 0, 1))


def brushed(points: np.ndarray, width: float, hardness: float, shape: tuple[int, ...]) -> np.ndarray:
    """What a round brush leaves on each pixel, (height, width), on its way along the points (n, 2).

    White up to ``hardness`` times the half width from the way, and falling evenly from there to none at the half width.
    """
    radius, apart = width / 2, _distances(points, width / 2 + 1, shape)
    covered = np.minimum(apart + 0.5, radius) - np.maximum(apart - 0.5, -radius)
    if hardness < 1 and radius > 0:
        covered = np.minimum(covered, (radius - apart) / ((1 - hardness) * radius))
    return covered.clip(0, 1)


def _distances(points: np.ndarray, reach: float, shape: tuple[int, ...]) -> np.ndarray:
    """From each pixel's middle to a way (n, 2), (height, width) in pixels; infinite where it is beyond ``reach``."""
    found = np.full(shape, np.inf)
    for start, end in pairwise(_short(points, 4 * reach)):
        low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
        left, top = np.maximum(np.floor(low), 0).astype(int)
        right, bottom = np.maximum(np.ceil(high), 0).astype(int)
        part = found[top:bottom, left:right]
        down, across = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        np.minimum(part, _distance(across + 0.5, down + 0.5, start, end), out=part)
    return found


def _distance(x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """From points to a straight line that ends at ``start`` and ``end``, which may be the same."""
    way = end - start
    share = ((x - start[0]) * way[0] + (y - start[1]) * way[1]) / max(float(way @ way), 1e-12)
    share = share.clip(0, 1)
    return np.hypot(x - start[0] - share * way[0], y - start[1] - share * way[1])


def _short(points: np.ndarray, length: float) -> np.ndarray:
    """The way with more points on it, none further from the next than ``length``: a slanting line fills little of its
    box, so that short ones take less to paint.  A single point is a way that ends where it begins."""
    if len(points) == 1:
        return points[[0, 0]]
    parts = [np.linspace(a, b, math.ceil(math.dist(a, b) / length) + 1) for a, b in pairwise(points)]
    return np.concatenate([part[:-1] if len(part) > 1 else part for part in parts] + [points[-1:]])

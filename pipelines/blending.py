"""Joins that cannot be seen: what a decoder does to the tones of a picture is taken back where it was painted.

An autoencoder gives even the kept part of a picture back a little different, and the painted part shares that drift.
What it is can be read off the kept pixels around the hole, where the truth is known.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.infill import halved
from pipelines.seams import measure

RING = 12
"""Kept pixels this far from the hole tell what the decoder did."""

CLOSE = 2
"""The membrane meets the mean of pixels this near: wide enough to even out grain, close enough to end at the edge."""

NEAR = 4
"""The same where the pixels compared are not the same picture twice, but two that should look alike."""

CONTEXT = 96
"""Pixels around the hole that are looked at."""

DOUBT = 0.15
"""Where two versions of a pixel differ by more (of a range of 2), the one is no drifted copy of the other."""

EVEN = (4 / 255) ** 2
"""A ring whose colours vary less than this says nothing of contrast: the gain is drawn towards 1."""

CLEARLY = 0.1
"""A repair must make the seam fainter by so much of a barely visible step, or the picture stays as it was painted."""

CYCLES = 3
"""Steps of the membrane's solver after its first estimate; each leaves a fifth of the error, or a third in a margin."""

Repair = Callable[[Tensor, Tensor, Tensor], Tensor]
"""What was painted, the original, and the weights (1, h, w) of the paste-back → what was painted, repaired."""


def repaired(original: Tensor, painted: Tensor, weights: Tensor) -> tuple[Tensor, str]:
    """``painted`` in the tones of ``original``, both (3, h, w) in [-1, 1], and the name of the repair that was made.

    ``weights`` (1, h, w) are those of the paste-back that is to follow.  Each row of ``REPAIRS`` is tried, and judged
    by the seam it would leave; where none of them is clearly fainter, that is "none" and ``painted`` itself.
    """
    if not bool((weights > 0).any()) or bool((weights > 0).all()):
        return painted, "none"
    part = _around(weights)
    old, new, share = original[part], painted[part], weights[part]
    tried = {name: repair(new, old, share).clamp(-1, 1) for name, repair in REPAIRS.items()}
    tried["none"] = new
    scores = {name: measure(torch.lerp(old, each, share), share).score for name, each in tried.items()}
    best = min(scores, key=lambda name: scores[name])
    if scores["none"] - scores[best] <= CLEARLY:
        return painted, "none"
    result = painted.clone()
    result[part] = tried[best]
    return result, best


def _around(weights: Tensor) -> tuple[slice, slice, slice]:
    """The part of the picture in which something is painted, with the context that a repair and its judgement need."""
    rows, columns = ((weights[0] > 0).any(dim).nonzero()[:, 0] for dim in (1, 0))
    top, left = (max(int(lines.min()) - CONTEXT, 0) for lines in (rows, columns))
    return slice(None), slice(top, int(rows.max()) + CONTEXT + 1), slice(left, int(columns.max()) + CONTEXT + 1)


def ring_colours(painted: Tensor, original: Tensor, hole: Tensor) -> Tensor:
    """``painted`` with one gain and one offset a channel, those that fit it best to ``original`` around the hole."""
    ring = (_blurred(hole, RING) > 0) * (1 - hole)
    trust = ring * _trust(original - painted)
    total = trust.sum().clamp(min=1e-6)
    here, there = ((trust * each).sum((1, 2), keepdim=True) / total for each in (painted, original))
    spread = (trust * (painted - here).square()).sum((1, 2), keepdim=True) / total
    shared = (trust * (painted - here) * (original - there)).sum((1, 2), keepdim=True) / total
    gain = ((shared + EVEN) / (spread + EVEN)).clamp(0.8, 1.25)
    return gain * (painted - here) + there


def membrane(painted: Tensor, original: Tensor, hole: Tensor, reach: int = 0) -> Tensor:
    """``painted`` plus the difference to ``original``; in the hole that of its edge, drawn over it like a membrane.

    The seamless cloning of Pérez, Gangnet and Blake 2003, written as in their section 2 for the correction alone: it is
    harmonic in the hole, so what the painted part shows in itself is kept, an even difference is taken back all over,
    and one that changes along the edge fades with the depth.  At the picture's own edge the membrane is free.  With
    ``reach`` the difference is the mean of those of kept pixels within so many around, which leaves the grain out.
    """
    difference = original - painted
    if reach:
        trust = (1 - hole) * _trust(difference)
        difference = _blurred(difference * trust, reach) / _blurred(trust, reach).clamp(min=1e-12)
    return painted + harmonic(difference, hole)


REPAIRS: dict[str, Repair] = {
    "ring colours": lambda painted, original, share: ring_colours(painted, original, (share > 0).float()),
    "membrane": lambda painted, original, share: membrane(painted, original, (share > 0).float(), CLOSE),
    "overlap": lambda painted, original, share: membrane(painted, original, (share == 1).float(), NEAR),
}
"""What is tried.  "overlap" also believes what was painted over old pixels under a soft edge: that has not only the
decoder's tones but those of the new part, and shows how far these are off."""


def harmonic(values: Tensor, hole: Tensor) -> Tensor:
    """Values (c, h, w) with the hole (1, h, w) filled by the solution of Laplace's equation, known pixels as they are.

    A coarser solution is the first estimate; conjugate gradients then better it, each step with the help of a V-cycle
    (multigrid: Brandt 1977; as a preconditioner: Tatebe 1993).  Beyond the picture's edge stands its edge, so that
    nothing is demanded there.  A hole without known pixels is filled with 0.
    """
    known = values * (1 - hole)
    height, width = hole.shape[1:]
    if not bool(hole.any()) or max(height, width) < 2 or bool(hole.all()):
        return known
    coarse = harmonic(*halved(values, hole))
    return _bettered(known + hole * _doubled(coarse, height, width), hole)


def _bettered(estimate: Tensor, hole: Tensor) -> Tensor:
    """The estimate after ``CYCLES`` steps of conjugate gradients (flexible: Notay 2000), channel by channel."""
    left, way, along = hole * _lack(estimate), None, None
    for _ in range(CYCLES):
        better = _cycle(left, hole)
        if way is not None and along is not None:
            better = better - _ratio(better, along, way, along) * way
        way, along = better, hole * _lack(better)
        step = -_ratio(way, left, way, along)
        estimate, left = estimate + step * way, left + step * along
    return estimate


def _ratio(one: Tensor, other: Tensor, by: Tensor, along: Tensor) -> Tensor:
    """The scalar product of the first two over that of the last two, channel by channel, (c, 1, 1)."""
    size = (by * along).sum((1, 2), keepdim=True)
    return (one * other).sum((1, 2), keepdim=True) / torch.where(size == 0, 1.0, size)


def _cycle(wanted: Tensor, hole: Tensor) -> Tensor:
    """One V-cycle, from nothing, towards ``value - mean of the neighbours = wanted`` in the hole and 0 elsewhere."""
    estimate = _relaxed(0.8 * hole * wanted, wanted, hole, 1)
    height, width = hole.shape[1:]
    if min(height, width) >= 4:
        inside = (_halved(hole) > 0.5).float()
        coarse = _cycle(4 * _halved(hole * (wanted + _lack(estimate))), inside)
        estimate = estimate + hole * _doubled(coarse, height, width)
    return _relaxed(estimate, wanted, hole, 2)


def _relaxed(estimate: Tensor, wanted: Tensor, hole: Tensor, times: int) -> Tensor:
    """Jacobi's iteration, damped by 0.8, which is what smooths best."""
    for _ in range(times):
        estimate = estimate + 0.8 * hole * (_lack(estimate) + wanted)
    return estimate


def _lack(values: Tensor) -> Tensor:
    """What each pixel lacks to be the mean of its four neighbours."""
    around = F.pad(values[None], (1, 1, 1, 1), mode="replicate")[0]
    rows, columns = around[:, 1:-1], around[..., 1:-1]
    return (rows[..., 2:] + rows[..., :-2] + columns[:, 2:] + columns[:, :-2]) / 4 - values


def _halved(values: Tensor) -> Tensor:
    """Means of 2 × 2 pixels; beyond an odd edge there is nothing."""
    return F.avg_pool2d(F.pad(values, (0, values.shape[2] % 2, 0, values.shape[1] % 2)), 2)


def _doubled(values: Tensor, height: int, width: int) -> Tensor:
    """Values at twice the resolution, cut to size."""
    finer = F.interpolate(values[None], scale_factor=2, mode="bilinear", align_corners=False)
    return finer[0][:, :height, :width]


def _trust(difference: Tensor) -> Tensor:
    """How far a difference (3, h, w) can be a drift, (1, h, w) in (0, 1]: a large one is another thing in its place."""
    return 1 / (1 + (difference.square().mean(0, keepdim=True) / DOUBT**2)) ** 2


def _blurred(values: Tensor, reach: int) -> Tensor:
    """The mean over a square, one direction after the other; beyond the picture's edge there is nothing."""
    rows = F.avg_pool2d(values, (1, 2 * reach + 1), 1, (0, reach))
    return F.avg_pool2d(rows, (2 * reach + 1, 1), 1, (reach, 0))

"""How visible is the join between what was painted and what was kept?

Everything is read off pairs of neighbours that the mask's edge parts, along rows and along columns: a join shows as a
step that the picture does not make beside it, or as a change of tone that lines drawn out from both sides do not
foretell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

VISIBLE = 2.0
"""A step of so many levels (of 255) in an even area is about what an eye makes out; less is not told from none."""

REACH = 16
"""The surroundings of a place on the edge: so many pixels around it in each direction."""

TAPS = 4
"""Pixels on either side of the edge that foretell what should stand across it; more where a soft edge lies between."""

SOFTEST = 32
"""A soft edge wider than this many pixels is not a join but a gradation, and is judged at its middle."""


@dataclass(frozen=True)
class Seam:
    """What is seen along the edge of a mask.

    ``ratio``: steps across the edge against those that the picture makes beside it; 1 is a picture without a seam.
    ``drift``: how far the painted side is off in tone, in levels of 255, beyond the ``unrest`` of tones that is found
    in the same way along lines beside the edge.
    ``tint``: the drift as signed levels of red, green and blue, painted minus kept.
    ``length``: pairs of pixels that the edge parts; 0 where there is no edge, hence no seam.
    """

    ratio: float
    drift: float
    unrest: float
    tint: tuple[float, float, float]
    length: int

    @property
    def score(self) -> float:
        """How many barely visible steps the join amounts to: 0 is none, from about 1 on it is seen."""
        return max(self.ratio - 1, 0.0) + self.drift / math.hypot(VISIBLE, self.unrest)


class _Sums(NamedTuple):
    """Totals over the places of the edge, each a tensor, so that rows and columns can be added up."""

    length: Tensor
    judged: Tensor  # places that have surroundings to be compared with
    ratios: Tensor
    weight: Tensor  # of the places where tones can be foretold; calm places count most, for there a change shows
    changes: Tensor  # squared
    unrest: Tensor  # squared
    tints: Tensor  # (3,)


class _Places(NamedTuple):
    """Where the edge parts a pair: the pair's row and the column of its left pixel, (n,) each."""

    rows: Tensor
    columns: Tensor

    def of(self, values: Tensor) -> Tensor:
        """The values (c, h, w) at these places, (c, n)."""
        return values[:, self.rows, self.columns]

    def mean(self, values: Tensor, share: Tensor) -> Tensor:
        """The mean of values (c, h, w) around each place where ``share`` (1, h, w) is 1, (c, n); 0 where none is."""
        return self.around(values * share) / self.around(share).clamp(min=1)

    def around(self, values: Tensor) -> Tensor:
        """The sum over a square of ``REACH`` pixels in each direction, by the table of all sums from the corner on."""
        table = F.pad(values.double().cumsum(-1).cumsum(-2), (1, 0, 1, 0))
        height, width = values.shape[1:]
        top, bottom = (self.rows - REACH).clamp(min=0), (self.rows + REACH + 1).clamp(max=height)
        left, right = (self.columns - REACH).clamp(min=0), (self.columns + REACH + 1).clamp(max=width)
        return table[:, bottom, right] - table[:, top, right] - table[:, bottom, left] + table[:, top, left]


def measure(pixels: Tensor, mask: Tensor) -> Seam:
    """The seam in a finished picture (3, h, w) in [-1, 1] along the edge of a mask (1, h, w), 1 where it was painted.

    A soft mask has its edge where it is half as strong as it gets; tones are then compared across its whole softness.
    A part of the mask that is thinner than ``TAPS`` pixels has a ratio, but no tone to speak of.
    """
    painted = mask > mask.max() / 2
    gap = _softness(mask, painted)
    rows_of, columns_of = _near_edge(painted, REACH + 2 * TAPS + 5 * gap)
    levels, painted = pixels[:, rows_of, columns_of].float() * 127.5, painted[:, rows_of, columns_of]
    rows, columns = _along_rows(levels, painted, gap), _along_rows(levels.mT, painted.mT, gap)
    sums = _Sums(*(one + other for one, other in zip(rows, columns, strict=True)))
    ratio = float(sums.ratios / sums.judged) if sums.judged > 0 else 1.0
    weight = sums.weight.clamp(min=1e-12)
    red, green, blue = (sums.tints / weight).tolist()
    drift = float(((sums.changes - sums.unrest) / weight).clamp(min=0).sqrt())
    return Seam(ratio, drift, float((sums.unrest / weight).sqrt()), (red, green, blue), int(sums.length))


def _near_edge(painted: Tensor, reach: int) -> tuple[slice, slice]:
    """The rows and the columns that lie within ``reach`` of an edge: what the measure looks at, and nothing else."""
    rows, columns = _parted(painted), _parted(painted.mT)
    return _span(rows.any(2)[0], columns.any(1)[0], reach), _span(columns.any(2)[0], rows.any(1)[0], reach)


def _span(along: Tensor, parted: Tensor, reach: int) -> slice:
    """From the first to the last line that an edge runs across or beside, with ``reach`` lines around them."""
    lines = torch.cat([along.nonzero()[:, 0], parted.nonzero()[:, 0]])
    return slice(max(int(lines.min()) - reach, 0), int(lines.max()) + reach + 2) if len(lines) else slice(0, 1)


def _softness(mask: Tensor, painted: Tensor) -> int:
    """How many pixels wide the edge of a soft mask is, an even number; 0 for a hard one."""
    soft = float(((mask > 0) & (mask < mask.max())).sum())
    edge = float(_parted(painted).sum() + _parted(painted.mT).sum())
    width = soft / max(edge, 1.0)
    return 2 * round(width / 2) if width <= SOFTEST else 0


def _parted(painted: Tensor) -> Tensor:
    """(1, h, w - 1), true for each pair of neighbours in a row of which one is painted and the other kept."""
    return painted[..., 1:] != painted[..., :-1]


def _along_rows(levels: Tensor, painted: Tensor, gap: int) -> _Sums:
    """The totals over all pairs of neighbours in rows, in levels of 255."""
    parted = _parted(painted)
    places = _Places(*parted[0].nonzero(as_tuple=True))
    if not len(places.rows):
        return _Sums(levels.new_zeros(()), levels.new_zeros(()), levels.new_zeros(()), *_untold(levels))
    edge = parted.float()
    steps = levels.diff(dim=-1).square().mean(0, keepdim=True).sqrt()
    beside = (_in_row(edge, 1) == 0).float()
    here, there = places.mean(steps, edge), places.mean(steps, beside)
    judged = places.around(beside) > 0
    ratios = judged * (here + VISIBLE) / (there + VISIBLE)
    return _Sums(edge.sum(), judged.sum(), ratios.sum(), *_tones(levels, painted, gap, places))


def _tones(levels: Tensor, painted: Tensor, gap: int, places: _Places) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weight, squared change, squared unrest and tint: what a line drawn out from either side says of the other.

    Changes are averaged along the edge before they are squared, so that a texture, which has no direction, cancels out.
    """
    span = TAPS + gap + gap // 2
    if levels.shape[-1] < 2 * span:
        return _untold(levels)
    side = painted.float().diff(dim=-1)
    crossed = _in_row(side.abs(), span - 1)
    whole = side.abs() * (crossed == 1)
    jumps = _jumps(levels, gap)
    change = places.mean(jumps * side, whole)
    offsets = (-span - gap // 2, span + gap // 2)
    moved = [(_shifted(jumps, offset), side.abs() * (_shifted(crossed, offset, 1.0) == 0)) for offset in offsets]
    beside = [places.mean(other * side, clear).square().mean(0, keepdim=True) for other, clear in moved]
    unrest = (beside[0] + beside[1]) / 2
    squared = change.square().mean(0, keepdim=True)
    # Calm places count most, for there a drift shows.  The edge itself is one of the lines that say how calm a place
    # is, or places at which the other two are calm by chance would make a drift of nothing.
    weight = places.of(whole) / ((squared + 2 * unrest) / 3 + VISIBLE**2)
    return weight.sum(), (weight * squared).sum(), (weight * unrest).sum(), (weight * change).sum(1)


def _untold(levels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The tones of an edge that tells nothing of them."""
    return levels.new_zeros(()), levels.new_zeros(()), levels.new_zeros(()), levels.new_zeros(3)


def _shifted(values: Tensor, offset: int, empty: float = 0.0) -> Tensor:
    """The same values further right (or left, below 0) by ``offset``; what comes in is ``empty``."""
    ahead, behind = max(offset, 0), max(-offset, 0)
    return F.pad(values, (ahead, behind), value=empty)[..., behind : behind + values.shape[-1]]


def _jumps(levels: Tensor, gap: int) -> Tensor:
    """What the right side foretells between two neighbours minus what the left side does, for every pair of a row.

    Each side is a straight line through its nearest pixels (least squares), so a ramp makes no jump, however steep.
    """
    count, start = TAPS + gap, gap / 2 + 0.5
    places = [start + index for index in range(count)]
    middle = sum(places) / count
    spread = sum((place - middle) ** 2 for place in places)
    right = [1 / count - (place - middle) * middle / spread for place in places]
    kernel = levels.new_tensor([-share for share in reversed(right)] + [0.0] * gap + right)
    lines = F.pad(levels, (count + gap // 2 - 1,) * 2, mode="replicate")
    return F.conv1d(lines.flatten(0, 1)[:, None], kernel[None, None])[:, 0].unflatten(0, levels.shape[:2])


def _in_row(values: Tensor, reach: int) -> Tensor:
    """The sum over ``reach`` places to the left and right in the row."""
    return F.avg_pool2d(values, (1, 2 * reach + 1), 1, (0, reach), divisor_override=1)

"""A hole filled with texture from the rest of the picture, so that every patch over it looks like one that is known.

The space-time completion of Wexler, Shechtman and Irani 2007 for one picture: match every patch over the hole with its
most similar known one, let the matches vote on the colours, repeat, from coarse to fine.  Where there are few patches
all pairs are compared; where there are many, matches spread to their neighbours and try places near by (PatchMatch,
Barnes et al. 2009), for all patches at once.  Chance is drawn with a fixed seed: the same hole is filled the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from pipelines.infill import halved

SIDE = 7
"""Pixels along a patch: large enough to hold a bit of structure, small enough to find the like of it."""

FEWEST = 24
"""A coarser level must still have so many known patches to choose from."""

ALL_PAIRS = 12_000_000
"""Up to so many pairs of patches, to compare them all is quicker than to search."""

MOST = 40_000
"""Up to so many patches over the hole are matched; at a finer size colours come from where the coarser one's came."""

NEAR = 128
"""Texture is looked for so many pixels around the hole, or as far as the hole is long."""

ROUNDS_OF_ALL, ROUNDS_OF_SEARCH = 6, 3
"""Rounds of matching and voting where all pairs are compared, which shapes the whole, and where it is refined."""


@dataclass(frozen=True)
class _Level:
    """A picture at one size, with its patches named by the place of their middle in the flattened picture.

    ``sources``: patches of known pixels only (m,); ``targets``: those over the hole (n,); ``offsets``: from the middle
    of a patch to each of its pixels (SIDE²,).
    """

    colours: Tensor  # (h·w, 3), known pixels as they are
    hole: Tensor  # (h·w,), true where nothing is known
    height: int
    width: int
    sources: Tensor
    targets: Tensor
    offsets: Tensor


def continued(pixels: Tensor, hole: Tensor, start: Tensor) -> Tensor:
    """``pixels`` (3, h, w) with the hole (1, h, w) filled from their own patches; ``start`` is a first guess (3, h, w).

    A picture with too few known patches to choose from keeps the first guess.
    """
    part = _near(hole)
    filled = torch.where(hole > 0, start, pixels)
    filled[part] = _continued(pixels[part], hole[part], filled[part])
    return filled


def _near(hole: Tensor) -> tuple[slice, slice, slice]:
    """The part of the picture that has to do with the hole."""
    rows, columns = ((hole[0] > 0).any(dim).nonzero()[:, 0] for dim in (1, 0))
    reach = max(NEAR, *(int(lines.max() - lines.min()) for lines in (rows, columns)))
    top, left = (max(int(lines.min()) - reach, 0) for lines in (rows, columns))
    return slice(None), slice(top, int(rows.max()) + reach + 1), slice(left, int(columns.max()) + reach + 1)


def _continued(pixels: Tensor, hole: Tensor, start: Tensor) -> Tensor:
    levels = _pyramid(pixels, hole)
    if not levels or len(levels[-1].targets) > MOST:
        return start
    random = torch.Generator().manual_seed(0)
    coarsest = levels[-1]
    guess = F.adaptive_avg_pool2d(start, (coarsest.height, coarsest.width))
    colours = torch.where(coarsest.hole[:, None], guess.flatten(1).T, coarsest.colours)
    matches = coarsest.sources[torch.randint(len(coarsest.sources), coarsest.targets.shape, generator=random)]
    matches, colours = _improved(coarsest, matches, colours, random)
    for coarse, level in pairwise(reversed(levels)):
        matches = _finer(coarse, matches, level)
        colours = _voted(level, matches, torch.zeros(len(matches)))
        if len(level.targets) <= MOST:
            matches, colours = _improved(level, matches, colours, random)
    return torch.where(hole > 0, colours.T.unflatten(1, hole.shape[1:]), pixels)


def _pyramid(pixels: Tensor, hole: Tensor) -> list[_Level]:
    """The picture at full size, at half, … while there are enough known patches."""
    levels: list[_Level] = []
    while min(pixels.shape[1:]) >= 2 * SIDE or (not levels and min(pixels.shape[1:]) >= SIDE):
        level = _level(pixels, hole)
        if len(level.sources) < (FEWEST if levels else 1) or not len(level.targets):
            break
        levels.append(level)
        pixels, hole = halved(pixels, hole)
    return levels


def _level(pixels: Tensor, hole: Tensor) -> _Level:
    height, width = hole.shape[1:]
    reach = SIDE // 2
    touched = F.max_pool2d(hole, SIDE, 1)[0] > 0  # for middles at least ``reach`` from the picture's edge
    rows, columns = (~touched).nonzero(as_tuple=True)
    sources = (rows + reach) * width + columns + reach
    rows, columns = touched.nonzero(as_tuple=True)
    targets = (rows + reach) * width + columns + reach
    places = torch.arange(-reach, reach + 1)
    offsets = (places[:, None] * width + places).flatten()
    colours = pixels.flatten(1).T.contiguous()
    return _Level(colours, hole.flatten() > 0, height, width, sources, targets, offsets)


def _improved(level: _Level, matches: Tensor, colours: Tensor, random: Generator) -> tuple[Tensor, Tensor]:
    """Matches and colours after some rounds of matching and voting."""
    all_pairs = len(level.sources) * len(level.targets) <= ALL_PAIRS
    for _ in range(ROUNDS_OF_ALL if all_pairs else ROUNDS_OF_SEARCH):
        wanted = _patches(level, colours, level.targets)
        if all_pairs:
            matches, distances = _best_of_all(level, wanted)
        else:
            matches, distances = _best_near(level, wanted, matches, random)
        colours = _voted(level, matches, distances)
    return matches, colours


def _patches(level: _Level, colours: Tensor, middles: Tensor) -> Tensor:
    """The pixels of patches in one row each, (n, 3·SIDE²)."""
    places = (middles[:, None] + level.offsets).flatten()
    return colours.index_select(0, places).view(len(middles), 3 * SIDE**2)


def _best_of_all(level: _Level, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The most similar of all sources for each wanted patch, and the squared distance to it."""
    known = _patches(level, level.colours, level.sources)
    distances = known.square().sum(1) - 2 * wanted @ known.T
    best = distances.min(1)
    return level.sources[best.indices], (best.values + wanted.square().sum(1)).clamp(min=0)


def _best_near(level: _Level, wanted: Tensor, matches: Tensor, random: Generator) -> tuple[Tensor, Tensor]:
    """The matches after trying what the neighbours found, and places ever nearer to the present match."""
    is_source = torch.zeros(level.height * level.width, dtype=torch.bool)
    is_source[level.sources] = True
    distances = (_patches(level, level.colours, matches) - wanted).square().sum(1)
    for step in (1, -1, level.width, -level.width):
        tried = _neighbours_match(level, matches, step)
        matches, distances = _better(level, wanted, matches, distances, tried, is_source)
    for radius in (max(level.height, level.width) // 4, 16, 4, 1):
        moved = torch.randint(-radius, radius + 1, (2, len(matches)), generator=random)
        tried = matches + moved[0] * level.width + moved[1]
        matches, distances = _better(level, wanted, matches, distances, tried, is_source)
    return matches, distances


def _neighbours_match(level: _Level, matches: Tensor, step: int) -> Tensor:
    """Where each patch would lie if it stood to its neighbour in the source as it does in the hole."""
    found = torch.full((level.height * level.width,), -1)
    found[level.targets] = matches
    neighbour = found[(level.targets - step).clamp(0, len(found) - 1)]
    return torch.where(neighbour >= 0, neighbour + step, matches)


def _better(
    level: _Level, wanted: Tensor, matches: Tensor, distances: Tensor, tried: Tensor, is_source: Tensor
) -> tuple[Tensor, Tensor]:
    """The matches with those replaced for which ``tried`` is a known patch that is more similar."""
    tried = tried.clamp(0, len(is_source) - 1)
    asked = (is_source[tried] & (tried != matches)).nonzero()[:, 0]
    new = (_patches(level, level.colours, tried[asked]) - wanted[asked]).square().sum(1)
    won = new < distances[asked]
    winners = asked[won]
    matches, distances = matches.clone(), distances.clone()
    matches[winners], distances[winners] = tried[winners], new[won]
    return matches, distances


def _finer(coarse: _Level, matches: Tensor, level: _Level) -> Tensor:
    """The matches of a level by those of the one half its size: the same way from the hole to the source, twice as far.

    A match that is no known patch there is replaced by the source that follows it in the picture.
    """
    found = torch.zeros(coarse.height * coarse.width, dtype=torch.long)
    found[coarse.targets] = matches - coarse.targets + 1  # 0 is left to mean that there is none
    rows, columns = level.targets // level.width, level.targets % level.width
    reach = SIDE // 2
    above = (rows // 2).clamp(reach, coarse.height - 1 - reach) * coarse.width
    above = above + (columns // 2).clamp(reach, coarse.width - 1 - reach)
    there = above + found[above] - 1
    down = 2 * (there // coarse.width - above // coarse.width)
    across = 2 * (there % coarse.width - above % coarse.width)
    moved = ((rows + down).clamp(reach, level.height - 1 - reach)) * level.width
    moved = moved + (columns + across).clamp(reach, level.width - 1 - reach)
    place = torch.searchsorted(level.sources, moved).clamp(max=len(level.sources) - 1)
    return level.sources[place]


def _voted(level: _Level, matches: Tensor, distances: Tensor) -> Tensor:
    """The picture in which each pixel of the hole is the mean of what the patches over it would put there, (h·w, 3).

    A patch counts the more the better its match (Wexler et al., equation 4, with the third quartile of distances).
    """
    usual = distances.kthvalue(len(distances) * 3 // 4 + 1).values
    shares = torch.exp(-distances / (2 * usual.clamp(min=1e-6)))[:, None].clamp(min=1e-6)
    total, votes = torch.zeros(len(level.colours), 4), F.pad(level.colours, (0, 1), value=1.0)
    for offset in level.offsets.tolist():
        total.index_add_(0, level.targets + offset, votes.index_select(0, matches + offset) * shares)
    return torch.where(level.hole[:, None], total[:, :3] / total[:, 3:].clamp(min=1e-9), level.colours)

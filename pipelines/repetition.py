"""Does a new part only say again what the picture beside it says?

Models that are asked for more of a picture like to copy it, straight or mirrored.  A copy is found by normalized
cross-correlation (Lewis 1995) of small patches with every place of the picture.  Only patches with corners are asked
about: a sky or a horizon that goes on is no copy, and lines that run one way look the same wherever they are cut.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 128
"""The longer side at which pictures are compared: copies are seen from afar."""

PATCH = 24
ALIKE = 0.92
"""Correlation from which a patch is a copy."""

CORNERED = 2e-3
"""The least strength of the weaker gradient direction (Shi & Tomasi 1994), of values in [-1, 1], that is a corner."""


def copied(new: Tensor, source: Tensor) -> float:
    """The share of the cornered patches of ``new`` (3, h, w) found again in ``source`` (3, h, w), both in [-1, 1].

    0 where there are too few of them to tell.
    """
    scale = min(SIDE / max(*source.shape[1:], *new.shape[1:]), 1.0)
    fresh, old = (_grey(pixels, scale) for pixels in (new, source))
    if min(*fresh.shape, *old.shape) < PATCH:
        return 0.0
    patches = _patches(fresh, stride=PATCH // 2)
    patches = patches[_cornered(patches)]
    if len(patches) < 4:
        return 0.0
    views = (old, old.flip(1), old.flip(0))
    best = torch.stack([_best_match(patches, view) for view in views]).amax(0)
    return float((best > ALIKE).float().mean())


def _grey(pixels: Tensor, scale: float) -> Tensor:
    """Brightness (h, w) at a smaller size."""
    size = [max(round(side * scale), 1) for side in pixels.shape[1:]]
    return F.interpolate(pixels.mean(0)[None, None], size, mode="area")[0, 0]


def _patches(grey: Tensor, stride: int) -> Tensor:
    """Squares (n, PATCH, PATCH) of a grey picture."""
    return grey.unfold(0, PATCH, stride).unfold(1, PATCH, stride).reshape(-1, PATCH, PATCH)


def _cornered(patches: Tensor) -> Tensor:
    """Which patches have structure in two directions: the lesser eigenvalue of the mean structure tensor is large."""
    down, across = patches[:, 1:, :-1] - patches[:, :-1, :-1], patches[:, :-1, 1:] - patches[:, :-1, :-1]
    aa, bb, ab = (product.mean((1, 2)) for product in (across * across, down * down, across * down))
    lesser = (aa + bb) / 2 - (((aa - bb) / 2).square() + ab.square()).sqrt()
    return lesser > CORNERED


def _best_match(patches: Tensor, grey: Tensor) -> Tensor:
    """The highest correlation (n) of each patch with any place of a grey picture."""
    kernels = patches - patches.mean((1, 2), keepdim=True)
    kernels = kernels / kernels.square().sum((1, 2), keepdim=True).sqrt()
    dots = F.conv2d(grey[None, None], kernels[:, None])[0]
    mean = F.avg_pool2d(grey[None], PATCH, 1)[0]
    spread = (F.avg_pool2d(grey.square()[None], PATCH, 1)[0] - mean.square()).clamp(min=1e-8)
    return (dots / (spread.sqrt() * PATCH)).amax((1, 2))

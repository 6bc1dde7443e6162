"""Noise with the colours and the grain of a picture, grown out of what is around a hole.

Midpoint displacement (Fournier, Fussell and Carpenter 1982) that has read its heights off the picture itself.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from pipelines.infill import halved

FEWEST = 16
"""Known pixels from which the spread of colours at a size is told; fewer tell nothing."""


def grown(pixels: Tensor, hole: Tensor, random: Generator) -> Tensor:
    """The hole (1, h, w) in ``pixels`` (3, h, w) filled from half the size, plus noise like what that does not show.

    So at each size the noise has the spread and the correlation of colours that the known pixels have at that size, and
    its spectrum falls off as the picture's does.
    """
    known = 1 - hole
    if bool(known.all()) or not bool(known.any()) or max(pixels.shape[1:]) < 2:
        return pixels
    height, width = pixels.shape[1:]
    finer = _doubled(grown(*halved(pixels, hole), random))[:, :height, :width]
    return known * pixels + hole * (finer + _noise_like(pixels - finer, known, random))


def _noise_like(rest: Tensor, known: Tensor, random: Generator) -> Tensor:
    """Noise (3, h, w) of one octave with the covariance of colours that ``rest`` has where ``known`` (1, h, w) is 1."""
    colours = rest[:, known[0] > 0]
    if colours.shape[1] < FEWEST:
        return torch.zeros_like(rest)
    height, width = rest.shape[1:]
    values, directions = torch.linalg.eigh(colours @ colours.T / colours.shape[1])
    noise = torch.randn(3, height + height % 2, width + width % 2, generator=random)
    noise = noise - _doubled(F.avg_pool2d(noise, 2))
    noise = (noise / noise.std())[:, :height, :width].flatten(1)
    return ((directions * values.clamp(min=0).sqrt()) @ noise).view_as(rest)


def _doubled(coarse: Tensor) -> Tensor:
    """A smooth picture of twice the size that comes close to ``coarse`` again when it is halved.

    Without the two corrections (Irani and Peleg 1991) interpolation would take from the larger waves, size after size.
    """
    finer = _interpolated(coarse)
    for _ in range(2):
        finer = finer + _interpolated(coarse - F.avg_pool2d(finer, 2))
    return finer


def _interpolated(coarse: Tensor) -> Tensor:
    return F.interpolate(coarse[None], scale_factor=2, mode="bilinear", align_corners=False)[0]

"""Masks: white / 1.0 = repaint, black / 0.0 = keep, everywhere."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor


def to_weights(mask: Image.Image) -> Tensor:
    """A grey picture as weights (1, height, width) in [0, 1]."""
    return torch.from_numpy(np.asarray(mask.convert("L"), dtype=np.float32))[None] / 255


def feather(weights: Tensor, width: int) -> Tensor:
    """Soften a mask outwards: 1 all over the old mask, a ramp over at most ``width`` pixels outside, exactly 0 beyond.

    Grown by half the width, then averaged over a square that reaches as far, so that the ramp ends where it says.
    """
    reach = width // 2
    if not reach:
        return weights
    grown = _grow(weights, reach)
    near = _grow(grown, reach) > 0
    return torch.maximum(weights, _average(grown, reach).clamp(0, 1)) * near


def grown(mask: Image.Image, pixels: int) -> Image.Image:
    """A grey mask made larger by so many pixels on every side, or smaller; the picture's edge does not count as one."""
    if not pixels:
        return mask
    weights = to_weights(mask)
    wider = _grow(weights, pixels) if pixels > 0 else 1 - _grow(1 - weights, -pixels)
    return Image.fromarray((wider[0] * 255).round().byte().numpy())


def _grow(weights: Tensor, reach: int) -> Tensor:
    """The maximum over a square, one direction after the other."""
    rows = F.max_pool2d(weights, (1, 2 * reach + 1), stride=1, padding=(0, reach))
    return F.max_pool2d(rows, (2 * reach + 1, 1), stride=1, padding=(reach, 0))


def _average(weights: Tensor, reach: int) -> Tensor:
    """The mean over a square, one direction after the other; the picture's edge is drawn out."""
    padded = F.pad(weights, [reach] * 4, mode="replicate")
    rows = F.avg_pool2d(padded, (1, 2 * reach + 1), stride=1)
    return F.avg_pool2d(rows, (2 * reach + 1, 1), stride=1)


def to_cells(weights: Tensor, downscale: int) -> Tensor:
    """The latent cells (1, h, w) that a mask touches: 1 where any of a cell's pixels is to change, else 0.

    By maximum, not by average: a half-covered cell that kept its content would show it through the mask.
    """
    return (to_graded_cells(weights, downscale) > 0).float()


def to_graded_cells(weights: Tensor, downscale: int) -> Tensor:
    """The most that any pixel of a latent cell is to change, (1, h, w) in [0, 1]."""
    return F.max_pool2d(weights[None], downscale)[0]

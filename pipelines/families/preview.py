"""Previews without a decoder: the linear map from latents to colours that fits a model's own autoencoder best."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def fit_preview(encode: Callable[[Tensor], Tensor], downscale: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """``factors`` (channels, 3) and ``bias`` (3,) with pixels ≈ latents · factors + bias, by least squares.

    Fitted once on a board of flat colours, 4×4 latent cells each, so that it works for any autoencoder without a table.
    """
    colours = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    board = colours.repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)
    pixels = board.repeat_interleave(downscale, dim=1).repeat_interleave(downscale, dim=2)
    latents = encode(pixels.to(device)).flatten(1).T
    design = torch.cat([latents, torch.ones_like(latents[:, :1])], dim=1).cpu().double()
    solution = torch.linalg.lstsq(design, board.flatten(1).T.double()).solution.float().to(device)
    return solution[:-1], solution[-1]

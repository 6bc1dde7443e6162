"""Latents as rows of tokens: what transformers see of them, two by two cells at a time."""

from __future__ import annotations

import torch
from torch import Tensor


def packed(latents: Tensor) -> Tensor:
    """[n, channels, h, w] → [n, h/2 · w/2, 4 · channels], both sides even."""
    n, channels, height, width = latents.shape
    cells = latents.view(n, channels, height // 2, 2, width // 2, 2)
    return cells.permute(0, 2, 4, 1, 3, 5).reshape(n, height // 2 * (width // 2), 4 * channels)


def unpacked(tokens: Tensor, height: int, width: int) -> Tensor:
    """The way back, to latents of so many rows and columns."""
    n, _, depth = tokens.shape
    cells = tokens.view(n, height // 2, width // 2, depth // 4, 2, 2)
    return cells.permute(0, 3, 1, 4, 2, 5).reshape(n, depth // 4, height, width)


def places(height: int, width: int, device: torch.device) -> Tensor:
    """Where each token lies, (0, row, column): [h/2 · w/2, 3]."""
    rows, columns = torch.arange(height // 2, device=device), torch.arange(width // 2, device=device)
    return torch.cartesian_prod(torch.zeros(1, device=device), rows.float(), columns.float())

"""Attention weights of a prompt, put on what a text encoder makes of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def emphasize(encoded: Tensor, weights: Sequence[float]) -> Tensor:
    """Scale each token's vector (length, width) by its weight and keep the mean of all, as A1111 does.

    A mean of nothing cannot be kept: then the vectors are only scaled.
    """
    if all(weight == 1 for weight in weights):
        return encoded
    whole = encoded.float()
    scaled = whole * torch.tensor(weights, device=encoded.device)[:, None]
    kept = whole.mean() / scaled.mean()
    return (scaled * kept if kept.isfinite() else scaled).to(encoded.dtype)

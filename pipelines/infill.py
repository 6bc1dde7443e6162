"""What stands under a mask before the noise comes: with a strength below 1 it shapes what is painted there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Pixels = Callable[["Tensor", "Tensor"], "Tensor"]
Latents = Callable[["Tensor", "Tensor", Callable[[], "Tensor"]], "Tensor"]


def surroundings(pixels: Tensor, hole: Tensor) -> Tensor:
    """Colours from around the hole, softer the further in (push-pull, Gortler et al. 1996, section 5.2.2).

    ``pixels`` (3, h, w) and ``hole`` (1, h, w), 1 where nothing is known: the picture is halved until all is known,
    and each finer level takes what it does not know from the coarser one.
    """
    import torch.nn.functional as F

    known = 1 - hole
    if bool(known.all()) or not bool(known.any()) or max(pixels.shape[1:]) < 2:
        return pixels
    height, width = pixels.shape[1:]
    even = (0, width % 2, 0, height % 2)
    weights = F.avg_pool2d(F.pad(known, even), 2)
    colours = F.avg_pool2d(F.pad(pixels * known, even), 2) / weights.clamp(min=1e-6)
    coarse = surroundings(colours, (weights == 0).float())
    finer = F.interpolate(coarse[None], scale_factor=2, mode="bilinear", align_corners=False)[0][:, :height, :width]
    return known * pixels + hole * finer


def neutral(pixels: Tensor, hole: Tensor) -> Tensor:
    """The middle grey."""
    return pixels * (1 - hole)


def kept(pixels: Tensor, hole: Tensor) -> Tensor:
    """What was there."""
    return pixels


def as_encoded(latents: Tensor, cells: Tensor, noise: Callable[[], Tensor]) -> Tensor:
    """The latents of the pixels."""
    return latents


def noisy(latents: Tensor, cells: Tensor, noise: Callable[[], Tensor]) -> Tensor:
    """Noise as if it were a picture: wild, and the start owes nothing to what was there."""
    return (1 - cells) * latents + cells * noise()


def empty(latents: Tensor, cells: Tensor, noise: Callable[[], Tensor]) -> Tensor:
    """Latents of zero: calm and without a colour of its own."""
    return (1 - cells) * latents


@dataclass(frozen=True)
class Fill:
    """A row of the table: the name people know, and what is done to pixels and to latents under the mask."""

    label: str
    pixels: Pixels = kept
    latents: Latents = as_encoded


FILLS: dict[str, Fill] = {
    "original": Fill("Original"),
    "surroundings": Fill("Surroundings", pixels=surroundings),
    "neutral": Fill("Neutral grey", pixels=neutral),
    "noise": Fill("Latent noise", latents=noisy),
    "nothing": Fill("Latent nothing", latents=empty),
}

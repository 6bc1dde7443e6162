"""What stands under a mask before the noise comes: with a strength below 1 it shapes what is painted there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Pixels = Callable[["Tensor", "Tensor"], "Tensor"]
Latents = Callable[["Tensor", "Tensor", Callable[[], "Tensor"]], "Tensor"]


def halved(pixels: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """Both at half the size, rounded up: the mean of what is known of 2 × 2 pixels, and where nothing of them is."""
    import torch.nn.functional as F

    known, even = 1 - hole, (0, hole.shape[2] % 2, 0, hole.shape[1] % 2)
    weights = F.avg_pool2d(F.pad(known, even), 2)
    colours = F.avg_pool2d(F.pad(pixels * known, even), 2) / weights.clamp(min=1e-6)
    return colours, (weights == 0).float()


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
    coarse = surroundings(*halved(pixels, hole))
    finer = F.interpolate(coarse[None], scale_factor=2, mode="bilinear", align_corners=False)[0][:, :height, :width]
    return known * pixels + hole * finer


def edge(pixels: Tensor, hole: Tensor) -> Tensor:
    """The nearest known pixel, drawn out into the hole."""
    from pipelines.nearest import drawn_out

    return drawn_out(pixels, hole) if _tells(hole) else pixels


def mirror(pixels: Tensor, hole: Tensor) -> Tensor:
    """The known part reflected over the edge of the hole."""
    from pipelines.nearest import mirrored

    return mirrored(pixels, hole) if _tells(hole) else pixels


def patch(pixels: Tensor, hole: Tensor) -> Tensor:
    """Texture from the rest of the picture, or ``surroundings`` where there is too little of it."""
    from pipelines.patches import continued

    return continued(pixels, hole, surroundings(pixels, hole)) if _tells(hole) else pixels


def statistics(pixels: Tensor, hole: Tensor) -> Tensor:
    """Noise with the colours and the grain of the picture; always the same noise."""
    import torch

    from pipelines.grain import grown

    return grown(pixels, hole, torch.Generator().manual_seed(0))


def _tells(hole: Tensor) -> bool:
    """Whether something is to be filled and something is known to fill it from."""
    return bool((hole > 0).any()) and bool((hole == 0).any())


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
    "edge": Fill("Edge drawn out", pixels=edge),
    "mirror": Fill("Mirrored", pixels=mirror),
    "patch": Fill("Patches of the picture", pixels=patch),
    "statistics": Fill("Coloured noise", pixels=statistics),
    "neutral": Fill("Neutral grey", pixels=neutral),
    "noise": Fill("Latent noise", latents=noisy),
    "nothing": Fill("Latent nothing", latents=empty),
}

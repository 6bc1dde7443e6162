"""How a picture is brought to another size before it is painted over, and a picture's latents likewise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    Pair = tuple[int, int]


def stretched(picture: Image, size: Pair) -> Image:
    """Width and height each on its own."""
    from PIL import Image as Pillow

    return picture if picture.size == size else picture.resize(size, Pillow.Resampling.LANCZOS)


def cropped(picture: Image, size: Pair) -> Image:
    """Large enough to cover the new size; the middle of it is kept."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    return ImageOps.fit(picture, size, Pillow.Resampling.LANCZOS)


def filled(picture: Image, size: Pair) -> Image:
    """All of it in the middle of the new size; around it the colours of its edges, softer the further out."""
    import torch

    from pipelines.canvas import to_picture, to_pixels
    from pipelines.infill import surroundings

    share = min(size[0] / picture.width, size[1] / picture.height)
    part = stretched(picture, (max(round(picture.width * share), 1), max(round(picture.height * share), 1)))
    left, top = (size[0] - part.width) // 2, (size[1] - part.height) // 2
    pixels, hole = torch.zeros(3, size[1], size[0]), torch.ones(1, size[1], size[0])
    here = (slice(None), slice(top, top + part.height), slice(left, left + part.width))
    pixels[here], hole[here] = to_pixels(part), 0
    whole = to_picture(surroundings(pixels, hole)).convert(part.mode)
    whole.paste(part, (left, top))
    return whole


def as_it_is(picture: Image, size: Pair) -> Image:
    """For those that resize the latents instead."""
    return picture


@dataclass(frozen=True)
class Resize:
    """A row of the table: the name people know, and what is done to the picture, or else to its latents."""

    label: str
    pixels: Callable[[Image, Pair], Image]
    in_latents: bool = False


RESIZES: dict[str, Resize] = {
    "stretch": Resize("Stretch", stretched),
    "crop": Resize("Crop", cropped),
    "fill": Resize("Fill", filled),
    "latent": Resize("Stretch the latents", as_it_is, in_latents=True),
}


def resized_latents(latents: Tensor, height: int, width: int) -> Tensor:
    """Latents (channels, h, w) at another size in cells."""
    from torch.nn.functional import interpolate

    if latents.shape[1:] == (height, width):
        return latents
    smaller = height * width < latents.shape[1] * latents.shape[2]
    return interpolate(latents[None], (height, width), mode="bicubic", antialias=smaller)[0]

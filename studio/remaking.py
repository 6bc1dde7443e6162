"""From the request that made a picture to requests near it: the next seeds, a variation, the same picture larger."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.checks import MAX_SIDE
from pipelines.errors import InvalidRequest
from pipelines.parts import MAX_SEED, VARIATIONS, Hires, Variation
from pipelines.requests import ImageToImage, Request, TextToImage

if TYPE_CHECKING:
    from PIL.Image import Image

TIMES = 2
"""How many times as long the sides of an enlarged picture are."""

STRENGTH = 0.35
"""How far a picture is painted anew while it is enlarged: finer, but still the same."""

SHARED = ("prompt", "negative", "clip_skip", "sampling", "tuning", "guiding", "controls", "image_prompts")
"""What one task takes over from another."""


def next_seeds(request: Request, count: int, taken: Collection[int] = ()) -> Request:
    """The request with the seeds that follow its own, as many as ``count``, none of which is ``taken``.

    Pictures that vary one seed keep it and vary it anew.
    """
    if request.variation.strength:
        return varied(request, request.variation.strength, count)
    sampling = replace(request.sampling, seed=_free(request.sampling.seed, count, frozenset(taken)))
    return replace(request, count=count, sampling=sampling)


def _free(seed: int, count: int, taken: Collection[int]) -> int:
    """The first seed behind this one from which on so many are free; seeds begin again after the last."""
    free = 0
    for step in range(1, (len(taken) + 1) * count + 1):
        free = 0 if (seed + step) % (MAX_SEED + 1) in taken else free + 1
        if free == count:
            return (seed + step - count + 1) % (MAX_SEED + 1)
    raise AssertionError("among more runs of seeds than there are taken ones, one is free")


def varied(request: Request, how: str | float, count: int = 1, seed: int | None = None) -> Request:
    """The request with its noise turned towards another seed's, which is drawn where it is not given.

    ``how``: by a name of ``VARIATIONS``, or from 0 to 1.
    """
    strength = VARIATIONS[how] if isinstance(how, str) else how
    seed = secrets.randbelow(MAX_SEED + 1) if seed is None else seed
    kept = request.variation
    turned = Variation(seed=seed, strength=strength, width=kept.width, height=kept.height)
    return replace(request, count=count, variation=turned)


def enlarged(request: Request, picture: Image) -> Request:
    """What makes the picture that came of a request twice as large; InvalidRequest where that is too large.

    A picture from a prompt alone goes its own way again and a second one over the larger copy; any other is painted
    over, as it came out.
    """
    width, height = TIMES * picture.width, TIMES * picture.height
    if max(width, height) > MAX_SIDE:
        raise InvalidRequest(f"The picture would be {width}x{height}; sides may be at most {MAX_SIDE}.")
    if isinstance(request, TextToImage) and not request.hires:
        return replace(request, count=1, hires=Hires(scale=TIMES, strength=STRENGTH))
    shared = {name: getattr(request, name) for name in SHARED}
    return ImageToImage(**shared, image=picture, strength=STRENGTH, width=width, height=height)

"""A picture from a prompt: pure noise, walked back to a picture."""

from __future__ import annotations

import math

import torch

from pipelines.canvas import to_picture
from pipelines.engine.engine import Trajectory, single
from pipelines.errors import InvalidRequest
from pipelines.families.family import Facts, Family
from pipelines.planning import Canvas, along, plan_walks
from pipelines.requests import Size, TextToImage

MOST_TIMES = 16
"""How many times the pixels that a model was trained on a picture may have; it falls to pieces long before."""


def plan(family: Family, request: TextToImage, exact: bool = False) -> tuple[Trajectory, ...]:
    """Trajectories for ``request``; InvalidRequest if the model cannot make pictures of that size."""
    check_size(request.size, family.facts)
    width, height = request.size.width, request.size.height
    canvas = Canvas(width, height)
    if family.facts.takes_mask:
        blank = family.encode(torch.zeros(3, height, width))
        canvas = Canvas(width, height, cells=torch.ones_like(blank[:1]), kept=blank)
    walks = plan_walks(family, request, canvas, lambda latents: to_picture(family.decode(latents)))
    return along(family, map(single, walks), exact)


def check_size(size: Size, facts: Facts) -> None:
    """Refuse sides that are no multiple of what the model takes, and sizes far beyond what it was trained on."""
    multiple, most = facts.multiple, MOST_TIMES * facts.native**2
    if size.width * size.height > most:
        side = math.isqrt(most)
        raise InvalidRequest(
            f"{size.width}x{size.height} is too large for a model that was trained on {facts.native}x{facts.native}: "
            f"choose at most {side}x{side}, or as many pixels in another shape."
        )
    for name, value in (("width", size.width), ("height", size.height)):
        if value % multiple:
            below = value - value % multiple
            raise InvalidRequest(
                f"The {name} must be a multiple of {multiple} for this model, but is {value}: "
                f"try {below} or {below + multiple}."
            )

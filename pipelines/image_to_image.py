"""Paint a picture over: the same walk, begun at a picture with noise on it instead of at noise alone."""

from __future__ import annotations

import dataclasses

from PIL import Image
from torch import Tensor

from pipelines.canvas import fit, keep_facts, plain, to_picture, to_pixels
from pipelines.engine.engine import Course, Trajectory, Walk
from pipelines.families.family import Family
from pipelines.planning import Finish, along, check_size, open_canvas, plan_walks
from pipelines.region import Region
from pipelines.requests import ImageToImage, Size
from pipelines.resizing import RESIZES, resized_latents, stretched

CUTTING = ("crop", "fill")
"""Ways of resizing after which the canvas is not the whole picture, or more than it."""


def plan(family: Family, request: ImageToImage, exact: bool = False) -> tuple[Trajectory, ...]:
    """Trajectories for ``request``; InvalidRequest if the model cannot make pictures of that size."""
    picture = plain(request.image)
    walks = walks_over(family, request, picture)
    courses = (looped(family, request.alone(index), walk) for index, walk in enumerate(walks))
    return along(family, courses, exact)


def looped(family: Family, request: ImageToImage, walk: Walk) -> Course:
    """The first ``walk``, and then as often as the request says another over its result."""
    for number in range(1, request.loops):
        left = (request.loops - number) * walk.schedule.steps
        latents = yield dataclasses.replace(walk, after=left)
        picture = walk.finish(latents)
        (walk,) = walks_over(family, request.of_walk(number), picture)
    yield walk
    return ()


def walks_over(family: Family, request: ImageToImage, picture: Image.Image) -> tuple[Walk, ...]:
    """A walk for each picture of the request over this (plain) one, whatever size its image is."""
    size, resize = (request.width or picture.width, request.height or picture.height), RESIZES[request.resize]
    part = resize.pixels(picture, size)
    latents = family.encode(to_pixels(fit(part, family.facts.multiple)))
    alpha = part.getchannel("A").resize(size) if "A" in part.getbands() else None

    def finish(latents: Tensor) -> Image.Image:
        painted = to_picture(family.decode(latents)).crop((0, 0, *size))
        if alpha is not None:
            painted.putalpha(alpha)
        return keep_facts(painted, picture)

    walks = walks_from(family, request, latents, size, finish)
    if request.resize in CUTTING:
        return walks
    width, height = (side + -side % family.facts.multiple for side in size)
    place = Region(0, 0, *request.image.size, working=size).place(width, height)
    return tuple(dataclasses.replace(walk, place=place) for walk in walks)


def walks_from(
    family: Family, request: ImageToImage, latents: Tensor, size: tuple[int, int], finish: Finish
) -> tuple[Walk, ...]:
    """A walk for each picture of the request from these ``latents``, brought to ``size`` (width, height) in pixels."""
    width, height = (side + -side % family.facts.multiple for side in size)
    check_size(Size(width=width, height=height), family.facts)
    downscale = family.facts.downscale
    canvas = open_canvas(
        family,
        width,
        height,
        original=resized_latents(latents, height // downscale, width // downscale),
        strength=request.strength,
        full_steps=request.full_steps,
        laid=lambda picture: fit(stretched(picture, size), family.facts.multiple),
    )
    return plan_walks(family, request, canvas, finish)

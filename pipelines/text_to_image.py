"""A picture from a prompt: pure noise, walked back to a picture, and perhaps a second walk over a larger copy of it."""

from __future__ import annotations

import dataclasses

from PIL import Image
from torch import Tensor

from pipelines.canvas import to_picture
from pipelines.engine.engine import Course, Trajectory, Walk, single
from pipelines.families.family import Family
from pipelines.image_to_image import walks_from, walks_over
from pipelines.planning import along, check_reuse, check_size, open_canvas, plan_walks
from pipelines.requests import ImageToImage, Size, TextToImage


def plan(family: Family, request: TextToImage, exact: bool = False) -> tuple[Trajectory, ...]:
    """Trajectories for ``request``; InvalidRequest if the model cannot make pictures of that size."""
    check_size(request.size, family.facts)

    def finish(latents: Tensor) -> Image.Image:
        return to_picture(family.decode(latents))

    walks = plan_walks(family, request, open_canvas(family, request.size.width, request.size.height), finish)
    if not request.hires:
        return along(family, map(single, walks), exact)
    check_size(larger(request, family.facts.multiple), family.facts)
    check_reuse(request.sampling.reuse, family.facts, request.hires.steps or request.sampling.steps)
    return along(family, (twice(family, request.alone(index), walk) for index, walk in enumerate(walks)), exact)


def larger(request: TextToImage, multiple: int) -> Size:
    """The size of the second walk, in multiples that the model takes."""
    width, height = (round(side * request.hires.scale / multiple) * multiple for side in vars(request.size).values())
    return Size(width=width, height=height)


def twice(family: Family, request: TextToImage, first: Walk) -> Course:
    """The first walk, then one over its result, enlarged."""
    hires, size = request.hires, larger(request, family.facts.multiple)
    latents = yield dataclasses.replace(first, after=hires.steps or request.sampling.steps)
    if hires.upscale == "latents":
        picture = Image.new("RGB", (request.size.width, request.size.height))
        (walk,) = walks_from(family, second(request, picture, size), latents, (size.width, size.height), first.finish)
    else:
        picture = first.finish(latents)
        (walk,) = walks_over(family, second(request, picture, size), picture)
    yield walk
    return ()


def second(request: TextToImage, picture: Image.Image, size: Size) -> ImageToImage:
    """The second walk of a request for one picture, over the ``picture`` that the first has made."""
    hires = request.hires
    sampling = dataclasses.replace(
        request.sampling,
        steps=hires.steps or request.sampling.steps,
        sampler=hires.sampler or request.sampling.sampler,
    )
    tuning = request.tuning if sampling.sampler == request.sampling.sampler else type(request.tuning)()
    return ImageToImage(
        prompt=hires.prompt or request.prompt,
        negative=request.negative,
        clip_skip=request.clip_skip,
        sampling=sampling,
        tuning=tuning,
        guiding=request.guiding,
        controls=request.controls,
        image_prompts=request.image_prompts,
        image=picture,
        strength=hires.strength,
        full_steps=True,
        width=size.width,
        height=size.height,
    ).of_walk(1)

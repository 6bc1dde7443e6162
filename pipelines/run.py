"""A request run to its pictures, as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from PIL import Image
from torch import Tensor

from pipelines import image_to_image, inpainting, outpainting, text_to_image
from pipelines.canvas import to_picture
from pipelines.engine.engine import Answers, Engine, Trajectory
from pipelines.events import Picture, Proof, Step
from pipelines.families.family import Family
from pipelines.locking import prove
from pipelines.requests import ImageToImage, Inpaint, Outpaint, Request, TextToImage
from pipelines.resuming import moved

PLANS: dict[type[Request], Callable[..., tuple[Trajectory, ...]]] = {
    TextToImage: text_to_image.plan,
    ImageToImage: image_to_image.plan,
    Inpaint: inpainting.plan,
    Outpaint: outpainting.plan,
}

NOTHING: Mapping[int, Answers] = MappingProxyType({})


def generate(
    family: Family, request: Request, *, exact: bool | None = None, resume: Mapping[int, Answers] = NOTHING
) -> Generator[Step | Picture, None, None]:
    """Make the pictures of ``request``: a ``Step`` whenever one of them has advanced, a ``Picture`` when one is done.

    Closing the iterator cancels: nothing more is computed or decoded.  ``exact``: each picture comes out bit for bit as
    if it were made alone, at the price of smaller network calls; the default is to be exact on the CPU, where larger
    calls gain little.  ``resume``: by picture, what the network already said in an earlier run of the same request
    (``pipelines.resuming``).  A request that would change nothing gives its picture back as it came.
    """
    if request.idle is not None:
        for index in range(request.count):
            yield Picture(index, request.seed_of(index), request.image.copy())  # type: ignore[attr-defined]
        return
    alone = family.device.type == "cpu" if exact is None else exact
    trajectories = PLANS[type(request)](family, request, alone)
    numbers = {trajectory: index for index, trajectory in enumerate(trajectories)}
    told = {trajectories[index]: moved(answers, family.device) for index, answers in resume.items()}
    for trajectory, step, steps, latents in _advances(trajectories, told):
        index, preview = numbers[trajectory], partial(_preview, family, trajectory.x0)
        yield Step(index, step, steps, preview, tuple(trajectory.answers))
        if latents is not None:
            image = trajectory.walk.finish(latents)
            yield Picture(index, request.seed_of(index), image, _proof(request, image))


def _advances(trajectories: tuple[Trajectory, ...], told: Mapping[Trajectory, Answers]) -> Iterator[Any]:
    """As many trajectories at a time as one network call takes, so that the first pictures are done first."""
    engine = Engine()
    waiting = list(trajectories)
    while waiting or engine.live:
        while waiting and len(engine.live) < max(waiting[0].walk.at_once() // 2, 1):
            joining = waiting.pop(0)
            engine.add(joining, told.get(joining, ()))
        yield from engine.step()


def _proof(request: Request, image: Image.Image) -> Proof | None:
    if isinstance(request, Outpaint):
        request = outpainting.as_inpainting(request)
    return prove(request, image) if isinstance(request, Inpaint) else None


def _preview(family: Family, x0: Tensor) -> Image.Image:
    return to_picture(family.preview(x0))

"""A request run to its pictures, as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
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
from pipelines.memory import REFUSALS, release
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
    family: Family,
    request: Request,
    *,
    exact: bool | None = None,
    resume: Mapping[int, Answers] = NOTHING,
    done: Collection[int] = (),
) -> Generator[Step | Picture, None, None]:
    """Make the pictures of ``request``: a ``Step`` whenever one of them has advanced, a ``Picture`` when one is done.

    Closing the iterator cancels: nothing more is computed or decoded.  ``exact``: each picture comes out bit for bit as
    if it were made alone, at the price of smaller network calls; the default is to be exact on the CPU, where larger
    calls gain little.  ``resume``: by picture, what the network already said in an earlier run of the same request
    (``pipelines.resuming``).  ``done``: pictures that are there already and are left out.  A request that would change
    nothing gives its picture back as it came.

    Where memory runs short, what the network has said is kept and the run goes on with the next of the family's
    savings; a finished walk whose picture could not be decoded is decoded anew.
    """
    if request.idle is not None:
        for index in range(request.count):
            yield Picture(index, request.seed_of(index), request.image.copy())  # type: ignore[attr-defined]
        return
    alone = family.device.type == "cpu" if exact is None else exact
    told, made = dict(resume), set(done)
    family.thrift = 0
    while True:
        try:
            for event in _attempt(family, request, alone, told, made):
                if isinstance(event, Picture):
                    made.add(event.index)
                    told.pop(event.index, None)
                else:
                    told[event.index] = event.answers[:-1]  # with all of them there would be nothing left to ask
                yield event
            return
        except REFUSALS:
            if family.thrift == len(family.savings):
                raise
        family.thrift += 1
        release(family.device)


def _attempt(
    family: Family, request: Request, alone: bool, told: Mapping[int, Answers], made: Collection[int]
) -> Iterator[Step | Picture]:
    """The pictures that are not made yet, each from what the network has said for it."""
    trajectories = PLANS[type(request)](family, request, alone)
    missing = {trajectory: index for index, trajectory in enumerate(trajectories) if index not in made}
    answers = {each: moved(told[index], family.device) for each, index in missing.items() if index in told}
    spared = ", ".join(family.savings[: family.thrift])
    for trajectory, step, steps, latents in _advances(list(missing), answers):
        index, preview = missing[trajectory], partial(_preview, family, trajectory.x0)
        yield Step(index, step, steps, preview, tuple(trajectory.answers))
        if latents is not None:
            image = trajectory.walk.finish(latents)
            yield Picture(index, request.seed_of(index), image, _proof(request, image), spared)


def _advances(waiting: list[Trajectory], told: Mapping[Trajectory, Answers]) -> Iterator[Any]:
    """As many trajectories at a time as one network call takes, so that the first pictures are done first."""
    engine = Engine()
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

"""Extend a picture beyond its edges: inpainting on a grown canvas, in as many rounds as that takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from pipelines.canvas import grow, plain, to_pixels
from pipelines.engine.engine import Course, Place, Trajectory, Walk
from pipelines.engine.windows import Window
from pipelines.errors import InvalidRequest
from pipelines.families.family import Facts, Family
from pipelines.inpainting import walks_in
from pipelines.parts import Margins
from pipelines.planning import along
from pipelines.region import Region
from pipelines.repetition import copied
from pipelines.requests import Inpaint, Outpaint, Request
from pipelines.resizing import stretched
from pipelines.rounds import Box, Round, plan_rounds

COPIED = 0.5
"""The share of a new part that may be found again in the picture."""


def plan(family: Family, request: Outpaint, exact: bool = False) -> tuple[Trajectory, ...]:
    """Trajectories for ``request``: in each round the new part is the mask, and the overlap its feather."""
    check_anchored(request, family.facts)
    rounds = rounds_of(request, family.facts)
    walks = walks_of(family, controlled(request, rounds, 0), plain(request.image), rounds[0])
    courses = (extended(family, request.alone(index), walk, rounds) for index, walk in enumerate(walks))
    return along(family, courses, exact)


def rounds_of(request: Outpaint, facts: Facts) -> tuple[Round, ...]:
    """The rounds of a request, which can be shown before they are run."""
    return plan_rounds(request.image.size, request.margins, facts, strips=request.anchored)


def check_anchored(request: Outpaint, facts: Facts) -> None:
    """Refuse margins that would put the picture between the cells that anchored noise belongs to."""
    off = [value for value in (request.margins.left, request.margins.top, *request.origin) if value % facts.downscale]
    if request.anchored and off:
        raise InvalidRequest(
            f"Anchored noise needs a left and a top margin and an origin in multiples of {facts.downscale}, "
            f"but one is {off[0]}: try {off[0] - off[0] % facts.downscale}."
        )


def extended(family: Family, request: Outpaint, walk: Walk, rounds: Sequence[Round]) -> Course:
    """A walk for each round over the picture so far, the first given; one that copies the picture is walked again."""
    picture, copies = plain(request.image), Copies()
    for place, planned in enumerate(rounds):
        for roll in range(request.rolls + 1):
            number = place + roll * len(rounds)
            if number:
                wish = in_walk(controlled(request, rounds, place), number, rounds[:place])
                (walk,) = walks_of(family, wish, picture, planned)
            left = (len(rounds) - place - 1) * walk.schedule.steps
            walk = dataclasses.replace(walk, finish=lru_cache(maxsize=1)(walk.finish), after=left)  # decoded once
            walk = dataclasses.replace(walk, place=_on_picture(walk.place, rounds[: place + 1]))
            latents = yield walk
            if not request.rolls or not is_copy(walk.finish(latents), picture, planned.margins):
                break
            copies = copies.met(again=roll < request.rolls)
        if left:
            picture = walk.finish(latents)
    return copies.told()


def _on_picture(place: Place | None, done: Sequence[Round]) -> Place | None:
    """What lies so on the canvas after some rounds, as it lies on the picture that they began with."""
    if place is None:
        return None
    left, top, width, height = place
    return (
        left - sum(each.margins.left for each in done),
        top - sum(each.margins.top for each in done),
        width,
        height,
    )


@dataclass(frozen=True)
class Copies:
    """How often a new part only said again what the picture beside it says: ``anew`` painted again, or ``kept``."""

    anew: int = 0
    kept: int = 0

    def met(self, again: bool) -> Copies:
        return Copies(self.anew + again, self.kept + (not again))

    def told(self) -> tuple[str, ...]:
        """What a person should know of it, in sentences."""
        said = []
        if self.anew:
            times = "once" if self.anew == 1 else f"{self.anew} times"
            said.append(f"The new part copied the picture beside it and was painted anew {times}.")
        if self.kept:
            said.append("It still looks like a copy in places: another seed or prompt may help.")
        return tuple(said)


def in_walk(request: Outpaint, number: int, done: Sequence[Round]) -> Outpaint:
    """The request with the noise of its walk ``number``, and the origin of the picture after so many rounds.

    Noise that belongs to places differs from round to round anyway, so only a further roll needs another seed.
    """
    again = not request.anchored or number > len(done)
    wish = request.of_walk(number) if again else request
    return dataclasses.replace(wish, origin=origin_after(request, done))


def controlled(request: Outpaint, rounds: Sequence[Round], place: int) -> Outpaint:
    """The request with its controls, which show the whole new canvas, cut to what there is of it in a round."""
    left, top = (
        getattr(request.margins, side) - sum(getattr(done.margins, side) for done in rounds[: place + 1])
        for side in ("left", "top")
    )
    (width, height), whole = rounds[place].size, rounds[-1].size
    box = (left, top, left + width, top + height)
    controls = (dataclasses.replace(each, image=stretched(each.image, whole).crop(box)) for each in request.controls)
    return dataclasses.replace(request, controls=tuple(controls))


def is_copy(extended: Image.Image, picture: Image.Image, margins: Margins) -> bool:
    """Whether most of what a round has painted says again what the picture beside it says."""
    pixels, old = to_pixels(extended), to_pixels(picture)
    height, width = pixels.shape[1:]
    strips = (
        pixels[:, :, : margins.left],
        pixels[:, :, width - margins.right :],
        pixels[:, : margins.top],
        pixels[:, height - margins.bottom :],
    )
    return any(strip.numel() and copied(strip, old) > COPIED for strip in strips)


def origin_after(request: Outpaint, rounds: Sequence[Round]) -> tuple[int, int]:
    """Where the picture's corner is on the canvas when so many rounds have been run."""
    left, top = request.origin
    return left - sum(done.margins.left for done in rounds), top - sum(done.margins.top for done in rounds)


def walks_of(family: Family, request: Outpaint, picture: Image.Image, planned: Round) -> tuple[Walk, ...]:
    """A walk for each picture of the request that adds a round's margins to ``picture``."""
    wish, (left, top, width, height) = on_grown(request, picture, planned.margins), planned.region
    region = Region(left, top, width, height, (width, height))
    cell = family.facts.downscale
    corner = None
    if request.anchored:
        across, down = origin_after(request, (planned,))
        corner = ((down + top) // cell, (across + left) // cell)
    windows = tuple(_window(box, cell) for box in planned.windows)
    return walks_in(family, wish, region, wish.mask, windows, corner)


def _window(box: Box, cell: int) -> Window:
    return Window(box.top // cell, box.left // cell, -(-box.height // cell), -(-box.width // cell))


def as_inpainting(request: Outpaint) -> Inpaint:
    """The same wish on the grown canvas, as a whole."""
    return on_grown(request, plain(request.image), request.margins)


def on_grown(request: Outpaint, picture: Image.Image, margins: Margins) -> Inpaint:
    """The request's wish on ``picture`` grown by ``margins``."""
    grown, mask = grow(picture, margins)
    shared = {item.name: getattr(request, item.name) for item in dataclasses.fields(Request)}
    own = {name: getattr(request, name) for name in ("strength", "fill", "blend")}
    return Inpaint(**shared, **own, image=grown, mask=mask, feather=request.overlap)

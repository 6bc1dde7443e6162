"""What the tasks share: a request becomes walks from noise to pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from pipelines.aiming import aims_of
from pipelines.engine.engine import Course, Trajectory, Walk
from pipelines.engine.guidance import Questions, guidance_rule, guided
from pipelines.engine.masking import masked
from pipelines.engine.noise import AnchoredNoise, Noise, of_size, slerp
from pipelines.engine.pairing import misfit
from pipelines.engine.reusing import FIRST, reusing
from pipelines.engine.samplers import SAMPLERS, Draw, Run, step_to
from pipelines.engine.schedule import Path, Schedule, last_steps, start_at
from pipelines.engine.spacings import AUTOMATIC, SPACINGS, build_schedule, spacing_for
from pipelines.engine.windows import Window, windowed
from pipelines.errors import InvalidRequest
from pipelines.families.family import Facts, Family
from pipelines.infill import Latents, as_encoded
from pipelines.requests import Request, Size
from pipelines.resizing import stretched

Finish = Callable[[Tensor], Image.Image]
"""The last latents of a walk → its picture."""


MOST_TIMES = 16
"""How many times the pixels that a model was trained on a picture may have; it falls to pieces long before."""


@dataclass(frozen=True)
class Canvas:
    """Where the trajectories run: width and height in pixels (multiples of the family's), and what stands there.

    ``original``: the latents of the old picture, if there is one.  ``cells``: (1, h, w), 1 = repaint.  ``under``: what
    becomes of its latents there before the noise comes.  ``full_steps``: all steps lead from where the
    strength sets out.
    ``kept``: the latents of the old picture with the masked part blanked out, for networks that are given the mask.
    ``windows``: through which a large canvas is seen; all at once where there are fewer than two.  ``corner``: (row,
    column) of its first cell where noise belongs to places.  ``laid``: how another picture of the whole comes to lie on
    it, pixel by pixel; stretched where None.
    """

    width: int
    height: int
    original: Tensor | None = None
    cells: Tensor | None = None
    kept: Tensor | None = None
    strength: float = 1.0
    full_steps: bool = False
    under: Latents = as_encoded
    windows: tuple[Window, ...] = ()
    corner: tuple[int, int] | None = None
    laid: Callable[[Image.Image], Image.Image] | None = None

    def lay(self, picture: Image.Image) -> Image.Image:
        """Another picture of the whole, as it lies on the canvas."""
        return stretched(picture, (self.width, self.height)) if self.laid is None else self.laid(picture)


def open_canvas(family: Family, width: int, height: int, **more: Any) -> Canvas:
    """A canvas all of which is to be painted; networks that are given a mask are told so."""
    if not family.facts.takes_mask:
        return Canvas(width, height, **more)
    blank = family.encode(torch.zeros(3, height, width))
    return Canvas(width, height, cells=torch.ones_like(blank[:1]), kept=blank, **more)


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


def check_sides(columns: int, rows: int, facts: Facts) -> None:
    """Refuse what is too long to be shown to the network at once, in cells."""
    longest = max(columns, rows) * facts.downscale
    if 0 < facts.longest < longest:
        raise InvalidRequest(
            f"This model can be shown pictures that are at most {facts.longest} pixels long, but this one is {longest}."
        )


def check_guiding(request: Request, facts: Facts) -> None:
    """Refuse what a model that is told the guidance scale has no use for."""
    if not facts.embeds_guidance:
        return
    if request.guiding.method != "cfg" or request.guiding.rescale:
        raise InvalidRequest(
            "This model guides itself and is only told how strongly: leave the guidance method and rescale as they are."
        )
    if request.negative.strip():
        raise InvalidRequest("This model guides itself and hears no negative prompt: leave it out.")


def check_reuse(reuse: int, facts: Facts, steps: int) -> None:
    """Refuse to use deep features again where the network has none, or where there is nothing to use them for."""
    if reuse > 1 and not facts.has_outer_layers:
        raise InvalidRequest(
            f"Deep features are used again in networks like those of Stable Diffusion 1, 2 and XL, but the one of this "
            f"model ({facts.family}) is built differently: set reuse to 1."
        )
    if reuse > 1 and steps < FIRST + 2:
        raise InvalidRequest(
            f"Deep features are used again in walks of {FIRST + 2} steps and more, but this one has {steps}: "
            "set reuse to 1, or take more steps."
        )


def along(family: Family, courses: Iterable[Course], exact: bool) -> tuple[Trajectory, ...]:
    """A trajectory for each picture's course."""
    return tuple(Trajectory(family.estimate, course, exact) for course in courses)


def plan_walks(family: Family, request: Request, canvas: Canvas, finish: Finish) -> tuple[Walk, ...]:
    """One walk per picture, each with its own noise; the prompts are encoded once for all."""
    sampling = request.sampling
    check_guiding(request, family.facts)
    shape = (family.facts.channels, canvas.height // family.facts.downscale, canvas.width // family.facts.downscale)
    path = path_of(family, request, shape[1] * shape[2])
    schedule = schedule_from(path, request, canvas)
    check_reuse(sampling.reuse, family.facts, schedule.steps)
    aims, adapters = aims_of(family, request, schedule.steps, canvas)

    draws = draws_of(family, request, canvas)
    seen = canvas.windows if len(canvas.windows) > 1 else ()
    rows, columns = max((window.height, window.width) for window in seen) if seen else shape[1:]
    check_sides(columns, rows, family.facts)
    at_once = partial(family.at_once, columns * family.facts.downscale, rows * family.facts.downscale)

    def walk(index: int) -> Walk:
        noise = draws(request.seed_of(index), shape)
        start = first = first_noise(family, request.alone(index), noise(), shape, draws)
        combine = guidance_rule(request.guiding.method, request.guiding.rescale, family.prediction)
        if canvas.original is not None and canvas.strength < 1:
            under = canvas.original if canvas.cells is None else canvas.under(canvas.original, canvas.cells, noise)
            start = step_to(schedule.levels[0], under, first)

        def ask(run: Run) -> Questions:
            if canvas.original is not None and canvas.cells is not None and canvas.kept is None:
                run = masked(run, canvas.original, canvas.cells, first, schedule.share_left)
            questions = guided(run, lambda level: aims[schedule.step_of(level) - 1], combine)
            questions = windowed(questions, seen) if seen else questions
            return reusing(questions, sampling.reuse) if sampling.reuse > 1 else questions

        run = SAMPLERS[sampling.sampler].run(start, schedule, noise, **request.tuning.knobs(sampling.sampler))
        return Walk(schedule, run, ask, finish, at_once, used=adapters.used)

    return tuple(walk(index) for index in range(request.count))


def path_of(family: Family, request: Request, cells: int) -> Path:
    """The model's path for latents of so many cells; InvalidRequest where it cannot be shifted as the request says."""
    try:
        return family.path.shifted(cells, request.tuning.shift, request.sampling.steps)
    except ValueError as error:
        raise InvalidRequest(f"This model has no use for shift: {error}. Leave it out.") from error


def schedule_from(path: Path, request: Request, canvas: Canvas) -> Schedule:
    """The levels of the request on this path, from where the strength on this canvas sets out."""
    steps = request.sampling.steps
    if not canvas.full_steps:
        return start_at(schedule_of(path, request, steps), canvas.strength)
    return last_steps(schedule_of(path, request, round(steps / canvas.strength)), steps)


def schedule_of(path: Path, request: Request, steps: int) -> Schedule:
    """The request's levels for so many steps on this path; InvalidRequest where sampler and spacing do not fit it."""
    if steps > path.last_timestep + 1:
        raise InvalidRequest(
            f"This model was trained on {path.last_timestep + 1:.0f} levels of noise, so it cannot make "
            f"{steps} steps: use fewer."
        )
    sampling, sampler = request.sampling, SAMPLERS[request.sampling.sampler]
    spacing = sampling.spacing
    if spacing == AUTOMATIC:
        spacing = spacing_for(path, sampler.suits)
    request.tuning.check_use(sampling.sampler, spacing)
    schedule = build_schedule(path, steps, spacing, request.tuning.bounds)
    reason = misfit(sampler, SPACINGS[spacing], path, schedule)
    if reason is not None:
        raise InvalidRequest(reason)
    return schedule


def source_of(family: Family, request: Request) -> Any:
    """The device that the request's noise is drawn on."""
    return family.device if request.sampling.noise == "device" else "cpu"


Draws = Callable[[int, tuple[int, ...]], Draw]
"""A seed and a shape → the stream of that seed's noise."""


def draws_of(family: Family, request: Request, canvas: Canvas) -> Draws:
    """Where the noise of the request comes from: a stream for the whole canvas, or one for each place of it."""
    if canvas.corner is None:
        return lambda seed, shape: Noise(seed, shape, family.device, source_of(family, request))
    corner = canvas.corner
    return lambda seed, shape: AnchoredNoise(seed, shape, corner, family.device)


def first_noise(family: Family, request: Request, own: Tensor, shape: tuple[int, ...], draws: Draws) -> Tensor:
    """The noise that a request for one picture starts from: its seed's ``own``, or what its variation makes of it."""
    variation = request.variation
    if variation.width:
        cells = variation.height // family.facts.downscale, variation.width // family.facts.downscale
        own = of_size(lambda size: draws(request.sampling.seed, size)(), shape, *cells)
    if variation.strength:
        own = slerp(own, draws(variation.seed, shape)(), variation.strength)
    return own

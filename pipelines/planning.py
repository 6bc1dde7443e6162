"""What the tasks share: a request becomes trajectories, and a way to make pictures of their latents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from torch import Tensor

from pipelines.engine.engine import Trajectory
from pipelines.engine.guidance import Aim, Questions, guided
from pipelines.engine.masking import masked
from pipelines.engine.noise import Noise
from pipelines.engine.samplers import SAMPLERS, Run, step_to
from pipelines.engine.schedule import build_schedule, start_at
from pipelines.errors import InvalidRequest
from pipelines.families.family import Family
from pipelines.prompt import Part, Weighted, parse, pieces, tags
from pipelines.requests import Request


@dataclass(frozen=True)
class Plan:
    """One trajectory per picture of the request; ``finish`` turns a trajectory's last latents into its picture."""

    trajectories: tuple[Trajectory, ...]
    finish: Callable[[Tensor], Image.Image]


@dataclass(frozen=True)
class Canvas:
    """Where the trajectories run: width and height in pixels (multiples of the family's), and what stands there.

    ``original``: the latents of the old picture, if there is one.  ``cells``: (1, h, w), 1 = repaint.
    ``kept``: the latents of the old picture with the masked part blanked out, for networks that are given the mask.
    """

    width: int
    height: int
    original: Tensor | None = None
    cells: Tensor | None = None
    kept: Tensor | None = None
    strength: float = 1.0


def plan_trajectories(family: Family, request: Request, canvas: Canvas, exact: bool) -> tuple[Trajectory, ...]:
    """One trajectory per picture, each with its own noise; the prompts are encoded once for all."""
    sampling = request.sampling
    if sampling.steps > family.path.last_timestep + 1:
        raise InvalidRequest(
            f"This model was trained on {family.path.last_timestep + 1:.0f} levels of noise, so it cannot make "
            f"{sampling.steps} steps: use fewer."
        )
    schedule = start_at(build_schedule(family.path, sampling.steps, sampling.spacing), canvas.strength)
    aims = aims_of(family, request, schedule.steps, canvas)
    shape = (family.facts.channels, canvas.height // family.facts.downscale, canvas.width // family.facts.downscale)

    def trajectory(index: int) -> Trajectory:
        noise = Noise(sampling.seed_of(index), shape, family.device)
        start = first = noise()
        if canvas.original is not None and canvas.strength < 1:
            start = step_to(schedule.levels[0], canvas.original, first)

        def ask(run: Run) -> Questions:
            if canvas.original is not None and canvas.cells is not None and canvas.kept is None:
                run = masked(run, canvas.original, canvas.cells, first)
            return guided(run, lambda level: aims[schedule.step_of(level) - 1], sampling.guidance)

        run = SAMPLERS[sampling.sampler].run(start, schedule, noise)
        return Trajectory(family.estimate, schedule, run, ask, exact, family.at_once(canvas.width, canvas.height))

    return tuple(trajectory(index) for index in range(request.count))


def aims_of(family: Family, request: Request, steps: int, canvas: Canvas) -> list[Aim]:
    """What each step is guided towards and away from; every wording that comes up is encoded once."""
    positive, negative = parse(request.prompt), parse(request.negative)
    for tag in (*tags(positive), *tags(negative)):
        raise InvalidRequest(f"<{tag.kind}:{tag.name}> cannot be switched on by this model: take it out of the prompt.")
    against = Part(tuple(Weighted(part.items, part.weight) for part in negative.parts))
    said = [
        ([(pieces(part, step, steps), part.weight) for part in positive.parts], pieces(against, step, steps))
        for step in range(1, steps + 1)
    ]
    wordings = dict.fromkeys(wording for towards, away in said for wording in (*(each for each, _ in towards), away))
    encoded = dict(zip(wordings, family.encode_prompts(tuple(wordings)), strict=True))
    if canvas.kept is not None and canvas.cells is not None:
        encoded = {wording: family.with_mask(each, canvas.cells, canvas.kept) for wording, each in encoded.items()}
    return [Aim(tuple((encoded[each], weight) for each, weight in towards), encoded[away]) for towards, away in said]

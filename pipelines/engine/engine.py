"""The one loop.  It holds the live trajectories, whichever task they come from, and answers their questions together.

    every trajectory's pending questions ─▶ groups that fit one network call ─▶ answers handed back ─▶ next questions

Trajectories join, rest and leave between steps; cancelling one is dropping it.  A trajectory is a deterministic
function of the answers it was given, so those are all there is to keep: given them again, in another process, it goes
on where it was, bit for bit, whatever sampler and guidance remember.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pipelines.engine.guidance import Query, Questions, watched
from pipelines.engine.samplers import Run
from pipelines.engine.schedule import Schedule

Network = Callable[[Sequence[Query]], Sequence[Tensor]]
"""Answers several queries, all of one shape, in one call."""

Answers = Sequence[Sequence[Tensor]]
"""What a trajectory was told so far: for each time it asked, an estimate for each of its questions."""

Place = tuple[float, float, float, float]
"""Left, top, width and height."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Once down a schedule: a sampler's ``run``, and the wrappers that ``ask`` the network for it.

    ``finish`` makes the picture of the last latents.  ``at_once()``: the most queries of this shape that the network
    should be given in one call just now.  ``after``: how many steps of further walks will probably follow.  ``used``:
    what is on beside the model, for those who tell of it.  ``place``: what its latents show, in pixels of
    the picture that is worked on; None where there is none, or they do not show a part of it.
    """

    schedule: Schedule
    run: Run
    ask: Callable[[Run], Questions]
    finish: Callable[[Tensor], Any] = lambda latents: latents
    at_once: Callable[[], int] = lambda: 8
    after: int = 0
    used: tuple[Hashable, ...] = ()
    place: Place | None = None


Course = Generator[Walk, Tensor, tuple[str, ...]]
"""A picture's walks one after another: it is sent the last latents of each, and gives the next one.

What it returns in the end are sentences that should be told of the picture, mostly none.
"""


def single(walk: Walk) -> Course:
    """The course that most pictures take."""
    yield walk
    return ()


@dataclass(eq=False)
class Trajectory:
    """One picture on its way from noise, along its ``course``.

    ``exact``: its questions never share a call with another picture's.  ``walk``: the one under way.  ``x0``: the
    estimate that the sampler was sent last.  ``answers``: what the network said so far, one tuple for each time it was
    asked; ``Engine.add`` gives them to a fresh trajectory.  ``used``: what its walks so far had on, each once.
    ``notes``: what its course had to tell, once it has ended.
    """

    network: Network
    course: Course
    exact: bool = False
    x0: Tensor | None = field(default=None, init=False)
    walk: Walk = field(init=False)
    questions: Questions = field(init=False)
    pending: tuple[Query, ...] = field(default=(), init=False)
    answers: list[tuple[Tensor, ...]] = field(default_factory=list, init=False)
    behind: int = field(default=0, init=False)
    used: dict[Any, None] = field(default_factory=dict, init=False)
    notes: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self.walk = next(self.course)
        self.used |= dict.fromkeys(self.walk.used)

    def start(self) -> None:
        """Ask the first questions of the walk."""
        self.questions = self.walk.ask(watched(self.walk.run, self._see))
        self.pending = next(self.questions)

    def _see(self, x0: Tensor) -> None:
        self.x0 = x0

    def answer(self, estimates: tuple[Tensor, ...]) -> Tensor | None:
        """Take in the estimates that are pending; the last latents, if there is nothing more to ask."""
        self.answers.append(estimates)
        try:
            self.pending = self.questions.send(estimates)
        except StopIteration as end:
            return self._go_on(end.value)
        return None

    def _go_on(self, latents: Tensor) -> Tensor | None:
        """Begin the next walk; where there is none, these latents are the last."""
        behind = self.behind + self.walk.schedule.steps
        try:
            self.walk = self.course.send(latents)
        except StopIteration as end:
            self.notes = end.value
            return latents
        self.behind = behind
        self.used |= dict.fromkeys(self.walk.used)
        self.start()
        return None

    @property
    def step(self) -> int:
        """The step under way, over all walks: 1 while the first level is being estimated."""
        return self.behind + self.walk.schedule.step_of(self.pending[0].level)

    @property
    def steps(self) -> int:
        """All steps, as far as it is known."""
        return self.behind + self.walk.schedule.steps + self.walk.after


class Advance(NamedTuple):
    """A trajectory has ``step`` of ``steps`` behind it; ``latents`` are its last ones, if it has arrived.

    ``fault``: what it raised when it was given its answers; it is then live no longer.
    """

    trajectory: Trajectory
    step: int
    steps: int
    latents: Tensor | None
    fault: Exception | None = None


Asked = tuple[Trajectory, int, Query]
"""A question of a trajectory, with its place among those that it asks at a time."""


class Engine:
    """The live trajectories and the step that carries them all forward by one estimate each."""

    def __init__(self) -> None:
        self.live: list[Trajectory] = []

    @torch.inference_mode()
    def add(self, trajectory: Trajectory, answers: Answers = ()) -> None:
        """Let a trajectory join from the next step on; with the ``answers`` of an earlier run, where that stopped."""
        trajectory.start()
        whole = trajectory.pending
        for estimates in answers:
            whole = trajectory.pending if trajectory.pending[0].whole else whole
            if len(estimates) != len(trajectory.pending) or trajectory.answer(tuple(estimates)) is not None:
                raise ValueError("These answers belong to another trajectory.")
        if not trajectory.pending[0].whole:  # what it is about to use again was said in an earlier run
            for group in self._groups((trajectory, place, query) for place, query in enumerate(whole)):
                trajectory.network([query for *_, query in group])
        self.live.append(trajectory)

    def drop(self, trajectory: Trajectory) -> None:
        """Cancel: nothing more is computed for this trajectory."""
        self.live.remove(trajectory)
        trajectory.questions.close()
        trajectory.course.close()

    @torch.inference_mode()
    def step(self, turn: Sequence[Trajectory] | None = None) -> list[Advance]:
        """Answer every live trajectory once, or only those whose ``turn`` it is.

        Where the network fails nothing has happened, and the step can be tried again.
        """
        turn = list(self.live) if turn is None else turn
        answers: dict[int, dict[int, Tensor]] = defaultdict(dict)
        asked = ((trajectory, place, query) for trajectory in turn for place, query in enumerate(trajectory.pending))
        for group in self._groups(asked):
            network = group[0][0].network
            estimates = network([query for *_, query in group])
            for (trajectory, place, _), x0 in zip(group, estimates, strict=True):
                answers[id(trajectory)][place] = x0
        return [self._advance(trajectory, answers[id(trajectory)]) for trajectory in turn]

    def _groups(self, asked: Iterable[Asked]) -> Iterator[list[Asked]]:
        """Queries in lists that fit one call."""
        alike: dict[Hashable, list[Asked]] = defaultdict(list)
        for trajectory, place, query in asked:
            own = id(trajectory) if trajectory.exact else None
            key = trajectory.network, query.x.shape, query.conditioning.batch_key, query.whole, own
            alike[key].append((trajectory, place, query))
        for queries in alike.values():
            size = max(queries[0][0].walk.at_once(), 1)
            yield from (queries[i : i + size] for i in range(0, len(queries), size))

    def _advance(self, trajectory: Trajectory, answers: dict[int, Tensor]) -> Advance:
        step, steps, latents, fault = trajectory.step, trajectory.steps, None, None
        try:
            latents = trajectory.answer(tuple(answers[place] for place in range(len(answers))))
        except Exception as error:  # concerns this trajectory alone
            fault = error
        if latents is not None or fault is not None:
            self.live.remove(trajectory)
        return Advance(trajectory, step, steps, latents, fault)

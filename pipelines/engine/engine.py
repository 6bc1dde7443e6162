"""The one loop.  It holds the live trajectories, whichever task they come from, and answers their questions together.

    every trajectory's pending questions ─▶ groups that fit one network call ─▶ answers handed back ─▶ next questions

Trajectories join and leave between steps; cancelling one is dropping it.  A trajectory is a deterministic function of
the answers it was given, so those are all there is to keep: given them again, in another process, it goes on where it
was, bit for bit, whatever sampler and guidance remember.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from pipelines.engine.guidance import Query, Questions, watched
from pipelines.engine.samplers import Run
from pipelines.engine.schedule import Schedule

Network = Callable[[Sequence[Query]], Sequence[Tensor]]
"""Answers several queries, all of one shape, in one call."""

Answers = Sequence[Sequence[Tensor]]
"""What a trajectory was told so far: for each time it asked, an estimate for each of its questions."""


@dataclass(eq=False)
class Trajectory:
    """One picture on its way from noise: a sampler's ``run``, and the wrappers that ``ask`` the network for it.

    ``exact``: its questions never share a call with another picture's.  ``at_once``: the most queries of this shape
    that the network should be given in one call.  ``x0``: the estimate that the sampler was sent last.  ``answers``:
    what the network said so far, one tuple for each time it was asked; ``Engine.add`` gives them to a fresh trajectory.
    """

    network: Network
    schedule: Schedule
    run: InitVar[Run]
    ask: InitVar[Callable[[Run], Questions]]
    exact: bool = False
    at_once: int = 8
    x0: Tensor | None = field(default=None, init=False)
    questions: Questions = field(init=False)
    pending: tuple[Query, ...] = field(default=(), init=False)
    answers: list[tuple[Tensor, ...]] = field(default_factory=list, init=False)

    def __post_init__(self, run: Run, ask: Callable[[Run], Questions]) -> None:
        self.questions = ask(watched(run, self._see))

    def _see(self, x0: Tensor) -> None:
        self.x0 = x0

    def start(self) -> None:
        """Ask the first questions."""
        self.pending = next(self.questions)

    def answer(self, estimates: tuple[Tensor, ...]) -> Tensor | None:
        """Take in the estimates that are pending; the last latents, if there is nothing more to ask."""
        self.answers.append(estimates)
        try:
            self.pending = self.questions.send(estimates)
        except StopIteration as end:
            return end.value
        return None

    @property
    def step(self) -> int:
        """The step under way: 1 while the first level is being estimated."""
        return self.schedule.step_of(self.pending[0].level)


class Advance(NamedTuple):
    """A trajectory was answered; ``latents`` are its last ones, if that was the last answer it needed."""

    trajectory: Trajectory
    step: int
    latents: Tensor | None


class Engine:
    """The live trajectories and the step that carries them all forward by one estimate each."""

    def __init__(self) -> None:
        self.live: list[Trajectory] = []

    @torch.inference_mode()
    def add(self, trajectory: Trajectory, answers: Answers = ()) -> None:
        """Let a trajectory join from the next step on; with the ``answers`` of an earlier run, where that stopped."""
        trajectory.start()
        for estimates in answers:
            if len(estimates) != len(trajectory.pending) or trajectory.answer(tuple(estimates)) is not None:
                raise ValueError("These answers belong to another trajectory.")
        self.live.append(trajectory)

    def drop(self, trajectory: Trajectory) -> None:
        """Cancel: nothing more is computed for this trajectory."""
        self.live.remove(trajectory)
        trajectory.questions.close()

    @torch.inference_mode()
    def step(self) -> list[Advance]:
        """Answer every live trajectory once."""
        answers: dict[int, dict[int, Tensor]] = defaultdict(dict)
        for group in self._groups():
            network = group[0][0].network
            estimates = network([trajectory.pending[place] for trajectory, place in group])
            for (trajectory, place), x0 in zip(group, estimates, strict=True):
                answers[id(trajectory)][place] = x0
        return [self._advance(trajectory, answers[id(trajectory)]) for trajectory in list(self.live)]

    def _groups(self) -> Iterator[list[tuple[Trajectory, int]]]:
        """Pending queries, as (trajectory, place) pairs, in lists that fit one call."""
        alike: dict[Hashable, list[tuple[Trajectory, int]]] = defaultdict(list)
        for trajectory in self.live:
            for place, query in enumerate(trajectory.pending):
                own = id(trajectory) if trajectory.exact else None
                alike[trajectory.network, query.x.shape, query.conditioning.batch_key, own].append((trajectory, place))
        for queries in alike.values():
            size = max(queries[0][0].at_once, 1)
            yield from (queries[i : i + size] for i in range(0, len(queries), size))

    def _advance(self, trajectory: Trajectory, answers: dict[int, Tensor]) -> Advance:
        step = trajectory.step
        latents = trajectory.answer(tuple(answers[place] for place in range(len(answers))))
        if latents is not None:
            self.live.remove(trajectory)
        return Advance(trajectory, step, latents)

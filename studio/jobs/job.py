"""One job and what is told of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from studio.jobs.about import about
from studio.jobs.progress import Progress

State = Literal["queued", "running", "done", "failed", "cancelled", "quarantined"]
FINAL = frozenset({"done", "failed", "cancelled", "quarantined"})


@dataclass(frozen=True)
class Result:
    """A picture of a job that is on disk: its id in the library, and what is told of it."""

    id: str
    seed: int
    prompt: str
    width: int
    height: int

    def view(self) -> dict[str, Any]:
        """Plain data for whoever watches."""
        return {**vars(self), "url": f"api/pictures/{self.id}"}


@dataclass(eq=False)
class Job:
    """``requests``: a JSON list of what ``Request.to_dict`` made, their pictures numbered through over all of them.

    ``attempts``: starts since a picture of it was last done.  ``deaths``: how many of them ended the engine.
    ``seconds``: of work before the present attempt.  ``grid``: where its pictures are a grid's cells, the labels of
    each axis, a JSON list of lists.  All these are on disk too; what follows lives in memory only.

    ``version`` grows with every change, so that a watcher sees whether there is something new.  ``previews`` and
    ``pictures`` are by the picture's number; a preview is its version number and its JPEG.  ``places``: what of the
    picture worked on the previews show, in its pixels.  ``run``: what the worker calls the present attempt.
    ``turn``: its place among those that have begun, 0 where it has not.
    """

    id: str
    model: str
    requests: str
    state: State = "queued"
    message: str | None = None
    attempts: int = 0
    deaths: int = 0
    stopping: bool = False
    seconds: float = 0.0
    grid: str | None = None
    pictures: dict[int, Result] = field(default_factory=dict)
    previews: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    places: dict[int, tuple[float, ...] | None] = field(default_factory=dict)
    version: int = 1
    run: str = ""
    turn: int = 0
    began: float | None = None
    task: str = field(init=False)
    count: int = field(init=False)
    about: dict[str, Any] = field(init=False)
    labels: list[list[str]] | None = field(init=False)
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        requests = json.loads(self.requests)
        self.task = requests[0]["task"]
        self.count = sum(each["count"] for each in requests)
        self.about = about(requests)
        self.labels = None if self.grid is None else json.loads(self.grid)
        self._steps = [each["sampling"]["steps"] for each in requests for _ in range(each["count"])]
        self.recount()

    def begin(self) -> None:
        """Start the clock of an attempt."""
        self.began = time.monotonic()
        self.run = f"{self.id}.{self.version}"
        self.recount()

    def recount(self) -> None:
        """Count the steps from the start, with those of finished pictures behind us."""
        self.progress = Progress(self._steps)
        for number in self.pictures:
            self.progress.advance(number, self._steps[number], self._steps[number])

    @property
    def over(self) -> bool:
        """Whether nothing will change any more, unless somebody wants it tried again."""
        return self.state in FINAL

    @property
    def begun_in_vain(self) -> bool:
        """Whether it was begun before, and ended without a picture: it may be what ends engines, or studios."""
        return self.attempts > (self.state == "running")

    @property
    def complete(self) -> bool:
        """Whether all its pictures are made."""
        return len(self.pictures) == self.count

    @property
    def elapsed(self) -> float:
        """Seconds of work so far."""
        return self.seconds + (0.0 if self.began is None else time.monotonic() - self.began)

    def view(self, position: int) -> dict[str, Any]:
        """Plain data for whoever watches; ``position``: how many jobs are ahead of this one."""
        return {
            "id": self.id,
            "task": self.task,
            **self.about,
            "grid": self.labels,
            "state": self.state,
            "position": position,
            "step": self.progress.step,
            "steps": self.progress.steps,
            "count": self.count,
            "seconds_left": self.progress.seconds_left if self.state == "running" else None,
            "elapsed": round(self.elapsed, 3),
            "attempts": self.attempts,
            "message": self.message,
            "pictures": self._pictures(),
            "previews": [self.previews.get(index, (0, b""))[0] for index in range(self.count)],
            "places": {number: place for number, place in self.places.items() if place},
            "version": self.version,
        }

    def _pictures(self) -> list[dict[str, Any] | None]:
        """By number up to the last one made; None stands for one that is not, or not yet."""
        made = range(max(self.pictures, default=-1) + 1)
        return [self.pictures[number].view() if number in self.pictures else None for number in made]

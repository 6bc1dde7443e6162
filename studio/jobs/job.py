"""One job and what is told of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.requests import Request
from studio.jobs.progress import Progress
from studio.library import Saved
from studio.models import ModelCard

State = Literal["queued", "running", "done", "failed", "cancelled"]
FINAL = frozenset({"done", "failed", "cancelled"})


@dataclass(eq=False)
class Job:
    """``version`` grows with every change, so that a watcher sees whether there is something new.

    ``previews`` and ``pictures`` are by the picture's index.  A preview is its version number and its JPEG, a picture
    its seed, its own wording of the prompt, and its file.
    """

    id: str
    task: str
    count: int
    progress: Progress
    state: State = "queued"
    message: str | None = None
    stopping: bool = False
    version: int = 1
    started: float | None = None
    ended: float | None = None
    pictures: dict[int, tuple[int, str, Saved]] = field(default_factory=dict)
    previews: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL

    @property
    def elapsed(self) -> float:
        """Seconds of work so far."""
        if self.started is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.started

    def view(self, position: int) -> dict[str, Any]:
        """Plain data for whoever watches; ``position``: how many jobs are ahead of this one."""
        return {
            "id": self.id,
            "task": self.task,
            "state": self.state,
            "position": position,
            "step": self.progress.step,
            "steps": self.progress.steps,
            "count": self.count,
            "seconds_left": self.progress.seconds_left if self.state == "running" else None,
            "elapsed": round(self.elapsed, 3),
            "message": self.message,
            "pictures": self._pictures(),
            "previews": [self.previews.get(index, (0, b""))[0] for index in range(self.count)],
            "version": self.version,
        }

    def _pictures(self) -> list[dict[str, Any] | None]:
        """By index up to the last one made; None stands for one that is not, or not yet."""
        made = range(max(self.pictures, default=-1) + 1)
        return [_picture(*self.pictures[index]) if index in self.pictures else None for index in made]


@dataclass(frozen=True)
class Order:
    """What a job is to do; let go once it is done, since it may hold large pictures.

    ``requests``: made one after another, with their pictures numbered through.
    """

    job: Job
    requests: tuple[Request, ...]
    card: ModelCard


def _picture(seed: int, prompt: str, saved: Saved) -> dict[str, Any]:
    return {
        "id": saved.id,
        "url": f"api/pictures/{saved.id}",
        "seed": seed,
        "prompt": prompt,
        "width": saved.width,
        "height": saved.height,
    }

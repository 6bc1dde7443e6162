"""The jobs as they stand, in memory and on disk, changed together; what is told of them, and how they go on.

    queued ─▶ running ─▶ done · failed · cancelled
       ▲         │
       └─────────┴─ the engine died of it ─▶ quarantined, the second time

Whoever decides something holds ``_deciding``, writes it to the disk and then changes what is seen, under ``_changed``,
which is held for moments only: watchers never wait for a disk.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.errors import OutputError
from studio.jobs.job import Job, Result, State
from studio.jobs.store import Store
from studio.jobs.turns import put_back, upcoming

MOST_DEATHS = 2
"""Engines that a job may end before it is set aside, counted since a picture of it was last done."""

MOST_ATTEMPTS = 5
"""Starts of a job that may come to nothing, whatever ended them: the studio itself may have been the one to die."""

ASIDE = "The job was set aside, so that the others go on: make its picture smaller, or try it again."


class Ledger:
    """Safe to use from any thread.  ``folder``: where the list of jobs and runs under way are kept.  ``at_once``: how
    many jobs may run at a time.

    Nothing is read or written before ``open``.
    """

    def __init__(self, folder: Path, at_once: int) -> None:
        self.runs = folder / "runs"
        self._path = folder / "jobs.sqlite"
        self._opened: Store | None = None
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._running: list[Job] = []
        self._begun = 0
        self._at_once = at_once
        self._marked = datetime.min.replace(tzinfo=UTC)
        self._paused = self._closed = False
        self._deciding = threading.RLock()
        self._changed = threading.Condition()

    def open(self) -> None:
        """Take up the jobs where they were left; OutputError where they cannot be read or another studio has them."""
        with self._deciding:
            if self._opened is not None:
                return
            store = self._opened = Store(self._path)
            jobs = store.jobs()
            with self._changed:
                self._jobs = {job.id: job for job in jobs}
                self._queue = [job for job in jobs if not job.over]
                self._paused = store.paused
                for job in jobs:
                    job.recount()
            for job in list(self._queue):
                self._take_up(job)
            self._tidy()

    @property
    def _store(self) -> Store:
        self.open()
        assert self._opened is not None
        return self._opened

    # What is told

    def all(self) -> dict[str, Any]:
        """``paused``, and ``jobs``: those that run, those that wait in their order, those that are over."""
        with self._changed:
            over = [job for job in self._jobs.values() if job.over]
            jobs = [*self._running, *self._queue, *reversed(over)]
            return {"paused": self._paused, "jobs": [job.view(self._position(job)) for job in jobs]}

    def view(self, id: str) -> dict[str, Any] | None:
        """A job as plain data; None where there is none of that id (any more)."""
        with self._changed:
            job = self._jobs.get(id)
            return None if job is None else job.view(self._position(job))

    def version(self, id: str) -> int | None:
        """A job's version alone, for watchers that look often."""
        job = self._jobs.get(id)
        return None if job is None else job.version

    def versions(self) -> dict[str, int]:
        """The versions of all jobs, for watchers of all of them."""
        with self._changed:
            return {job.id: job.version for job in self._jobs.values()}

    @property
    def paused(self) -> bool:
        """Whether no further job begins."""
        return self._paused

    def preview(self, id: str, index: int) -> bytes | None:
        """The latest preview of a picture, a JPEG; None where there is none."""
        job = self._jobs.get(id)
        found = None if job is None else job.previews.get(index)
        return None if found is None else found[1]

    def wait(self, id: str, after_version: int, timeout: float) -> dict[str, Any] | None:
        """Its view once its version is past ``after_version``, or as it is when ``timeout`` seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: (self.version(id) or after_version + 1) > after_version, timeout)
        return self.view(id)

    # What the runner does

    def take(self, message: Callable[[], str | None]) -> Job | None:
        """The next job, once it may begin, its attempt counted on disk before it does; None once the studio closes."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next)
                if self._closed:
                    return None
            with self._deciding:
                job = self._next
                if job is not None and self._begin(job, message()):
                    return job

    def advance(self, job: Job, number: int, step: int, steps: int) -> None:
        """Picture ``number`` has ``step`` of ``steps`` behind it."""
        with self._changed:
            job.progress.advance(number, step, steps)
            job.message = None
            self._tell(job)

    def show(self, job: Job, number: int, jpeg: bytes, place: tuple[float, ...] | None = None) -> None:
        """A preview of picture ``number``, and which part of the picture worked on it shows."""
        with self._changed:
            job.places[number] = place
            job.previews[number] = job.version + 1, jpeg
            self._tell(job)

    def mark(self, job: Job, number: int) -> str:
        """Picture ``number`` is about to be written: the mark for its recipe, the time, which no other picture has."""
        with self._deciding:
            self._marked = max(datetime.now(UTC), self._marked + timedelta(microseconds=1))
            mark = self._marked.isoformat(timespec="microseconds")
            self._store.mark(job.id, number, mark)
            return mark

    def marks(self, job: Job) -> dict[str, int]:
        """The numbers of pictures that may have been written without a row, by their marks."""
        with self._deciding:
            return self._store.marks(job.id)

    def keep(self, job: Job, number: int, result: Result) -> None:
        """Picture ``number`` has been written; only now is anybody told, and earlier attempts are forgiven."""
        with self._deciding:
            self._store.keep(job.id, number, result, {"attempts": 0, "deaths": 0})
            with self._changed:
                job.pictures[number] = result
                job.attempts = job.deaths = 0
                self._tell(job)

    def end(self, job: Job, state: State, message: str | None = None) -> None:
        """The job is over.  Where that cannot be written it is told all the same; a restart then takes it up again."""
        with self._deciding:
            values = {"state": state, "message": message, "seconds": job.elapsed}
            with contextlib.suppress(OutputError):
                self._store.change(job.id, values)
            if state in ("done", "cancelled"):
                self.saved(job).unlink(missing_ok=True)
            self._let_go(job, values)

    def lost(self, job: Job, reason: str, alone: bool) -> None:
        """The engine died under the job: it goes on where it was, unless it was ``alone`` there and not the first time.

        With others it is one suspect of several, and none of them is blamed (``studio.jobs.turns``).
        """
        with self._deciding:
            deaths = job.deaths + alone
            if self._closed:
                self._wait_again(job, attempts=max(job.attempts - 1, 0))
            elif job.stopping:
                self.end(job, "cancelled")
            elif deaths < MOST_DEATHS:
                self._wait_again(job, deaths=deaths, message=f"{reason} It starts again and goes on …")
            else:
                self.end(job, "quarantined", f"{reason} That has happened before. {ASIDE}")

    def saved(self, job: Job) -> Path:
        """Where the worker keeps how far it is with a job."""
        return self.runs / f"{job.id}.run"

    # Under the lock

    @property
    def _next(self) -> Job | None:
        return None if self._paused else upcoming(self._queue, self._running, self._at_once)

    def _begin(self, job: Job, message: str | None) -> bool:
        """Make this one of the jobs that run; not where it has come to nothing too often, or cannot be written down."""
        if job.attempts >= MOST_ATTEMPTS:
            self.end(
                job, "quarantined", f"This was begun {job.attempts} times, and each time the studio ended. {ASIDE}"
            )
            return False
        with self._changed:
            job.begin()
        try:
            self._change(job, state="running", attempts=job.attempts + 1, message=message)
        except OutputError as error:
            self.end(job, "failed", str(error))
            return False
        with self._changed:
            self._begun += 1
            job.turn = job.turn or self._begun
            self._queue.remove(job)
            self._running.append(job)
            self._tell(*self._queue)
        return True

    def _wait_again(self, job: Job, message: str | None = None, **values: Any) -> None:
        """Back to the head of the queue, behind those alone that began before it."""
        values |= {"state": "queued", "message": message, "seconds": job.elapsed}
        order = put_back(job, self._queue)
        try:
            self._store.order([each.id for each in order])
            self._store.change(job.id, values)
        except OutputError as error:
            self.end(job, "failed", str(error))
            return
        self._let_go(job, values)
        with self._changed:
            self._queue = order
            self._changed.notify_all()

    def _let_go(self, job: Job, values: Mapping[str, Any]) -> None:
        """The job neither runs nor waits."""
        with self._changed:
            vars(job).update(values, began=None)
            job.previews.clear()
            job.places.clear()
            self._running = [each for each in self._running if each is not job]
            self._queue = [each for each in self._queue if each is not job]
            self._tell(job, *self._queue)

    def _change(self, job: Job, **values: Any) -> None:
        self._store.change(job.id, values)
        with self._changed:
            vars(job).update(values)
            self._tell(job)

    def _tell(self, *jobs: Job) -> None:
        for job in jobs:
            job.version += 1
        self._changed.notify_all()

    def _position(self, job: Job) -> int:
        if job.state != "queued":
            return 0
        ahead = next((place for place, each in enumerate(self._queue) if each is job), 0)
        return ahead + len(self._running)

    def _take_up(self, job: Job) -> None:
        """A job that was under way when the studio ended waits again, or was being stopped."""
        if job.stopping:
            self.end(job, "cancelled")
        elif job.state == "running":
            self._change(job, state="queued", message=None)

    def _forget(self, jobs: Sequence[Job]) -> None:
        self._store.forget([job.id for job in jobs])
        with self._changed:
            for job in jobs:
                del self._jobs[job.id]
        self._tidy()

    def _tidy(self) -> None:
        """Remove what was kept of runs that nobody can take up again."""
        wanted = {job.id for job in self._jobs.values() if job.state != "done"}
        for path in self.runs.glob("*"):
            if path.stem not in wanted:
                path.unlink(missing_ok=True)

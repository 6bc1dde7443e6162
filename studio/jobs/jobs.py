"""The rules of the queue: submit, cancel, try again, move, pause, clear.

Jobs begin in the order they came, and several run at a time.  Each change is on disk before anybody sees it, so a
studio that was killed goes on where it was.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Sequence

from pipelines.errors import InvalidRequest, StudioError
from pipelines.pictures import pictures_in
from pipelines.requests import Request
from studio.jobs.job import Job
from studio.jobs.ledger import Ledger
from studio.jobs.runner import Runner
from studio.library import Library
from studio.models import Models
from studio.workers import Worker

MOST_QUEUED = 100
MOST_KEPT = 200
GUESS = 60.0
"""Seconds that a job is thought to take as long as none has been seen to end."""


class QueueFull(StudioError):
    """More jobs wait than anybody would wait for; ``seconds``: after which there should be room for one more."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Jobs(Ledger):
    """Safe to use from any thread.  ``at_once``: how many jobs share the engine at a time."""

    def __init__(self, library: Library, models: Models, worker: Worker, at_once: int = 1) -> None:
        super().__init__(library.outputs / ".studio", at_once)
        self._library = library
        self._models = models
        self._worker = worker
        runner = Runner(self, library, models, worker)
        names = [f"jobs-{number}" for number in range(1, at_once + 1)]
        self._threads = [threading.Thread(target=runner.work, name=name, daemon=True) for name in names]

    def start(self) -> None:
        """Begin to work the queue off; OutputError where it cannot be read or another studio has it."""
        self.open()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Begin nothing more; what runs and what waits goes on after the next start.  Close the worker next."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def join(self, patience: float = 15.0) -> None:
        """After ``close`` and the worker's end: wait until the last finished picture is written, and let go."""
        until = time.monotonic() + patience
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(until - time.monotonic(), 0.0))
        if self._opened is not None and not any(thread.is_alive() for thread in self._threads):
            self._opened.close()

    def submit(self, requests: Sequence[Request], model: str, grid: Sequence[Sequence[str]] | None = None) -> str:
        """Put requests of one task in the queue as one job, and give the job's id.

        ``grid``: the labels of each axis, where every request is one picture, a cell of it.  Pictures that go in are
        kept in the library first.  StudioError where the requests could not be carried out, QueueFull where too many
        wait already.
        """
        for idle in (request.idle for request in requests):
            if idle is not None:
                raise InvalidRequest(idle)
        self._models.card(model)
        self._library.check()
        self._check_room()
        shared = {id(picture): picture for request in requests for picture in pictures_in(request)}
        for picture in shared.values():
            self._library.keep(picture)
        told = json.dumps([request.to_dict() for request in requests])
        job = Job(secrets.token_hex(8), model, told, grid=None if grid is None else json.dumps(grid))
        with self._deciding:
            self._check_room()
            self._store.add(job)
            with self._changed:
                self._jobs[job.id] = job
                self._queue.append(job)
                self._changed.notify_all()
            self._forget_old()
        return job.id

    def cancel(self, id: str) -> None:
        """Take a job from the queue, or stop it before its next step; one that is over stays as it is."""
        with self._deciding:
            job = self._jobs.get(id)
            if job is None or job.over:
                return
            if job not in self._running:
                self.end(job, "cancelled")
            elif not job.stopping:
                job.stopping = True
                self._worker.cancel(job.run, wanted=self._wants(job.model))
                self._change(job, stopping=True)

    def retry(self, id: str) -> None:
        """Put a job that ended without being done at the end of the queue; what was made of it stays."""
        with self._deciding:
            job = self._known(id)
            if job.state not in ("failed", "cancelled", "quarantined"):
                raise InvalidRequest(f"This job is {job.state}: only one that ended undone can be tried again.")
            self._check_room()
            self._store.order([id])
            self._change(job, state="queued", message=None, attempts=0, deaths=0, stopping=False)
            with self._changed:
                job.turn = 0
                job.recount()
                self._queue.append(job)
                self._changed.notify_all()

    def move(self, id: str, to: int) -> None:
        """Give a waiting job another place among those that wait; 0 is next."""
        with self._deciding:
            job = self._known(id)
            if job not in self._queue:
                raise InvalidRequest(f"This job is {job.state}: only one that waits can be moved.")
            order = [each for each in self._queue if each is not job]
            order.insert(max(to, 0), job)
            self._store.order([each.id for each in order])
            with self._changed:
                self._queue = order
                self._tell(*order)

    def pause(self, paused: bool = True) -> None:
        """Let no further job begin, also after a restart; what runs goes on."""
        with self._deciding:
            self._store.paused = paused
            with self._changed:
                self._paused = paused
                self._tell(*self._queue)

    def resume(self) -> None:
        """Let the queue go on."""
        self.pause(False)

    def clear(self) -> None:
        """Forget the jobs that are over; their pictures stay in the library."""
        with self._deciding:
            self._forget([job for job in self._jobs.values() if job.over])

    # Under the lock

    def _known(self, id: str) -> Job:
        job = self._jobs.get(id)
        if job is None:
            raise InvalidRequest("There is no such job (any more): submit it anew.")
        return job

    def _wants(self, model: str) -> bool:
        """Whether the next job that begins is of this model."""
        return bool(self._queue) and not self._paused and self._queue[0].model == model

    def _check_room(self) -> None:
        if self._closed:
            raise StudioError("The studio is closing: start it again to go on.")
        self.open()
        if len(self._queue) >= MOST_QUEUED:
            seconds = self._seconds_until_room()
            when = f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"
            sentence = f"{MOST_QUEUED} jobs are waiting already: try again in about {when}, or cancel some."
            raise QueueFull(sentence, seconds)

    def _seconds_until_room(self) -> int:
        """What the first of those that run still takes, or else what one like those that are done takes."""
        left = [job.progress.seconds_left for job in self._running]
        took = [job.seconds for job in self._jobs.values() if job.state == "done"]
        usual = sum(took) / len(took) if took else GUESS
        return max(1, round(min((each for each in left if each is not None), default=usual)))

    def _forget_old(self) -> None:
        """Keep the queue and the latest jobs that are over."""
        over = [job for job in self._jobs.values() if job.over]
        if len(over) > MOST_KEPT:
            self._forget(over[:-MOST_KEPT])

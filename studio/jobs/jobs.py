"""The queue: submit, watch, cancel.  One job runs at a time, in the order they came; all of it lives in memory."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from pipelines.errors import InvalidRequest, StudioError
from pipelines.requests import Request
from studio.explain import sentence
from studio.jobs.job import Job, Order, State
from studio.jobs.progress import Progress
from studio.library import Library, Recipe, Saved
from studio.models import Models
from studio.wording import numbered
from studio.workers import Made, Preview, Worker
from studio.workers import Progress as Advanced

MOST_QUEUED = 100
MOST_KEPT = 200


class QueueFull(StudioError):
    """More jobs wait than anybody would wait for."""


class Jobs:
    """Safe to use from any thread."""

    def __init__(self, library: Library, models: Models, worker: Worker) -> None:
        self._library = library
        self._models = models
        self._worker = worker
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Order] = deque()
        self._running: Job | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to work the queue off."""
        self._thread.start()

    def close(self) -> None:
        """Cancel everything.  Close the worker next, so that nothing waits for a step to end."""
        with self._changed:
            self._closed = True
            for order in self._queue:
                self._end(order.job, "cancelled")
            self._queue.clear()
            self._changed.notify_all()

    def join(self, patience: float = 15.0) -> None:
        """After ``close`` and the worker's end: wait until the last finished picture is written."""
        if self._thread.is_alive():
            self._thread.join(patience)

    def submit(self, requests: Sequence[Request], model: str) -> str:
        """Put requests that are alike but for words and seeds in the queue as one job, and give the job's id.

        StudioError where they could not be carried out.
        """
        request, count = requests[0], sum(each.count for each in requests)
        if request.idle is not None:
            raise InvalidRequest(request.idle)
        card = self._models.card(model)
        self._library.check()
        job = Job(secrets.token_hex(8), request.task, count, Progress(count, request.sampling.steps))
        with self._changed:
            if self._closed:
                raise StudioError("The studio is closing: start it again to go on.")
            if len(self._queue) >= MOST_QUEUED:
                raise QueueFull(f"{MOST_QUEUED} jobs are waiting already: wait until some are done, or cancel some.")
            self._jobs[job.id] = job
            self._queue.append(Order(job, tuple(requests), card))
            self._forget()
            self._changed.notify_all()
        return job.id

    def view(self, id: str) -> dict[str, Any] | None:
        """A job as plain data; None where there is none of that id (any more)."""
        with self._changed:
            job = self._jobs.get(id)
            return None if job is None else job.view(self._position(job))

    def version(self, id: str) -> int | None:
        """A job's version alone, for watchers that look often."""
        job = self._jobs.get(id)
        return None if job is None else job.version

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

    def cancel(self, id: str) -> None:
        """Take a job from the queue, or stop it before its next step; one that is over stays as it is."""
        with self._changed:
            job = self._jobs.get(id)
            if job is None or job.over:
                return
            if job is self._running:
                job.stopping = True
                self._worker.cancel(id)
                return
            self._queue = deque(order for order in self._queue if order.job is not job)
            self._end(job, "cancelled")

    # The thread that works

    def _work(self) -> None:
        while (order := self._next()) is not None:
            try:
                self._run(order)
            except Exception as error:
                self._finish(order.job, "failed", sentence(error))
            else:
                self._finish(order.job, "done" if len(order.job.pictures) == order.job.count else "cancelled")
            del order  # its pictures need not stay while the next one is awaited

    def _next(self) -> Order | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._queue)
            if self._closed:
                return None
            order = self._queue.popleft()
            job = self._running = order.job
            job.started = time.monotonic()
            job.state = "running"
            job.message = None if self._worker.status.state == "ready" else "The model is loading …"
            self._tell(job, *(waiting.job for waiting in self._queue))
            return order

    def _run(self, order: Order) -> None:
        for request, first in numbered(order.requests):
            if order.job.stopping:
                return
            with closing(self._worker.run(order.job.id, request, order.card.folder)) as events:
                for event in events:
                    self._apply(order, request, event, first + event.index)
                    if order.job.stopping:  # said again, since the engine may not have been there to hear it
                        self._worker.cancel(order.job.id)

    def _apply(self, order: Order, request: Request, event: Advanced | Preview | Made, number: int) -> None:
        """Take one event over into picture ``number`` of the job; it is saved before anybody is told of it."""
        job = order.job
        saved = self._save(order, request, event) if isinstance(event, Made) else None
        with self._changed:
            job.message = None
            if isinstance(event, Advanced):
                job.progress.advance(number, event.step, event.steps)
            elif isinstance(event, Preview):
                job.previews[number] = job.version + 1, event.jpeg
            elif saved is not None:
                job.pictures[number] = event.seed, request.prompt, saved
            self._tell(job)

    def _save(self, order: Order, request: Request, made: Made) -> Saved:
        recipe = Recipe(
            request=request.alone(made.index),
            model=order.card.reference,
            title=order.card.title,
            on=self._worker.status.on,
            proof=made.proof,
        )
        return self._library.save(made.image, recipe)

    def _finish(self, job: Job, state: State, message: str | None = None) -> None:
        with self._changed:
            self._running = None
            self._end(job, state, message)

    # Under the lock

    def _end(self, job: Job, state: State, message: str | None = None) -> None:
        job.state = state
        job.message = message
        job.ended = time.monotonic()
        job.previews.clear()
        self._tell(job, *(order.job for order in self._queue))

    def _tell(self, *jobs: Job) -> None:
        for job in jobs:
            job.version += 1
        self._changed.notify_all()

    def _position(self, job: Job) -> int:
        if job.state != "queued":
            return 0
        ahead = next((place for place, order in enumerate(self._queue) if order.job is job), 0)
        return ahead + (self._running is not None)

    def _forget(self) -> None:
        """Keep the queue and the latest jobs that are over."""
        over = [id for id, job in self._jobs.items() if job.over]
        for id in over[: max(0, len(over) - MOST_KEPT)]:
            del self._jobs[id]

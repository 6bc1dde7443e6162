"""What works the queue off: jobs, through the worker, into the library."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from pipelines.errors import UnreadableImage
from pipelines.requests import Request
from pipelines.rereading import from_dict
from studio.explain import sentence
from studio.jobs.job import Job, Result
from studio.jobs.ledger import Ledger
from studio.library import Library, Recipe
from studio.models import ModelCard, Models
from studio.wording import numbered
from studio.workers import EngineLost, Made, Preview, Progress, Worker

LOADING = "The model is loading …"
SLACK = timedelta(days=1)
"""How much later than a picture an older one may seem by its name, which has the local time in it."""


class Runner:
    """Carries out what the ledger gives it and tells it how that goes.  ``work`` is for several threads at a time."""

    def __init__(self, ledger: Ledger, library: Library, models: Models, worker: Worker) -> None:
        self._ledger = ledger
        self._library = library
        self._models = models
        self._worker = worker

    def work(self) -> None:
        """One job after another, until the studio closes."""
        while (job := self._ledger.take(self._beginning)) is not None:
            try:
                note = self._make(job)
            except EngineLost as lost:
                self._ledger.lost(job, str(lost), lost.alone)
            except Exception as error:
                self._ledger.end(job, "failed", sentence(error))
            else:
                self._ledger.end(job, "done" if job.complete else "cancelled", note)

    def _beginning(self) -> str | None:
        """What is said of a job that begins."""
        return None if self._worker.status.state == "ready" else LOADING

    def _make(self, job: Job) -> str | None:
        """Make what is missing; a sentence where there is something to say of it."""
        find = cache(self._library.picture)  # a grid's cells share theirs
        requests = [from_dict(each, find=find) for each in json.loads(job.requests)]
        card = self._models.card(job.model)
        self._models.mark(card.folder)  # now, for the first time takes seconds
        self._adopt(job, requests)
        notes: dict[str, None] = {}
        for request, first in numbered(requests):
            done = frozenset(number - first for number in job.pictures if 0 <= number - first < request.count)
            if job.stopping or len(done) == request.count:
                continue
            saved = self._ledger.saved(job)
            with closing(self._worker.run(job.run, request, card.folder, done=done, saved=saved)) as events:
                for event in events:
                    self._apply(job, request, card, event, first + event.index)
                    if isinstance(event, Made):
                        notes |= dict.fromkeys(_noted(event))
        return " ".join(notes) or None

    def _apply(
        self, job: Job, request: Request, card: ModelCard, event: Progress | Preview | Made, number: int
    ) -> None:
        """Take one event over into picture ``number`` of the job; it is saved before anybody is told of it."""
        if isinstance(event, Progress):
            self._ledger.advance(job, number, event.step, event.steps)
        elif isinstance(event, Preview):
            self._ledger.show(job, number, event.jpeg, event.place)
        else:
            self._save(job, request, card, event, number)

    def _save(self, job: Job, request: Request, card: ModelCard, made: Made, number: int) -> None:
        """Mark, file, row: whichever a crash comes after, the picture is found again, or made again, once."""
        on = dict(self._worker.status.on)
        mark = self._ledger.mark(job, number)
        recipe = Recipe(
            request=request.alone(made.index),
            model=card.reference,
            title=card.title,
            on=on | {"memory": made.spared} if made.spared else on,
            created=mark,
            proof=made.proof,
            adapters=made.adapters,
            file=self._models.mark(card.folder),
        )
        saved = self._library.save(made.image, recipe)
        self._ledger.keep(job, number, Result(saved.id, made.seed, request.prompt, saved.width, saved.height))

    def _adopt(self, job: Job, requests: Sequence[Request]) -> None:
        """Take over pictures that were written when a crash, or a full disk, kept their rows from it."""
        marks = self._ledger.marks(job)
        if not marks:
            return
        oldest = min(map(datetime.fromisoformat, marks)) - SLACK
        for id, size, created in self._newest():
            if datetime.fromisoformat(created) < oldest:
                return
            if created in marks:
                number = marks[created]
                request, index = _picture(requests, number)
                self._ledger.keep(job, number, Result(id, request.seed_of(index), request.prompt, *size))

    def _newest(self) -> Iterator[tuple[str, tuple[int, int], str]]:
        """The library's pictures, newest first: id, size, and when they were made; damaged ones are left out."""
        for saved in self._library.recent(sys.maxsize):
            created = self._created(saved.path)
            if created is not None:
                yield saved.id, (saved.width, saved.height), created

    def _created(self, path: Path) -> str | None:
        try:
            created = self._library.recipe(path)["created"]
            return created if datetime.fromisoformat(created).tzinfo else None
        except (UnreadableImage, KeyError, TypeError, ValueError):
            return None


def _picture(requests: Sequence[Request], number: int) -> tuple[Request, int]:
    """Which picture of which request has this number in the job."""
    return next((each, number - first) for each, first in numbered(requests) if number < first + each.count)


def _noted(made: Made) -> Iterator[str]:
    """Sentences about a picture that whoever asked for it should read."""
    if made.spared:
        yield f"Memory ran short, so this was made in smaller portions: {made.spared}."
    yield from made.notes

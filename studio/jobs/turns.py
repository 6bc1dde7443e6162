"""Whose turn it is.

Jobs begin in the order of the queue, as many at a time as share an engine, and none overtakes another.  Who ended an
engine that several were in is not known, so it counts against none of them; but a job that has begun in vain, whatever
ended it, begins again alone, and then it is known.  Once it has made a picture others may join it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from studio.jobs.job import Job


def upcoming(queue: Sequence[Job], running: Sequence[Job], at_once: int) -> Job | None:
    """The job that may begin now: the first of the queue, or none.

    It waits for a place among those that run, for all that are of another model, and, if it or one of them has begun in
    vain, for the engine to be free.
    """
    if not queue or len(running) >= at_once:
        return None
    first = queue[0]
    apart = any(each.model != first.model or each.begun_in_vain or first.begun_in_vain for each in running)
    return None if apart else first


def put_back(job: Job, queue: Sequence[Job]) -> list[Job]:
    """The queue with a job that ran at its head, behind only those that began before it."""
    ahead = len(list(takewhile(lambda each: 0 < each.turn < job.turn, queue)))
    return [*queue[:ahead], job, *queue[ahead:]]

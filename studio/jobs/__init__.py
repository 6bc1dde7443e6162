"""Requests waiting, running, and lately ended.

    progress.py    how far, and how long still
    job.py         one job and what is told of it
    jobs.py        the queue: submit, watch, cancel; one runs at a time

All in memory: pictures that are done are on disk, and a restart begins with an empty queue.
"""

from studio.jobs.job import FINAL
from studio.jobs.jobs import Jobs, QueueFull

__all__ = ["FINAL", "Jobs", "QueueFull"]

"""Requests waiting, running, and lately ended.

    progress.py    how far, and how long still
    job.py about.py        one job and what is told of it
    store.py       the jobs on disk: SQL only
    ledger.py      the jobs in memory and on disk together, and how they go from state to state
    turns.py       whose turn it is
    runner.py      what works them off, in as many threads as jobs share the engine
    jobs.py        the rules: submit, cancel, try again, move, pause, clear

A job that was acknowledged is made, and each of its pictures once, whatever is killed in between: what waits, waits on
after a restart, and what ran goes on from what was last saved of it.
"""

from studio.jobs.job import FINAL
from studio.jobs.jobs import Jobs, QueueFull

__all__ = ["FINAL", "Jobs", "QueueFull"]

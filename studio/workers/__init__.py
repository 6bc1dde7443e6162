"""Where the engine runs: a child process that owns torch and the model, and can die without taking the page with it.

    messages.py    what crosses the pipe
    child.py       the child: the only file of the studio that lets torch in
    going.py       one run in it: what is kept and told
    stock.py       models kept in it for the next time
    keeping.py     how far a run is, kept on disk by the child
    process.py     a running child, seen from the parent
    turn.py        one run on it, with an eye on the clock
    worker.py      what the jobs see: run requests, cancel them, how is the engine

The worker takes requests and gives events, as ``pipelines.run.generate`` does, of several at a time; it knows no jobs,
files or pages.
"""

from studio.workers.messages import EngineLost, Made, Preview, Progress
from studio.workers.worker import Status, Worker

__all__ = ["EngineLost", "Made", "Preview", "Progress", "Status", "Worker"]

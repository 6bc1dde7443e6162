"""Work done by other processes: pictures drawn, captions written, while this one trains.

What they run touches neither torch nor a GPU, so that starting them is cheap and always safe.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from multiprocessing import Pool, parent_process
from threading import Thread
from typing import TypeVar

Task, Result = TypeVar("Task"), TypeVar("Result")

WORTH_IT = 64  # tasks; fewer are done sooner than processes are started


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapped(make: Callable[[Task], Result], tasks: list[Task]) -> Iterator[Result]:
    """`make` of each task, in order, on all cores."""
    if len(tasks) < WORTH_IT:
        yield from map(make, tasks)
        return
    with Pool(cores(), _begin) as pool:
        yield from pool.imap(make, tasks, chunksize=16)


def ahead(make: Callable[[Task], Result], tasks: Iterable[Task], workers: int, depth: int = 4) -> Iterator[Result]:
    """`make` of each of endless tasks, in order; every worker process is up to `depth` tasks ahead of the asker."""
    if not workers:
        yield from map(make, tasks)
        return
    tasks = iter(tasks)
    with Pool(workers, _begin) as pool:
        waiting = deque(pool.apply_async(make, (task,)) for task in islice(tasks, depth * workers))
        for task in tasks:
            yield waiting.popleft().get()
            waiting.append(pool.apply_async(make, (task,)))


def _begin() -> None:
    """A worker leaves Ctrl-C to its parent, and ends when the parent has ended, however that came."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

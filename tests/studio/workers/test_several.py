"""Several runs in one engine: they share its steps, and what becomes of one is no matter of the others."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import StudioError
from studio.workers import EngineLost, Made, Worker, turn
from tests.studio.fakes import make_worker
from tests.studio.workers.test_worker import FOLDER, LARGE, request, until

OTHER = Path("other")


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = make_worker()
    yield worker
    worker.close()


@dataclass
class Watched:
    """A run that somebody waits for in a thread: what it told, and how it ended."""

    thread: threading.Thread
    events: list[Any] = field(default_factory=list)
    error: StudioError | None = None

    def end(self) -> Watched:
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self

    @property
    def made(self) -> bool:
        return any(isinstance(event, Made) for event in self.events)


def watch(worker: Worker, run: str, prompt: str, folder: Path = FOLDER, steps: int = 3) -> Watched:
    """Start a run, and wait until the engine has been told of it."""

    def follow() -> None:
        try:
            watched.events.extend(worker.run(run, request(prompt, steps=steps), folder))
        except StudioError as error:
            watched.error = error

    watched = Watched(threading.Thread(target=follow))
    watched.thread.start()
    assert until(lambda: run in worker._turns or not watched.thread.is_alive())
    return watched


def test_runs_of_one_model_advance_together_and_each_hears_its_own(worker: Worker) -> None:
    long = worker.run("long", request("slow", steps=500), FOLDER)
    next(long)
    short = list(worker.run("short", request("slow", count=2, steps=4), FOLDER))
    assert [event.run for event in short] == ["short"] * len(short)
    assert sum(isinstance(event, Made) for event in short) == 2
    worker.cancel("long")  # which was still on its way
    assert not any(isinstance(event, Made) or event.run != "long" for event in long)


def test_a_cancel_and_a_refusal_are_heard_by_one_run_alone(worker: Worker) -> None:
    fine = watch(worker, "fine", "slow", steps=30)
    stopped = watch(worker, "stopped", "slow", steps=500)
    refused = watch(worker, "refused", "slow break", steps=5)
    worker.cancel("stopped")
    assert not stopped.end().made and stopped.error is None
    assert "a pipe burst" in str(refused.end().error)
    assert fine.end().made and fine.error is None


def test_another_model_waits_and_so_does_whoever_comes_behind_it(worker: Worker) -> None:
    ended: list[str] = []
    first = watch(worker, "first", "slow", steps=20)
    other = watch(worker, "other", "slow", OTHER, steps=10)
    behind = watch(worker, "behind", "", FOLDER, steps=1)  # could join the first, and would be done long before it
    for name, run in (("first", first), ("other", other), ("behind", behind)):
        threading.Thread(target=lambda name=name, run=run: (run.thread.join(), ended.append(name))).start()
    assert until(lambda: len(ended) == 3, 30.0)
    assert ended == ["first", "other", "behind"] and first.made and other.made and behind.made


def test_a_run_that_waits_for_another_model_can_be_cancelled(worker: Worker) -> None:
    first = watch(worker, "first", "slow", steps=60)
    waiting = watch(worker, "waiting", "", OTHER)
    worker.cancel("waiting")
    assert waiting.end().events == [] and first.thread.is_alive()
    assert first.end().made and worker.status.state == "ready"


def test_a_death_is_told_to_all_and_whether_each_was_alone(worker: Worker) -> None:
    runs = [watch(worker, name, "slow", steps=500) for name in ("one", "two", "three")]
    assert until(lambda: worker.status.state == "ready")
    worker.cancel("three")
    runs[2].end()
    os.kill(worker.pid or 0, signal.SIGKILL)
    errors = [run.end().error for run in runs]
    assert [type(error) for error in errors] == [EngineLost, EngineLost, type(None)]
    assert [error.alone for error in errors[:2] if isinstance(error, EngineLost)] == [False, False]
    with pytest.raises(EngineLost) as lost:
        list(worker.run("four", request("die"), FOLDER))
    assert lost.value.alone
    assert watch(worker, "five", "").end().made


def test_whoever_hangs_takes_all_along_but_whoever_waits_does_not_hang() -> None:
    worker = make_worker(patience=1.0)
    try:
        busy = watch(worker, "busy", "slow", steps=60)  # three seconds
        waits = watch(worker, "waits", "", OTHER)
        assert busy.end().made and waits.end().made
        runs = [watch(worker, "fine", "slow", steps=500), watch(worker, "hangs", "hang")]
        for run in runs:
            assert "did nothing for 1 seconds" in str(run.end().error)
    finally:
        worker.close()


def test_an_engine_that_others_need_is_not_ended_for_a_cancelled_run(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It decodes for two seconds when the cancel comes, and is waited for."""
    monkeypatch.setattr(turn, "DEAF", 0.1)
    needed = watch(worker, "needed", "slow", steps=40)
    assert until(lambda: worker.status.state == "ready")
    pid = worker.pid
    decoding = watch(worker, "decoding", "large", steps=1)
    assert until(lambda: bool(decoding.events))
    worker.cancel("decoding")
    assert not decoding.end().made
    assert needed.end().made and needed.error is None and worker.pid == pid
    assert watch(worker, "next", "").end().made and worker.pid == pid


def test_an_engine_that_loads_for_others_too_is_not_ended_for_a_cancelled_run(worker: Worker) -> None:
    needed, stopped = watch(worker, "needed", "", LARGE), watch(worker, "stopped", "", LARGE)
    assert until(lambda: worker._loads is not None)
    pid = worker.pid
    worker.cancel("stopped")
    assert not stopped.end().made and worker.status.state == "loading"
    assert needed.end().made and worker.pid == pid

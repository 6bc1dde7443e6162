"""The engine's process: what it tells, how it stops, how it dies."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from pipelines.errors import StudioError
from pipelines.requests import Inpaint, Sampling, Size, TextToImage
from studio.workers import EngineLost, Made, Preview, Progress, Worker, turn
from tests.studio.fakes import make_worker, paint

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path("model")
LARGE = Path("large")
"""Takes two seconds to load."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    """One engine for the tests that leave it alive."""
    worker = make_worker()
    yield worker
    worker.close()


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = make_worker()
    yield worker
    worker.close()


def request(prompt: str = "", count: int = 1, steps: int = 3) -> TextToImage:
    return TextToImage(
        prompt=prompt, count=count, size=Size(width=64, height=72), sampling=Sampling(steps=steps, seed=300)
    )


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def exists(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_run_tells_every_step_and_hands_over_the_pixels(shared: Worker) -> None:
    wish = request(count=2)
    events = list(shared.run("one", wish, FOLDER))
    steps = [(event.index, event.step, event.steps) for event in events if isinstance(event, Progress)]
    assert steps == [(index, step, 3) for step in (1, 2, 3) for index in (0, 1)]
    made = [event for event in events if isinstance(event, Made)]
    assert [(event.index, event.seed) for event in made] == [(0, 300), (1, 301)]
    for event in made:
        assert event.image.tobytes() == paint(wish.alone(event.index)).tobytes()


def test_pictures_go_in_unharmed(shared: Worker) -> None:
    image = Image.frombytes("RGB", (16, 8), os.urandom(16 * 8 * 3))
    wish = Inpaint(image=image, mask=Image.new("L", (16, 8), 255), sampling=Sampling(steps=1))
    assert [event.image.size for event in shared.run("in", wish, FOLDER) if isinstance(event, Made)] == [(16, 8)]


def test_previews_are_small_jpegs_and_not_too_many(shared: Worker) -> None:
    started = time.monotonic()
    events = list(shared.run("two", request("slow", steps=12), FOLDER))
    previews = [event for event in events if isinstance(event, Preview)]
    assert 2 <= len(previews) <= 8 * (time.monotonic() - started) + 1
    with Image.open(io.BytesIO(previews[0].jpeg)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (32, 32))


def test_every_picture_of_a_run_gets_previews(shared: Worker) -> None:
    events = list(shared.run("fair", request("slow", count=3, steps=12), FOLDER))
    assert {event.index for event in events if isinstance(event, Preview)} == {0, 1, 2}


def test_a_cancelled_run_ends_within_a_step_and_the_next_is_whole(shared: Worker) -> None:
    events = shared.run("three", request("slow", steps=500), FOLDER)
    next(events)
    shared.cancel("three")
    assert not any(isinstance(event, Made) for event in events)
    assert any(isinstance(event, Made) for event in shared.run("four", request(), FOLDER))


def test_closing_the_iterator_cancels(shared: Worker) -> None:
    events = shared.run("five", request("slow", steps=500), FOLDER)
    next(events)
    events.close()
    assert len([event for event in shared.run("six", request(), FOLDER) if isinstance(event, Made)]) == 1


def test_a_cancel_that_comes_before_its_run_counts(shared: Worker) -> None:
    shared.cancel("early")
    assert list(shared.run("early", request(), FOLDER)) == []


def test_a_refusal_comes_as_it_is(shared: Worker) -> None:
    with pytest.raises(StudioError, match=r"^This is refused\.$"):
        list(shared.run("seven", request("refuse"), FOLDER))


def test_an_accident_comes_as_a_sentence_and_in_full_in_the_log(
    capfd: pytest.CaptureFixture[str], worker: Worker
) -> None:
    with pytest.raises(StudioError, match=r"^Something broke .*RuntimeError: a pipe burst.*\.$"):
        list(worker.run("eight", request("break"), FOLDER))
    assert "Traceback" in capfd.readouterr().err
    assert any(isinstance(event, Made) for event in worker.run("nine", request(), FOLDER))


def test_status_tells_what_is_on_and_why_it_failed(worker: Worker) -> None:
    assert worker.status.state == "loading"
    worker.start(Path("broken"))
    assert until(lambda: worker.status.state == "failed")
    assert worker.status.message == "The model is broken."
    with pytest.raises(StudioError, match=r"^The model is broken\.$"):
        list(worker.run("one", request(), Path("broken")))
    list(worker.run("two", request(), FOLDER))
    assert worker.status.state == "ready"
    assert worker.status.on["process"] == str(worker.pid)


def test_when_the_engine_dies_the_run_fails_and_the_next_works(worker: Worker) -> None:
    with pytest.raises(EngineLost, match=r"signal 9"):
        list(worker.run("one", request("die"), FOLDER))
    assert any(isinstance(event, Made) for event in worker.run("two", request(), FOLDER))


def test_an_engine_that_died_in_peace_is_replaced(worker: Worker) -> None:
    worker.start(FOLDER)
    assert until(lambda: worker.status.state == "ready")
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert until(lambda: worker.status.state == "failed")
    assert any(isinstance(event, Made) for event in worker.run("two", request(), FOLDER))
    assert worker.status.state == "ready"


def test_close_ends_the_engine_even_in_a_step(worker: Worker) -> None:
    events = worker.run("one", request("slow hang"), FOLDER)
    worker.start(FOLDER)
    assert until(lambda: worker.status.state == "ready")
    pid = worker.pid
    assert pid is not None and exists(pid)
    worker.close()
    assert not exists(pid)
    with pytest.raises(EngineLost):
        next(events)


def test_an_engine_that_hangs_is_ended_after_a_while() -> None:
    worker = make_worker(patience=0.5)
    try:
        with pytest.raises(EngineLost, match=r"did nothing for 0\.5 seconds and was ended"):
            list(worker.run("one", request("hang"), FOLDER))
        assert any(isinstance(event, Made) for event in worker.run("two", request("slow", steps=30), FOLDER))
    finally:
        worker.close()


def test_a_model_that_takes_long_is_no_hang_as_long_as_it_reads() -> None:
    worker = make_worker(patience=0.6)
    try:
        assert any(isinstance(event, Made) for event in worker.run("one", request(), LARGE))
        with pytest.raises(EngineLost, match="did nothing"):
            list(worker.run("two", request(), Path("stuck")))
    finally:
        worker.close()


def test_a_cancel_is_heard_while_the_engine_decodes(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is over at once, the engine is ended, and the next run is whole."""
    monkeypatch.setattr(turn, "DEAF", 0.5)
    for event in worker.run("one", request("undecodable"), FOLDER):
        assert not isinstance(event, Made)
        if isinstance(event, Progress) and event.step == event.steps:
            worker.cancel("one")
    before = worker.pid
    assert any(isinstance(event, Made) for event in worker.run("two", request(), FOLDER))
    assert worker.pid != before


def test_a_cancel_ends_an_engine_that_loads_for_nobody_else(worker: Worker) -> None:
    """The run is over at once and the processor free; the next run loads anew and is whole."""
    events = cancelled_while_it_loads(worker, wanted=False)
    before = worker.pid
    assert before is not None and list(events) == []
    assert until(lambda: not exists(before)) and worker.status.state == "idle" and worker.pid is None
    assert any(isinstance(event, Made) for event in worker.run("two", request(), LARGE))
    assert worker.pid != before and worker.status.state == "ready"


def test_a_model_that_the_next_run_wants_goes_on_loading(worker: Worker) -> None:
    assert list(cancelled_while_it_loads(worker, wanted=True)) == []
    before = worker.pid
    assert before is not None and worker.status.state == "loading"
    assert any(isinstance(event, Made) for event in worker.run("two", request(), LARGE))
    assert worker.pid == before


def test_a_model_goes_on_loading_when_a_run_of_another_is_cancelled(worker: Worker) -> None:
    worker.start(LARGE)
    events = worker.run("one", request(), FOLDER)
    assert until(lambda: worker._loads is not None)
    before = worker.pid
    worker.cancel("one")
    assert list(events) == []
    assert until(lambda: worker.status.state == "ready") and worker.pid == before


def cancelled_while_it_loads(worker: Worker, wanted: bool) -> Iterator[object]:
    """A run whose model is just being read when the cancel comes."""
    worker.start(LARGE)
    assert until(lambda: worker._loads is not None)
    canceller = threading.Timer(0.2, worker.cancel, ["one", wanted])
    canceller.start()
    return worker.run("one", request(), LARGE)


def test_an_engine_that_is_deaf_is_ended(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "DEAF", 0.5)
    events = worker.run("one", request("deaf", steps=1), FOLDER)
    worker.start(FOLDER)
    assert until(lambda: worker.status.state == "ready")
    threading.Timer(0.5, worker.cancel, ["one"]).start()
    assert list(events) == []
    pid = worker.pid
    assert pid is not None and until(lambda: not exists(pid))
    assert any(isinstance(event, Made) for event in worker.run("two", request(), FOLDER))


def test_a_device_that_broke_down_needs_a_new_process(worker: Worker) -> None:
    with pytest.raises(EngineLost, match="ended by itself with code 1"):
        list(worker.run("one", request("fault"), FOLDER))
    assert any(isinstance(event, Made) for event in worker.run("two", request(), FOLDER))


PARENT = """
import sys, time
from pathlib import Path
from tests.studio.fakes import make_worker
from pipelines.requests import TextToImage
worker = make_worker()
worker.start(Path("model"))
while worker.status.state == "loading":
    time.sleep(0.02)
print(worker.pid, flush=True)
list(worker.run("one", TextToImage(prompt=sys.argv[1]), Path("model"))) if sys.argv[1] else time.sleep(3600)
"""


@pytest.mark.parametrize("prompt", ["", "hang", "slow " * 9, "deaf"])
def test_an_engine_whose_studio_was_killed_is_gone_soon(prompt: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, prompt], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert exists(pid)
        parent.kill()
    assert until(lambda: not exists(pid), 5.0)

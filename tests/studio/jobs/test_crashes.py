"""Whatever fails or dies in between: no picture that was told of is lost, none is made twice."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.chaos import Plan, chaos, count
from pipelines.errors import OutputError
from pipelines.events import Picture
from pipelines.requests import Inpaint, Sampling, Size, TextToImage
from pipelines.resuming import unpack
from studio.jobs import FINAL, Jobs
from studio.jobs.store import MIGRATIONS, Store
from studio.library import Library
from studio.models import Models
from studio.services import Studio
from studio.settings import Settings
from studio.workers import Worker
from tests.studio.fakes import make_worker, paint
from tests.studio.jobs.test_jobs import end, submit, until, wish


def open_again(studio: Studio) -> Studio:
    """The same studio after a restart."""
    return Studio(studio.settings, make_worker())


def recipes(studio: Studio) -> list[tuple[str, int]]:
    """Prompt and seed of every file in the library, each of which can be read."""
    files = [(path, studio.library.recipe(path)["request"]) for path in studio.library.outputs.glob("*_*.png")]
    for path, request in files:
        picture = studio.library.picture(path.stem.rpartition("_")[2])
        assert picture.tobytes() == paint(studio.library.request(path)).tobytes(), request
    return sorted((request["prompt"], request["sampling"]["seed"]) for _, request in files)


@pytest.mark.parametrize("at_once", [1, 8])
def test_kills_at_random_moments_cost_nothing(tmp_path: Path, at_once: int) -> None:
    plan = Plan(kills=4, seed=3, at_once=at_once)
    counted = count(tmp_path, chaos(tmp_path, plan), plan)
    assert (
        counted.pop("jobs") > counted.pop("set aside, tried again") == 0
        and counted.pop("pictures") >= counted.pop("promised") > 0
    )
    assert not any(counted.values()), counted


STEPS: dict[str, tuple[Any, str]] = {
    "fsync": (os, "fsync"),
    "rename": (Path, "replace"),
    "open": (Path, "open"),
}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("step", STEPS)
def test_every_write_of_a_picture_may_fail(
    studio: Studio, step: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Nth call fails, for every N until none does: the job fails in a sentence, and tried again it is whole."""
    place, name = STEPS[step]
    usual = getattr(place, name)
    for fatal in range(1, 20):
        calls = 0

        def failing(*arguments: Any, fatal: int = fatal, **options: Any) -> Any:
            nonlocal calls
            mine = threading.current_thread().name == "jobs-1" and (name != "open" or arguments[1:] == ("xb",))
            calls += mine
            if mine and calls == fatal:
                raise OSError(code, os.strerror(code))
            return usual(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(place, name, failing)
            id = submit(studio, f"{step} {fatal}", count=2)
            view = end(studio, id)
        if calls < fatal:
            break
        assert view["state"] == "failed" and "broke" not in view["message"]
        studio.jobs.retry(id)
        assert end(studio, id)["state"] == "done"
    assert view["state"] == "done" and fatal > 2
    assert recipes(studio) == sorted((f"{step} {n}", seed) for n in range(1, fatal + 1) for seed in (9, 10))


@pytest.mark.parametrize("step", ["change", "mark", "keep", "order"])
def test_every_write_to_the_list_of_jobs_may_fail(studio: Studio, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full when a row is to be written: tried again, or after a restart, the job is made once."""
    usual, calls = getattr(Store, step), 0

    def failing(store: Store, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OutputError("The disk is full.")
        return usual(store, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Store, step, failing)
        id = submit(studio, "slow" if step == "order" else "", steps=10)
        if step == "order":  # only a job whose engine died is put back
            until(studio, id, lambda view: view["step"] > 1)
            os.kill(studio.worker.pid or 0, signal.SIGKILL)
        view = end(studio, id)
    assert (view["state"], view["message"], view["pictures"]) == ("failed", "The disk is full.", [])
    studio.jobs.retry(id)
    assert len(end(studio, id)["pictures"]) == 1 and len(recipes(studio)) == 1


def test_sqlite_itself_says_that_the_disk_is_full(library: Library, model_folder: Path) -> None:
    jobs = Jobs(library, Models(), make_worker())
    jobs.open()
    jobs._store._sql.execute("PRAGMA max_page_count = 8")
    with pytest.raises(OutputError, match=r"The disk that holds .* is full: free some space"):
        for _ in range(100):
            jobs.submit([wish("many words " * 100)], str(model_folder))
    known = jobs.all()["jobs"]
    jobs.close()
    jobs.join()
    again = Jobs(library, Models(), make_worker())
    again.open()
    assert [job["id"] for job in again.all()["jobs"]] == [job["id"] for job in known]


def test_a_file_that_a_crash_parted_from_its_row_is_adopted(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The studio ends between the file and the row; the next one finds the picture instead of making it again."""
    dead, buried = threading.Event(), threading.Event()

    def crash(*_: Any) -> None:
        dead.set()
        buried.wait()  # this thread does nothing more, as if it were gone
        raise OutputError("The studio is gone.")

    id = submit(studio, "crash", count=2)
    monkeypatch.setattr(Store, "keep", crash)
    dead.wait(10)
    monkeypatch.undo()
    (orphan,) = studio.library.recent(10)
    assert studio.jobs._opened is not None
    studio.jobs._opened.close()
    studio.worker.close()
    with open_again(studio) as again:
        view = end(again, id)
        assert view["state"] == "done" and view["pictures"][0]["id"] == orphan.id
        assert recipes(again) == [("crash", 9), ("crash", 10)]
    buried.set()


def test_inputs_are_there_before_a_job_is_taken(studio: Studio) -> None:
    image = Image.frombytes("RGB", (16, 8), os.urandom(16 * 8 * 3))
    request = Inpaint(image=image, mask=Image.new("L", (16, 8), 200), sampling=Sampling(steps=1))
    studio.jobs.pause()
    id = studio.jobs.submit([request], studio.model)
    studio.close()
    with open_again(studio) as again:
        again.jobs.resume()
        path = again.library.path_of(end(again, id)["pictures"][0]["id"])
        assert path is not None and again.library.request(path) == request


def test_a_job_whose_input_is_gone_says_so(studio: Studio) -> None:
    image, mask = Image.new("RGB", (16, 8)), Image.new("L", (16, 8), 255)
    studio.jobs.pause()
    id = studio.jobs.submit([Inpaint(image=image, mask=mask)], studio.model)
    for path in studio.library.inputs.glob("*.png"):
        path.unlink()
    studio.jobs.resume()
    view = end(studio, id)
    assert view["state"] == "failed" and "does not have this picture" in view["message"]


def test_a_damaged_or_newer_list_of_jobs_is_not_touched(library: Library) -> None:
    path = library.outputs / ".studio" / "jobs.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(OutputError, match="is damaged: move that file away"):
        Jobs(library, Models(), make_worker()).open()
    assert path.read_bytes().startswith(b"no database")
    path.unlink()
    store = Store(path)
    store._sql.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    store.close()
    with pytest.raises(OutputError, match="was written by a newer studio"):
        Store(path)


def test_fifty_watchers_see_the_same_end(studio: Studio) -> None:
    id, ends = submit(studio, "slow", steps=20), []
    watchers = [threading.Thread(target=lambda: ends.append(end(studio, id))) for _ in range(50)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(30)
    assert len(ends) == 50 and all(view == ends[0] for view in ends) and ends[0]["state"] in FINAL


# With a real network: what was saved of a run is gone on with


@pytest.fixture
def real(sd_folder: Path, tmp_path: Path) -> Iterator[Callable[[], Studio]]:
    """Studios, one after another, on one folder; the engine keeps a run after every step."""
    settings = Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model=str(sd_folder))
    yield lambda: Studio(settings, Worker(save_every=0.0))


def test_a_killed_engine_goes_on_from_the_last_saved_step_to_the_same_bytes(
    real: Callable[[], Studio], sd_folder: Path
) -> None:
    from pipelines.loading import load
    from pipelines.run import generate

    request = TextToImage(
        prompt="a boat", size=Size(width=64, height=64), sampling=Sampling(steps=120, seed=5, sampler="euler_a")
    )
    with real() as studio:
        id = studio.jobs.submit([request], studio.model)
        until(studio, id, lambda view: view["step"] > 60)
        os.kill(studio.worker.pid or 0, signal.SIGKILL)
        until(studio, id, lambda view: view["state"] == "queued")
        saved = studio.jobs.runs / f"{id}.run"
        assert len(unpack(request, saved.read_bytes())[0]) >= 59
        view = until(studio, id, lambda view: view["state"] == "running" and view["step"] > 0)
        assert view["step"] >= 59  # and not from the start
        view = end(studio, id)
        assert view["state"] == "done" and not saved.exists()
        made = studio.library.picture(view["pictures"][0]["id"])
    (whole,) = (event.image for event in generate(load(sd_folder), request) if isinstance(event, Picture))
    assert made.tobytes() == whole.tobytes()

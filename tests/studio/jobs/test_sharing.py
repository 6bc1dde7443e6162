"""Several jobs that share the engine: who begins when, and that nobody pays for what a neighbour does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines.events import Picture
from pipelines.requests import Inpaint, Request, Sampling, Size, TextToImage
from studio.jobs import Jobs, ledger
from studio.jobs.job import Job, Result
from studio.library import Library
from studio.models import Models
from studio.services import Studio
from studio.settings import Settings
from studio.workers import Worker
from tests.studio.conftest import shape_model
from tests.studio.fakes import make_worker
from tests.studio.jobs.test_crashes import recipes
from tests.studio.jobs.test_jobs import end, submit, until, wish


@pytest.fixture
def several(tmp_path: Path, model_folder: Path) -> Iterator[Studio]:
    """A running studio with the fake engine, which three jobs share."""
    settings = Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model=str(model_folder), at_once=3)
    with Studio(settings, make_worker()) as studio:
        yield studio


def states(studio: Studio, *ids: str) -> list[str]:
    return [view["state"] for view in map(studio.jobs.view, ids) if view]


def begun(studio: Studio, id: str) -> dict[str, Any]:
    return until(studio, id, lambda view: view["state"] == "running" and view["step"] > 0)


def test_as_many_jobs_run_at_a_time_as_may_and_the_others_know_their_place(several: Studio) -> None:
    ids = [submit(several, "slow", steps=400) for _ in range(3)]
    waiting, last = submit(several), submit(several)
    for id in ids:
        begun(several, id)
    assert states(several, *ids, waiting, last) == ["running"] * 3 + ["queued"] * 2
    views = [several.jobs.view(id) for id in (*ids, waiting, last)]
    assert [view and view["position"] for view in views] == [0, 0, 0, 3, 4]
    assert [job["id"] for job in several.jobs.all()["jobs"]] == [*ids, waiting, last]
    several.jobs.cancel(ids[1])
    assert end(several, waiting)["state"] == end(several, last)["state"] == "done"
    assert states(several, *ids) == ["running", "cancelled", "running"]
    for id in ids:
        several.jobs.cancel(id)
        assert end(several, id)["pictures"] == []


def test_a_job_of_another_model_is_not_overtaken(several: Studio, tmp_path: Path) -> None:
    """It waits for those that run, and whatever comes behind it waits too, though that could join them."""
    other = str(shape_model(tmp_path / "other"))
    several.jobs.pause()
    first = submit(several, "slow", steps=20)
    changed = several.jobs.submit([wish("slow", steps=10)], other)
    behind = submit(several)
    several.jobs.resume()
    begun(several, first)
    assert states(several, first, changed, behind) == ["running", "queued", "queued"]
    begun(several, changed)
    assert states(several, first, changed, behind) == ["done", "running", "queued"]
    assert end(several, behind)["state"] == "done" and states(several, changed) == ["done"]


def test_who_ends_the_engine_is_set_aside_and_not_his_neighbours(several: Studio) -> None:
    neighbours = [submit(several, "slow", steps=30) for _ in range(2)]
    for id in neighbours:
        begun(several, id)
    poison, late = submit(several, "die"), submit(several)
    view = end(several, poison)
    assert view["state"] == "quarantined" and "signal 9" in view["message"] and "set aside" in view["message"]
    for id in (*neighbours, late):
        view = end(several, id)
        assert (view["state"], view["message"], len(view["pictures"])) == ("done", None, 1)
    assert len(recipes(several)) == 3


def test_several_that_end_the_engine_are_all_found(several: Studio) -> None:
    several.jobs.pause()
    fine = [submit(several, f"fine {number}", count=2) for number in range(2)]
    poison = [submit(several, "die") for _ in range(2)]
    fine.append(submit(several, "fine 2"))
    several.jobs.resume()
    assert {end(several, id)["state"] for id in poison} == {"quarantined"}
    assert {end(several, id)["state"] for id in fine} == {"done"}
    assert recipes(several) == [("fine 0", 9), ("fine 0", 10), ("fine 1", 9), ("fine 1", 10), ("fine 2", 9)]


def test_an_engine_killed_with_several_jobs_costs_none_of_them(several: Studio) -> None:
    """They begin again one by one, in the order they had, since any of them might have been the one."""
    ids = [submit(several, f"slow {number}", steps=12) for number in range(3)]
    for id in ids:
        begun(several, id)
    assert several.worker.pid is not None
    os.kill(several.worker.pid, signal.SIGKILL)
    for id in ids:
        until(several, id, lambda view: view["state"] == "queued" or view["attempts"] > 1)
    for place, id in enumerate(ids):
        begun(several, id)
        assert states(several, *ids) == ["done"] * place + ["running"] + ["queued"] * (2 - place)
    assert end(several, ids[-1])["message"] is None
    assert recipes(several) == [("slow 0", 9), ("slow 1", 9), ("slow 2", 9)]


def test_a_death_that_was_shared_counts_against_nobody(several: Studio) -> None:
    ids = [submit(several, f"slow {number}", steps=20) for number in range(2)]
    for id in ids:
        begun(several, id)
    os.kill(several.worker.pid or 0, signal.SIGKILL)
    until(several, ids[0], lambda view: view["attempts"] == 2 and view["step"] > 0)
    os.kill(several.worker.pid or 0, signal.SIGKILL)  # the first death that is its own
    assert [end(several, id)["state"] for id in ids] == ["done", "done"]


def test_whoever_has_made_a_picture_is_no_longer_alone(several: Studio) -> None:
    ids = [submit(several, "slow", count=2, steps=20) for _ in range(2)]
    for id in ids:
        begun(several, id)
    job = several.jobs._jobs[ids[0]]
    os.kill(several.worker.pid or 0, signal.SIGKILL)
    until(several, ids[0], lambda view: view["attempts"] == 2)
    assert job.begun_in_vain and states(several, *ids) == ["running", "queued"]
    until(several, ids[0], lambda view: len(view["pictures"]) == 1)
    assert not job.begun_in_vain
    assert end(several, ids[1])["state"] == end(several, ids[0])["state"] == "done"


# Without a thread that works them off: a studio that crashes is one whose list of jobs is closed and opened again


@pytest.fixture
def crash(library: Library, model_folder: Path) -> Iterator[Callable[[], Jobs]]:
    """The jobs as they are found after a crash, three of them at a time."""
    opened: list[Jobs] = []

    def again() -> Jobs:
        if opened:
            opened[-1]._store.close()
        opened.append(Jobs(library, Models(), make_worker(), at_once=3))
        opened[-1].open()
        return opened[-1]

    yield again
    opened[-1]._store.close()


def take_all(jobs: Jobs) -> list[str]:
    """Let all begin that may."""
    while jobs._next is not None:
        jobs.take(lambda: None)
    return [job.id for job in jobs._running]


def made(jobs: Jobs, job: Job) -> None:
    jobs.mark(job, 0)
    jobs.keep(job, 0, Result(f"picture of {job.id}", 9, "", 64, 64))
    jobs.end(job, "done")


def test_jobs_that_ran_when_the_studio_ended_begin_again_one_by_one(crash, model_folder: Path) -> None:
    jobs = crash()
    ids = [jobs.submit([wish()], str(model_folder)) for _ in range(5)]
    assert take_all(jobs) == ids[:3]
    jobs = crash()
    for id in ids[:3]:
        assert take_all(jobs) == [id]
        made(jobs, jobs._jobs[id])
    assert take_all(jobs) == ids[3:]


def test_a_job_that_takes_the_studio_down_is_found_among_its_neighbours(crash, model_folder: Path) -> None:
    jobs = crash()
    ids = [jobs.submit([wish()], str(model_folder)) for _ in range(6)]
    guilty, crashes = ids[1], 0
    while not jobs._jobs[guilty].over:
        if guilty in take_all(jobs):
            crashes, jobs = crashes + 1, crash()
        else:
            made(jobs, jobs._running[0])
    assert crashes == ledger.MOST_ATTEMPTS
    while take_all(jobs):
        made(jobs, jobs._running[0])
    assert [jobs._jobs[id].state for id in ids] == ["done", "quarantined", "done", "done", "done", "done"]


def test_two_pictures_of_one_moment_have_two_marks(crash, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 21, tzinfo=tz)

    monkeypatch.setattr(ledger, "datetime", Stopped)
    jobs = crash()
    for _ in range(2):
        jobs.submit([wish()], str(model_folder))
    take_all(jobs)
    marks = [jobs.mark(job, 0) for job in jobs._running]
    assert marks == [f"2026-11-21T00:00:00.00000{number}+00:00" for number in (0, 1)]
    assert [jobs.marks(job) for job in jobs._running] == [{marks[0]: 0}, {marks[1]: 0}]


# With a real network


def test_jobs_that_share_the_engine_make_the_same_bytes_as_alone(tmp_path: Path, sd_folder: Path) -> None:
    from pipelines.loading import load
    from pipelines.run import generate

    def text(seed: int, steps: int, count: int = 1) -> TextToImage:
        sampling = Sampling(steps=steps, seed=seed, sampler="euler_a")
        return TextToImage(prompt="a boat", size=Size(width=64, height=64), count=count, sampling=sampling)

    photo, mask = Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)), Image.new("L", (64, 64))
    mask.paste(255, (16, 24, 48, 56))
    requests: list[Request] = [
        text(1, 60),
        text(2, 8, count=3),
        Inpaint(prompt="a house", image=photo, mask=mask, sampling=Sampling(steps=20, seed=4)),
    ]
    settings = Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model=str(sd_folder))
    with Studio(settings, Worker()) as studio:
        doomed = studio.jobs.submit([text(9, 900)], studio.model)
        begun(studio, doomed)
        ids = [studio.jobs.submit([request], studio.model) for request in requests]
        begun(studio, ids[0])
        studio.jobs.cancel(doomed)
        views = [end(studio, id) for id in ids]
        assert end(studio, doomed)["pictures"] == []
        files = [[studio.library.picture(each["id"]).tobytes() for each in view["pictures"]] for view in views]
    family = load(sd_folder)
    for request, ours in zip(requests, files, strict=True):
        alone = {event.index: event.image for event in generate(family, request) if isinstance(event, Picture)}
        assert ours == [alone[index].tobytes() for index in range(request.count)]

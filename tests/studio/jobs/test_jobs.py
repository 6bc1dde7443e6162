"""Jobs through the real child process, with an engine that pretends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines.errors import InvalidRequest, ModelError, OutputError, StudioError
from pipelines.requests import Inpaint, Outpaint, Sampling, Size, TextToImage
from studio.jobs import FINAL, Jobs, QueueFull, jobs, ledger
from studio.library import Library
from studio.models import Models
from studio.services import Studio
from studio.settings import Settings
from tests.studio.conftest import shape_model
from tests.studio.fakes import PROOF, make_worker, paint


def wish(prompt: str = "", count: int = 1, steps: int = 3) -> TextToImage:
    return TextToImage(
        prompt=prompt, count=count, size=Size(width=64, height=72), sampling=Sampling(steps=steps, seed=9)
    )


def until(studio: Studio, id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Watch a job as a page does."""
    view = studio.jobs.view(id)
    while view is not None and not condition(view):
        changed = studio.jobs.wait(id, view["version"], 60.0)
        assert changed is not None and changed["version"] > view["version"], f"nothing happens any more: {view}"
        view = changed
    assert view is not None
    return view


def end(studio: Studio, id: str) -> dict[str, Any]:
    return until(studio, id, lambda view: view["state"] in FINAL)


def submit(studio: Studio, prompt: str = "", **settings: int) -> str:
    return studio.jobs.submit([wish(prompt, **settings)], studio.model)


def names(studio: Studio, *ids: str) -> list[str]:
    """The files of these jobs, once they are over; sorted by name is sorted by time."""
    paths = [studio.library.path_of(each["id"]) for id in ids for each in end(studio, id)["pictures"]]
    return [path.name for path in paths if path]


def test_the_proof_of_the_pixel_lock_is_kept_in_the_file(studio: Studio) -> None:
    picture, mask = Image.new("RGB", (24, 16)), Image.new("L", (24, 16), 255)
    for request, proof in ((wish(), None), (Inpaint(image=picture, mask=mask), vars(PROOF))):
        done = end(studio, studio.jobs.submit([request], studio.model))
        path = studio.library.path_of(done["pictures"][0]["id"])
        assert path is not None and studio.library.recipe(path)["proof"] == proof


def test_a_job_goes_from_the_queue_to_files_with_their_recipes(studio: Studio) -> None:
    id = submit(studio, "slow", count=2, steps=20)
    first = studio.jobs.view(id)
    assert first is not None and first["steps"] == 40 and first["task"] == "text_to_image" and first["count"] == 2
    half = until(studio, id, lambda view: view["step"] >= 10 and view["previews"][0] > 0)
    assert half["state"] == "running" and half["message"] is None and half["seconds_left"] > 0
    jpeg = studio.jobs.preview(id, 0)
    assert jpeg is not None and jpeg.startswith(b"\xff\xd8")
    done = end(studio, id)
    assert (done["state"], done["step"], done["message"], done["seconds_left"]) == ("done", 40, None, None)
    assert done["elapsed"] >= 0.3 and done["previews"] == [0, 0]
    assert [picture["seed"] for picture in done["pictures"]] == [9, 10]
    for index, picture in enumerate(done["pictures"]):
        assert (picture["width"], picture["height"]) == (64, 72)
        assert picture["url"] == f"api/pictures/{picture['id']}"
        path = studio.library.path_of(picture["id"])
        assert path is not None
        request = studio.library.request(path)
        assert request == wish("slow", count=2, steps=20).alone(index)
        assert studio.library.picture(picture["id"]).tobytes() == paint(request).tobytes()
        assert studio.library.recipe(path)["on"]["device"] == "auto"


def test_requests_of_one_job_are_made_in_turn_and_numbered_through(studio: Studio) -> None:
    requests = [wish("red", count=2), replace(wish("blue", count=1), sampling=Sampling(steps=3, seed=11))]
    view = end(studio, studio.jobs.submit(requests, studio.model))
    assert (view["state"], view["count"], view["step"], view["steps"]) == ("done", 3, 9, 9)
    assert [(each["seed"], each["prompt"]) for each in view["pictures"]] == [(9, "red"), (10, "red"), (11, "blue")]
    paths = [studio.library.path_of(each["id"]) for each in view["pictures"]]
    kept = [studio.library.request(path) for path in paths if path]
    assert kept == [requests[0].alone(0), requests[0].alone(1), requests[1]]


def test_a_cancel_ends_all_requests_of_a_job(studio: Studio) -> None:
    id = studio.jobs.submit([wish("first"), wish("slow", steps=500), wish("last")], studio.model)
    until(studio, id, lambda view: view["step"] > 5)
    studio.jobs.cancel(id)
    view = end(studio, id)
    assert (view["state"], [each["prompt"] for each in view["pictures"]]) == ("cancelled", ["first"])
    assert end(studio, submit(studio))["state"] == "done"


def test_a_refusal_ends_all_requests_of_a_job(studio: Studio) -> None:
    view = end(studio, studio.jobs.submit([wish("fine"), wish("refuse"), wish("last")], studio.model))
    assert (view["state"], view["message"], len(view["pictures"])) == ("failed", "This is refused.", 1)


def test_inputs_are_kept_beside_the_result(studio: Studio) -> None:
    image = Image.frombytes("RGB", (16, 8), os.urandom(16 * 8 * 3))
    request = Inpaint(image=image, mask=Image.new("L", (16, 8), 200), sampling=Sampling(steps=1))
    view = end(studio, studio.jobs.submit([request], studio.model))
    path = studio.library.path_of(view["pictures"][0]["id"])
    assert path is not None and studio.library.request(path) == request


def test_jobs_run_one_at_a_time_in_order_and_know_their_place(studio: Studio) -> None:
    ids = [submit(studio, "slow", steps=12) for _ in range(3)]
    until(studio, ids[0], lambda view: view["state"] == "running")
    views = [studio.jobs.view(id) for id in ids]
    assert [view and view["position"] for view in views] == [0, 1, 2]
    assert [view and view["state"] for view in views] == ["running", "queued", "queued"]
    until(studio, ids[2], lambda view: view["position"] == 1)  # told without a step of its own
    paths = [studio.library.path_of(end(studio, id)["pictures"][0]["id"]) for id in ids]
    assert [path and path.name for path in paths] == sorted(path.name for path in paths if path)


def test_cancel_in_the_queue_and_in_a_run(studio: Studio) -> None:
    running, waiting, last = submit(studio, "slow", steps=500), submit(studio), submit(studio)
    until(studio, running, lambda view: view["step"] > 1)
    studio.jobs.cancel(waiting)
    view = studio.jobs.view(waiting)
    assert view is not None and (view["state"], view["pictures"]) == ("cancelled", [])
    studio.jobs.cancel(running)
    view = end(studio, running)
    assert (view["state"], view["pictures"], view["message"]) == ("cancelled", [], None)
    assert end(studio, last)["state"] == "done"
    for id in (running, waiting, last, "unknown"):
        before = studio.jobs.view(id)
        studio.jobs.cancel(id)
        after = studio.jobs.view(id)
        assert (before and before["version"]) == (after and after["version"])


@pytest.mark.parametrize("another", [False, True])
def test_a_model_goes_on_loading_after_a_cancel_only_for_the_job_that_waits_for_it(
    tmp_path: Path, another: bool
) -> None:
    large = shape_model(tmp_path / "large")  # takes two seconds to load
    settings = Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model=str(large), at_once=1)
    with Studio(settings, make_worker()) as studio:
        pid, id = studio.worker.pid, submit(studio)
        until(studio, id, lambda view: view["state"] == "running")
        while studio.worker._loads is None:
            time.sleep(0.02)
        next = submit(studio) if another else None
        studio.jobs.cancel(id)
        assert end(studio, id)["state"] == "cancelled"
        assert end(studio, next or submit(studio))["state"] == "done"
        assert (studio.worker.pid == pid) == another


def test_pictures_done_before_a_cancel_stay(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    id = submit(studio, count=3)
    save, saved = studio.library.save, []

    def save_and_cancel(*arguments: Any) -> Any:
        saved.append(save(*arguments))
        studio.jobs.cancel(id)
        return saved[-1]

    monkeypatch.setattr(studio.library, "save", save_and_cancel)
    view = end(studio, id)
    assert view["state"] in ("cancelled", "done")
    assert [picture["id"] for picture in view["pictures"]] == [item.id for item in saved]
    assert all(item.path.is_file() for item in saved)


def test_a_job_that_kills_its_engine_twice_is_set_aside_and_the_next_goes_on(studio: Studio) -> None:
    poison, fine = submit(studio, "die"), submit(studio)
    view = end(studio, poison)
    assert view["state"] == "quarantined" and "signal 9" in view["message"] and "set aside" in view["message"]
    assert end(studio, fine)["state"] == "done"


def test_a_job_whose_engine_is_killed_from_outside_goes_on(studio: Studio) -> None:
    id, next_ = submit(studio, "slow", steps=20), submit(studio)
    until(studio, id, lambda view: view["step"] > 1)
    assert studio.worker.pid is not None
    os.kill(studio.worker.pid, signal.SIGTERM)
    again = until(studio, id, lambda view: view["state"] == "queued")
    assert "signal 15" in again["message"] and again["position"] == 0
    view = end(studio, id)
    assert (view["state"], view["message"], view["attempts"]) == ("done", None, 0)
    assert names(studio, id, next_) == sorted(names(studio, id, next_))  # it kept its turn


def test_what_a_picture_was_made_with_less_memory_for_is_said(studio: Studio) -> None:
    view = end(studio, submit(studio, "spared"))
    path = studio.library.path_of(view["pictures"][0]["id"])
    assert view["state"] == "done" and "Memory ran short" in view["message"] and "in crumbs" in view["message"]
    assert path is not None and studio.library.recipe(path)["on"]["memory"] == "in crumbs"


def test_what_is_noted_of_pictures_is_said_once(studio: Studio) -> None:
    assert end(studio, submit(studio, "copy", count=2))["message"] == "It looks like a copy."


def test_accidents_and_refusals_are_told_in_a_sentence(studio: Studio) -> None:
    view = end(studio, submit(studio, "refuse"))
    assert (view["state"], view["message"]) == ("failed", "This is refused.")
    assert "a pipe burst" in end(studio, submit(studio, "break"))["message"]
    assert end(studio, submit(studio))["state"] == "done"


def test_a_disk_that_fills_up_fails_the_job_and_stops_the_engine(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OutputError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(studio.library, "save", full)
        view = end(studio, submit(studio, count=2))
    assert (view["state"], view["message"], view["pictures"]) == ("failed", "The disk is full.", [])
    assert end(studio, submit(studio))["state"] == "done"


@pytest.fixture
def idle(library: Library) -> Jobs:
    """Jobs that nobody works off."""
    return Jobs(library, Models(), make_worker())


def test_what_cannot_be_done_is_refused_at_once(idle: Jobs, tmp_path: Path, model_folder: Path) -> None:
    picture, model = Image.new("RGB", (16, 16)), str(model_folder)
    with pytest.raises(InvalidRequest, match="mask is empty"):
        idle.submit([Inpaint(image=picture, mask=Image.new("L", (16, 16)))], model)
    with pytest.raises(InvalidRequest, match="margins are 0"):
        idle.submit([Outpaint(image=picture)], model)
    with pytest.raises(ModelError, match="There is no model"):
        idle.submit([wish()], "nowhere")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="in the way"):
        Jobs(Library(tmp_path / "file"), Models(), make_worker()).submit([wish()], model)
    assert idle.view("unknown") is None


def test_the_queue_has_an_end(idle: Jobs, model_folder: Path) -> None:
    ids = [idle.submit([wish()], str(model_folder)) for _ in range(jobs.MOST_QUEUED)]
    with pytest.raises(QueueFull, match="100 jobs are waiting already"):
        idle.submit([wish()], str(model_folder))
    idle.cancel(ids[50])
    view = idle.view(idle.submit([wish()], str(model_folder)))
    assert view is not None and view["position"] == 99


def test_old_jobs_are_forgotten(idle: Jobs, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_KEPT", 3)
    waiting = idle.submit([wish()], str(model_folder))
    ids = [idle.submit([wish()], str(model_folder)) for _ in range(5)]
    for id in ids:
        idle.cancel(id)
    idle.submit([wish()], str(model_folder))
    assert [id for id in ids if idle.view(id)] == ids[2:]
    assert idle.view(waiting) is not None


def test_wait_gives_up_in_time(idle: Jobs, model_folder: Path) -> None:
    id = idle.submit([wish()], str(model_folder))
    view = idle.wait(id, 1, 0.05)
    assert view is not None and view["version"] == 1
    assert idle.wait("unknown", 1, 60.0) is None


def test_closing_keeps_what_waits_and_what_runs(studio: Studio, tmp_path: Path) -> None:
    running, waiting = submit(studio, "slow", steps=40), submit(studio)
    until(studio, running, lambda view: view["step"] > 1)
    studio.close()
    with pytest.raises(StudioError, match="closing"):
        submit(studio)
    with Studio(studio.settings, make_worker()) as again:
        order = names(again, running, waiting)
        assert len(order) == 2 and order == sorted(order)


def test_two_studios_do_not_share_a_queue(studio: Studio) -> None:
    with pytest.raises(OutputError, match="Another studio works in"):
        Studio(studio.settings, make_worker()).jobs.open()


def test_a_job_that_was_stopped_can_be_tried_again_and_keeps_what_is_made(studio: Studio) -> None:
    id = studio.jobs.submit([wish("first", count=2), wish("slow", steps=40)], studio.model)
    until(studio, id, lambda view: view["step"] > 10)
    studio.jobs.cancel(id)
    before = end(studio, id)
    assert before["state"] == "cancelled" and len(before["pictures"]) == 2
    studio.jobs.retry(id)
    after = end(studio, id)
    assert after["state"] == "done" and after["pictures"][:2] == before["pictures"] and len(after["pictures"]) == 3
    assert len(list(studio.library.outputs.glob("*.png"))) == 3
    with pytest.raises(InvalidRequest, match="This job is done"):
        studio.jobs.retry(id)


def test_a_paused_queue_begins_nothing_until_it_is_resumed(studio: Studio) -> None:
    studio.jobs.pause()
    ids = [submit(studio, f"job {number}") for number in range(3)]
    studio.jobs.move(ids[2], 0)
    listed = studio.jobs.all()
    assert listed["paused"] and [job["id"] for job in listed["jobs"]] == [ids[2], ids[0], ids[1]]
    assert [job["position"] for job in listed["jobs"]] == [0, 1, 2]
    studio.jobs.resume()
    order = names(studio, ids[2], ids[0], ids[1])
    assert order == sorted(order)
    with pytest.raises(InvalidRequest, match="only one that waits can be moved"):
        studio.jobs.move(ids[0], 0)
    studio.jobs.clear()
    assert studio.jobs.all() == {"paused": False, "jobs": []} and studio.jobs.view(ids[0]) is None


def test_the_order_and_the_pause_outlast_the_studio(idle: Jobs, model_folder: Path, library: Library) -> None:
    ids = [idle.submit([wish(f"job {number}")], str(model_folder)) for number in range(4)]
    idle.move(ids[3], 1)
    idle.cancel(ids[2])
    idle.pause()
    idle.close()
    idle.join()
    again = Jobs(library, Models(), make_worker())
    again.open()
    listed = again.all()
    assert listed["paused"]
    assert [(job["id"], job["state"]) for job in listed["jobs"]] == [
        *((id, "queued") for id in (ids[0], ids[3], ids[1])),
        (ids[2], "cancelled"),
    ]


def test_a_full_queue_says_when_to_come_back(idle: Jobs, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_QUEUED", 1)
    idle.submit([wish()], str(model_folder))
    with pytest.raises(QueueFull, match=r"1 jobs are waiting already: try again in about 60 s") as refused:
        idle.submit([wish()], str(model_folder))
    assert refused.value.seconds == 60


def test_a_job_that_always_takes_the_studio_down_is_set_aside(idle: Jobs, model_folder: Path, library: Library) -> None:
    id, next_ = (idle.submit([wish()], str(model_folder)) for _ in range(2))
    for _ in range(ledger.MOST_ATTEMPTS):
        job = idle.take(lambda: None)
        assert job is not None and job.id == id
        idle._store.close()  # as a crash would
        idle = Jobs(library, Models(), make_worker())
        idle.open()
    job = idle.take(lambda: None)
    assert job is not None and job.id == next_
    view = idle.view(id)
    assert view is not None and view["state"] == "quarantined" and "5 times" in view["message"]

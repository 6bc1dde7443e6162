"""The one stream of a page, as several pages hear it: a real server, the fake engine behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from pipelines.requests import TextToImage
from studio.api import feed
from studio.library import Recipe
from studio.services import Studio
from tests.studio.api.test_doors import end, submit, url

__all__ = ["url"]


class Page:
    """What a page knows from the messages of the stream, put together as they say."""

    def __init__(self, messages: Iterator[dict[str, Any]]) -> None:
        self.messages = messages
        self.jobs: dict[str, dict[str, Any]] = {}
        self.ids: list[str] = []
        self.paused = False

    def hear(self) -> dict[str, Any]:
        message = next(self.messages)
        self.paused = message["paused"]
        self.ids = message.get("ids", self.ids)
        self.jobs |= {job["id"]: job for job in message["jobs"]}
        self.jobs = {id: job for id, job in self.jobs.items() if id in self.ids}
        return message

    def until(self, reached: Callable[[Page], bool]) -> None:
        while not reached(self):
            self.hear()


def messages(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    return (json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: "))


def test_one_stream_tells_of_all_jobs_from_beginning_to_end(url: str, studio: Studio) -> None:
    studio.jobs.pause()
    first = submit(studio, "slow")
    with httpx.stream("GET", f"{url}api/events", timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        page = Page(messages(answer))
        page.hear()
        assert (page.paused, page.ids, page.jobs[first]["state"]) == (True, [first], "queued")
        second = submit(studio, "a boat", count=2)
        page.until(lambda page: len(page.ids) == 2)
        assert page.ids == [first, second] and page.jobs[second]["position"] == 1
        studio.jobs.resume()
        page.until(lambda page: all(job["state"] == "done" for job in page.jobs.values()))
        assert not page.paused
        assert [len(page.jobs[id]["pictures"]) for id in page.ids] == [1, 2]
        httpx.post(f"{url}api/jobs/clear")
        page.until(lambda page: not page.ids)
        assert page.jobs == {}


def test_only_what_has_changed_is_told(url: str, studio: Studio) -> None:
    studio.jobs.pause()
    first, second = submit(studio, "first"), submit(studio, "second")
    studio.jobs.cancel(first)
    with httpx.stream("GET", f"{url}api/events", timeout=30) as answer:
        page = Page(messages(answer))
        assert len(page.hear()["jobs"]) == 2
        studio.jobs.cancel(second)
        message = page.hear()
        assert [job["id"] for job in message["jobs"]] == [second] and "ids" not in message


def test_pausing_an_empty_queue_is_told_as_well(url: str, studio: Studio) -> None:
    with httpx.stream("GET", f"{url}api/events", timeout=30) as answer:
        page = Page(messages(answer))
        page.hear()
        studio.jobs.pause()
        assert page.hear() == {"paused": True, "jobs": []}


def test_a_page_opened_later_sees_the_latest_results_as_they_stand(
    url: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LATEST", 2)
    with httpx.Client(base_url=url) as client:
        done = [end(client, submit(studio, count=2)) for _ in range(3)]  # type: ignore[arg-type]
        kept, thrown = (each["id"] for each in done[2]["pictures"])
        studio.library.say(kept, star=True)
        studio.library.trash(thrown)
        now = client.get("api/events/now").json()
    assert now["ids"] == [each["id"] for each in done]
    assert {job["id"] for job in now["jobs"]} == {done[1]["id"], done[2]["id"]}
    latest = next(job for job in now["jobs"] if job["id"] == done[2]["id"])
    assert [each and (each["id"], each["star"]) for each in latest["pictures"]] == [(kept, True), None]


def test_stopping_all_or_only_what_waits_and_trying_again_what_failed(url: str, studio: Studio) -> None:
    with httpx.Client(base_url=url) as client:
        failed = end(client, submit(studio, "refuse"))["id"]  # type: ignore[arg-type]
        running = submit(studio, "slow", steps=1000)
        while client.get(f"api/jobs/{running}").json()["state"] == "queued":
            pass
        studio.jobs.pause()
        waiting = [submit(studio, f"job {number}") for number in range(3)]
        views = client.post("api/jobs/stop?which=waiting").json()["jobs"]
        states = {job["id"]: job["state"] for job in views}
        assert [states[id] for id in waiting] == ["cancelled"] * 3 and states[running] == "running"
        waiting.append(submit(studio, "one more"))
        client.post("api/jobs/stop")
        assert [end(client, id)["state"] for id in (running, *waiting)] == ["cancelled"] * 5  # type: ignore[arg-type]
        assert client.post("api/jobs/stop?which=some").status_code == 422
        again = client.post("api/jobs/retry").json()["jobs"]
        assert [job["id"] for job in again if job["state"] == "queued"] == [failed]


def test_a_result_without_a_job_does_not_stand_in_the_way(url: str, studio: Studio) -> None:
    studio.library.save(Image.new("RGB", (64, 64)), Recipe(request=TextToImage(), model="x", title="X"))
    assert httpx.get(f"{url}api/events/now").json() == {"paused": False, "ids": [], "jobs": []}

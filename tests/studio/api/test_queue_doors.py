"""The doors to the queue as a whole."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from studio.api import router
from studio.jobs import jobs
from studio.services import Studio
from tests.studio.jobs.test_jobs import end, submit


@pytest.fixture
def client(studio: Studio) -> TestClient:
    app = FastAPI()
    app.include_router(router(studio))
    return TestClient(app)


def test_a_queue_can_be_looked_at_held_ordered_and_cleared(studio: Studio, client: TestClient) -> None:
    assert client.post("/api/jobs/pause").json() == {"paused": True, "jobs": []}
    ids = [submit(studio, f"job {number}") for number in range(3)]
    assert client.post(f"/api/jobs/{ids[2]}/move?to=0").json()["position"] == 0
    assert [job["id"] for job in client.get("/api/jobs").json()["jobs"]] == [ids[2], ids[0], ids[1]]
    assert client.post("/api/jobs/resume").json()["paused"] is False
    for id in ids:
        end(studio, id)
    assert client.get("/api/jobs").headers["Cache-Control"] == "no-store"
    assert client.post("/api/jobs/clear").json() == {"paused": False, "jobs": []}
    assert client.get(f"/api/jobs/{ids[0]}").status_code == 404


def test_a_job_that_failed_is_tried_again(studio: Studio, client: TestClient) -> None:
    id = submit(studio, "refuse")
    assert end(studio, id)["state"] == "failed"
    assert client.post(f"/api/jobs/{id}/retry").json()["state"] in ("queued", "running", "failed")
    end(studio, id)
    done = submit(studio)
    end(studio, done)
    answer = client.post(f"/api/jobs/{done}/retry")
    assert answer.status_code == 400 and answer.json()["message"].startswith("This job is done")


def test_a_full_queue_says_when_to_knock_again(
    studio: Studio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = submit(studio, "refuse")
    end(studio, id)
    monkeypatch.setattr(jobs, "MOST_QUEUED", 0)
    answer = client.post(f"/api/jobs/{id}/retry")
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert "jobs are waiting already" in answer.json()["message"]


@pytest.mark.parametrize("door", ["retry", "move?to=1", "cancel"])
def test_unknown_jobs_are_not_found(client: TestClient, door: str) -> None:
    assert client.post(f"/api/jobs/nobody/{door}").status_code == 404


def test_a_place_must_be_a_number(studio: Studio, client: TestClient) -> None:
    studio.jobs.pause()
    assert client.post(f"/api/jobs/{submit(studio)}/move?to=first").status_code == 422

"""The HTTP doors, with the fake engine behind them."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from pipelines.errors import OutputError
from pipelines.requests import Inpaint, Sampling, Size, TextToImage
from studio.api import Guard, pictures, router
from studio.library import open_picture
from studio.services import Studio


@pytest.fixture
def client(studio: Studio) -> TestClient:
    app = FastAPI()
    app.include_router(router(studio))
    return TestClient(app)


@pytest.fixture
def url(studio: Studio) -> Iterator[str]:
    """The doors behind a real server."""
    app = FastAPI()
    app.include_router(router(studio))
    config = uvicorn.Config(Guard(app), port=0, log_level="warning", timeout_graceful_shutdown=1)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()


def submit(studio: Studio, prompt: str = "", steps: int = 3, count: int = 1) -> str:
    size, sampling = Size(width=64, height=64), Sampling(steps=steps)
    return studio.jobs.submit([TextToImage(prompt=prompt, size=size, sampling=sampling, count=count)], studio.model)


def end(client: TestClient, id: str) -> dict[str, Any]:
    while (view := client.get(f"/api/jobs/{id}").json())["state"] in ("queued", "running"):
        time.sleep(0.02)
    return view  # type: ignore[no-any-return]


def png(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> tuple[Image.Image, bytes]:
    picture = Image.frombytes("RGBA", size, os.urandom(size[0] * size[1] * 4)).convert(mode)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return picture, file.getvalue()


def test_status_says_how_the_engine_is(client: TestClient, studio: Studio) -> None:
    end(client, submit(studio))
    model = client.get("/api/status").json()["model"]
    assert (model["state"], model["message"], model["title"]) == ("ready", None, "shape")
    assert model["on"]["device"] == "auto"


def test_a_job_is_watched_previewed_and_fetched(client: TestClient, studio: Studio) -> None:
    id = submit(studio, "slow", steps=20)
    while not (view := client.get(f"/api/jobs/{id}").json())["previews"][0]:
        time.sleep(0.02)
    assert view["state"] == "running"
    preview = client.get(f"/api/jobs/{id}/preview/0?v={view['previews'][0]}")
    assert (preview.headers["Content-Type"], preview.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert Image.open(io.BytesIO(preview.content)).size == (32, 32)
    done = end(client, id)
    picture = done["pictures"][0]
    answer = client.get("/" + picture["url"])
    assert answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    path = studio.library.path_of(picture["id"])
    assert path is not None and answer.content == path.read_bytes()


def test_cancel_answers_with_the_view(client: TestClient, studio: Studio) -> None:
    id, waiting = submit(studio, "slow", steps=500), submit(studio)
    assert client.post(f"/api/jobs/{waiting}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/api/jobs/{id}/cancel").status_code == 200
    assert end(client, id)["state"] == "cancelled"
    assert client.post(f"/api/jobs/{id}/cancel").json()["state"] == "cancelled"


def test_pictures_come_in_by_the_door_and_are_kept_by_their_pixels(client: TestClient, studio: Studio) -> None:
    picture, data = png()
    first = client.post("/api/pictures", content=data).json()
    again = client.post("/api/pictures?kind=picture", content=data).json()
    assert first == again and (first["width"], first["height"]) == (24, 16)
    assert Image.open(io.BytesIO(client.get("/" + first["url"]).content)).tobytes() == picture.tobytes()
    mask = client.post("/api/pictures?kind=mask", content=png("L")[1]).json()
    request = Inpaint(image=studio.library.picture(first["id"]), mask=studio.library.picture(mask["id"]))
    assert request.mask.mode == "L"


def test_what_is_no_picture_is_refused_in_a_sentence(
    client: TestClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = png()
    for content, status in ((b"", 400), (b"GIF89a", 400), (data[:200], 400)):
        answer = client.post("/api/pictures", content=content)
        assert answer.status_code == status and answer.json()["message"].endswith(".")
    answer = client.post("/api/pictures?kind=song", content=data)
    assert answer.status_code == 422 and "kind" in answer.json()["message"]
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    answer = client.post("/api/pictures", content=data)
    assert answer.status_code == 413 and "larger than" in answer.json()["message"]
    assert not studio.library.inputs.exists()


def test_few_pictures_are_decoded_at_a_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def slow(data: bytes) -> Image.Image:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return open_picture(data)

    monkeypatch.setattr(pictures, "open_picture", slow)
    data = png()[1]
    senders = [
        threading.Thread(target=httpx.post, args=(f"{url}api/pictures",), kwargs={"content": data}) for _ in range(8)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert most == pictures.MOST_AT_ONCE


def test_a_full_disk_is_told_as_such(client: TestClient, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OutputError("The disk is full.")

    monkeypatch.setattr(studio.library, "keep", full)
    answer = client.post("/api/pictures", content=png()[1])
    assert (answer.status_code, answer.json()) == (507, {"message": "The disk is full."})


@pytest.mark.parametrize(
    "path",
    [
        "jobs/nobody",
        "jobs/nobody/events",
        "jobs/nobody/preview/0",
        "pictures/nothing",
        "pictures/" + "0" * 64,
        "pictures/..%2f..%2fetc%2fpasswd",
        "pictures/%2e%2e",
    ],
)
def test_what_nobody_knows_is_404(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/{path}")
    assert answer.status_code == 404
    assert "message" in answer.json() or "%2" in path


def test_a_preview_that_is_not_there_is_404(client: TestClient, studio: Studio) -> None:
    id = submit(studio)
    end(client, id)
    assert client.get(f"/api/jobs/{id}/preview/0").status_code == 404
    assert client.get(f"/api/jobs/{id}/preview/99").status_code == 404
    assert client.get(f"/api/jobs/{id}/preview/x").status_code == 422
    assert client.post("/api/jobs/nobody/cancel").status_code == 404


def views(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    return (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_events_stream_every_change_and_end_with_the_job(url: str, studio: Studio) -> None:
    id = submit(studio, "slow", steps=20)
    started = time.monotonic()
    with httpx.stream("GET", f"{url}api/jobs/{id}/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        seen = list(views(answer.iter_lines()))  # the server ends it
    assert seen[-1]["state"] == "done" and len(seen[-1]["pictures"]) == 1
    steps = [view["step"] for view in seen]
    assert steps == sorted(steps) and len(set(steps)) > 2
    assert len(seen) <= 10 * (time.monotonic() - started) + 2
    with httpx.stream("GET", f"{url}api/jobs/{id}/events") as answer:  # and again, when it is over
        assert [view["state"] for view in views(answer.iter_lines())] == ["done"]


def test_a_listener_that_leaves_is_let_go_and_the_job_goes_on(url: str, studio: Studio) -> None:
    id = submit(studio, "slow", steps=30)
    with httpx.stream("GET", f"{url}api/jobs/{id}/events") as answer:
        next(views(answer.iter_lines()))
    with httpx.stream("GET", f"{url}api/jobs/{id}/events") as answer:
        assert list(views(answer.iter_lines()))[-1]["state"] == "done"


def test_many_listeners_do_not_hold_up_the_doors(url: str, studio: Studio) -> None:
    id = submit(studio, "slow", steps=1000)
    listening, ends = threading.Semaphore(0), []
    with httpx.Client(base_url=url, timeout=30, limits=httpx.Limits(max_connections=60)) as client:

        def listen() -> None:
            with client.stream("GET", f"api/jobs/{id}/events") as answer:
                seen = views(answer.iter_lines())
                next(seen)
                listening.release()
                ends.append([view["state"] for view in seen][-1])

        threads = [threading.Thread(target=listen) for _ in range(50)]
        for thread in threads:
            thread.start()
        assert all(listening.acquire(timeout=30) for _ in threads)
        assert client.get("api/status").status_code == 200
        assert client.get(f"api/jobs/{id}").json()["state"] == "running"  # so all 50 are still there
        client.post(f"api/jobs/{id}/cancel")
        for thread in threads:
            thread.join()
    assert ends == ["cancelled"] * 50

"""All routes of the running application, ours and Gradio's: none is outside the guard, few of Gradio's are there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio
import pytest
from starlette.testclient import TestClient

from studio.api import Lock
from studio.app import application
from studio.services import Studio
from studio.settings import Settings
from tests.studio.conftest import shape_model
from tests.studio.fakes import make_worker

PASSWORD = {"Authorization": "Bearer open sesame"}
SHOWN = ("/", "/config", "/favicon.ico", "/manifest.json", "/theme.css", "/assets/x", "/static/x")
QUEUE = ("/gradio_api/queue/data", "/gradio_api/app_id")
OPEN = {("POST", "/gradio_api/queue/join"), ("HEAD", "/"), *(("GET", path) for path in (*SHOWN, *QUEUE))}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The whole application, its page built, with a password in front of it."""
    folder = tmp_path_factory.mktemp("studio")
    model = shape_model(folder / "shape")
    settings = Settings(outputs=folder / "outputs", words=folder / "words", model=str(model))
    with (
        Studio(settings, make_worker()) as studio,
        TestClient(application(studio, Lock("open sesame")), base_url="http://127.0.0.1") as client,
    ):
        while "X-Studio" in client.get("/", headers=PASSWORD).headers:
            time.sleep(0.05)
        yield client


def routes(app: Any) -> Iterator[tuple[str, str]]:
    """(method, path) of every route that can be reached from an application, through whatever wraps it."""
    for route in getattr(app, "routes", ()):
        contexts = getattr(route, "effective_route_contexts", None)  # routers that FastAPI takes apart lazily
        for each in contexts() if contexts else [route]:
            for method in getattr(each, "methods", None) or ():
                yield method, re.sub(r"{[^}]*}", "x", each.path)
        if getattr(route, "app", None) is not None and not hasattr(route, "endpoint"):
            yield from ((method, route.path + path) for method, path in routes(route.app))
    if not hasattr(app, "routes") and hasattr(app, "app"):
        yield from routes(app.app)


@pytest.fixture(scope="module")
def every(client: TestClient) -> list[tuple[str, str]]:
    found = sorted(set(routes(client.app)))
    known = {("POST", "/gradio_api/upload"), ("GET", "/gradio_api/file=x"), ("GET", "/gradio_api/proxy=x")}
    known |= {("POST", "/api/pictures"), ("GET", "/api/jobs/x/events"), ("GET", "/api/status"), ("POST", "/login")}
    assert known | OPEN <= set(found) and len(found) > 60
    return [*found, ("GET", "/page/live.js"), ("GET", "/nowhere"), ("DELETE", "/"), ("OPTIONS", "/")]


def statuses(client: TestClient, every: list[tuple[str, str]], headers: dict[str, str]) -> set[int]:
    return {client.request(method, path, headers=headers).status_code for method, path in every}


def test_none_answers_without_the_password(client: TestClient, every: list[tuple[str, str]]) -> None:
    locked = [each for each in every if each != ("POST", "/login")]
    for headers in ({}, {"Cookie": "diffusion-studio-80=x", "Authorization": "Basic eDp5"}):
        assert statuses(client, locked, headers) == {401}


def test_none_answers_to_a_name_that_is_not_the_studios(client: TestClient, every: list[tuple[str, str]]) -> None:
    assert statuses(client, every, PASSWORD | {"Host": "evil.example"}) == {421}


def test_none_answers_to_another_websites_page(client: TestClient, every: list[tuple[str, str]]) -> None:
    assert statuses(client, every, PASSWORD | {"Origin": "http://evil.example"}) == {403}
    assert statuses(client, every, PASSWORD | {"Sec-Fetch-Site": "cross-site"}) == {403}


def test_of_gradios_routes_only_those_are_there_that_the_page_needs(
    client: TestClient, every: list[tuple[str, str]]
) -> None:
    ours = ("/api/", "/page", "/login")  # whose POST is the lock's
    closed = [each for each in every if each not in OPEN and not each[1].startswith(ours)]
    assert len(closed) > 50
    assert statuses(client, closed, PASSWORD) == {404}
    for path in ("/", "/config", "/theme.css", "/gradio_api/app_id"):
        assert client.get(path, headers=PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "//etc/passwd",
        "/gradio_api//file=/etc/passwd",
        "/gradio_api/queue/../file=/etc/passwd",
        "/config/",
        "/?x",
        "/\n",
    ],
)
def test_other_ways_to_write_a_path_lead_nowhere_else(client: TestClient, path: str) -> None:
    scope_path = path.replace("?", "%3f").replace("\n", "%0a")
    assert client.get(scope_path, headers=PASSWORD).status_code == 404


FILE = {"path": "http://198.51.100.7/x.png", "meta": {"_type": "gradio.FileData"}}


def join(client: TestClient, data: list[Any]) -> Any:
    body = {"fn_index": fold(client), "data": data, "session_hash": "abcdefgh"}
    return client.post("/gradio_api/queue/join", json=body, headers=PASSWORD)


def fold(client: TestClient) -> int:
    """A button that hands its fields to the server: the number of its function."""
    dependencies = client.get("/config", headers=PASSWORD).json()["dependencies"]
    return next(each["id"] for each in dependencies if each["backend_fn"] and each["inputs"])


@pytest.mark.parametrize("data", [FILE, [FILE], {"a": [{"b": FILE}]}, {"meta": None}])
def test_what_says_it_is_a_file_is_not_submitted(client: TestClient, data: Any) -> None:
    answer = join(client, [data])
    assert (answer.status_code, answer.json()) == (400, {"message": "These are no values of the page's fields."})


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'"' + b"x" * 2**20 + b'"'])
def test_what_is_no_json_or_more_than_a_page_holds_is_not_submitted(client: TestClient, content: bytes) -> None:
    assert client.post("/gradio_api/queue/join", content=content, headers=PASSWORD).status_code == 400


def test_plain_values_are_submitted(client: TestClient) -> None:
    assert "event_id" in join(client, ["a red house"]).json()


def test_gradio_itself_would_fetch_what_an_address_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why submitted values are looked at; if this fails, Gradio has stopped it, and so can we."""
    fetched: list[str] = []

    async def fetch(url: str, *_: Any, **__: Any) -> str:
        fetched.append(url)
        return str(tmp_path)

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetch)
    with gradio.Blocks(analytics_enabled=False) as page:
        field = gradio.Textbox()
        gradio.Button("Go").click(lambda text: text, field, field, api_name="go")
    app = gradio.routes.App.create_app(page)
    with TestClient(app) as client:
        client.post("/gradio_api/api/go", json={"data": [FILE]})
    assert fetched == [FILE["path"]]

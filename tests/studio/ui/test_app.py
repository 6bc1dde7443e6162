"""The web process without a browser: a splash at once, then the page; one sentence where it cannot begin."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipelines.errors import StudioError
from studio.app import Page, address, application, listen, serve
from studio.services import Studio
from studio.settings import PROJECT, Settings
from tests.studio.conftest import shape_model


def test_the_page_is_not_imported_before_it_is_needed() -> None:
    code = "import studio.app, sys; print({'gradio', 'torch', 'diffusers', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_splash_answers_while_the_page_is_built() -> None:
    client = TestClient(Page(SimpleNamespace()))  # type: ignore[arg-type]
    splash = client.get("/")
    assert (splash.status_code, splash.headers["X-Studio"]) == (200, "starting")
    assert "Starting" in splash.text
    assert client.get("/config").status_code == 503


def test_the_page_takes_the_place_of_the_splash(studio: Studio) -> None:
    with TestClient(application(studio), base_url="http://127.0.0.1") as client:
        assert client.get("/").headers["X-Studio"] == "starting"
        page = _when_built(client)
        assert "Diffusion Studio" in page.text
        assert "page/studio.css" in page.text
        assert client.get("/page/canvas.js").headers["Cache-Control"] == "no-cache"
        assert client.get("/api/status").json()["model"]["title"]
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
        assert client.get("/gradio_api/file=/etc/passwd").status_code in (403, 404)


def test_whoever_opens_the_page_is_given_that_of_the_model_that_draws(studio: Studio, tmp_path: Path) -> None:
    other = shape_model(tmp_path / "other", title="Other", defaults={"steps": 7})
    with TestClient(application(studio), base_url="http://127.0.0.1") as client:
        _when_built(client)
        first, given = studio.model, [_steps(client)]
        for reference in (str(other), first):
            studio.use(reference)
            assert client.get("/").status_code == 200
            given.append(_steps(client))
    assert given == [20, 7, 20]


def test_a_page_that_cannot_be_built_says_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.app._gradio", lambda studio: 1 / 0)
    with TestClient(application(studio), base_url="http://127.0.0.1") as client:
        answer = _when_built(client)
        assert (answer.status_code, answer.text) == (500, "The page could not be built: the terminal says why.")


def test_styles_that_cannot_be_read_are_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("studio.app.Studio", lambda settings: contextlib.nullcontext())
    monkeypatch.setattr("studio.app.application", lambda *_: None)
    monkeypatch.setattr("studio.app._run", lambda *_: None)
    for content, said in ((b"name,prompt\nold,oil\n", ""), (b"name,prompt\n\xff", "not UTF-8 text (line 2)")):
        (tmp_path / "styles.csv").write_bytes(content)
        serve(Settings(port=0, words=tmp_path))
        assert said in (hints := capsys.readouterr().err) and hints.count("\n") == bool(said)


def test_a_taken_port_is_one_sentence_with_a_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StudioError, match=rf"^Port {port} is taken: .* --port {port + 1}\.$"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port", "said"), [("127.0.0.1", 70000, "no port 70000"), ("1.2.3.4", 0, "no address")]
)
def test_an_impossible_address_is_one_sentence(host: str, port: int, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        listen(host, port)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1/"),
        ("0.0.0.0", "http://127.0.0.1:1/"),
        ("::1", "http://[::1]:1/"),
        ("::", "http://[::1]:1/"),
        ("localhost", "http://localhost:1/"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(host: str, url: str) -> None:
    assert address(host, 1) == url


def _steps(client: TestClient) -> Any:
    """What stands in the field at first."""
    props = [part["props"] for part in client.get("/config").json()["components"]]
    return next(each["value"] for each in props if each.get("elem_id") == "text_to_image-steps")


def _when_built(client: TestClient) -> Any:
    for _ in range(300):
        answer = client.get("/")
        if "X-Studio" not in answer.headers:
            return answer
        time.sleep(0.1)
    raise AssertionError("the page was not built within 30 seconds")

"""Which scripts a browser is told of before it asks for them."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from studio import scripts
from studio.app import Page, application
from studio.services import Studio


def test_the_splash_names_scripts_of_gradio_that_there_are(studio: Studio) -> None:
    splash = TestClient(Page(SimpleNamespace())).get("/").text  # type: ignore[arg-type]
    told = re.findall(r'<link rel="prefetch" href="(assets/[\w.-]+)">', splash)
    assert len(told) == len(set(told)) > 20
    with TestClient(application(studio), base_url="http://127.0.0.1") as client:
        answers = [client.get(f"/{name}") for name in told]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"public, max-age=31536000, immutable"}


def test_the_head_names_scripts_of_the_page_with_whatever_they_import() -> None:
    told = scripts.reached(["live"])
    assert told[0] == "live" and len(told) == len(set(told))
    wanted = {each for name in told for each in _imports(name)}
    assert {"dom", "feed"} <= wanted <= set(told)  # the second is imported by what the first imports
    assert all(f'<link rel="modulepreload" href="page/{name}.js">' in scripts.head() for name in told)


@pytest.mark.parametrize("path", ["/assets/", "/assets/../index.html", "/assets/none.js", "/assets/%2e%2e/index.html"])
def test_nothing_else_of_gradios_folder_is_given(studio: Studio, path: str) -> None:
    with TestClient(application(studio), base_url="http://127.0.0.1") as client:
        assert client.get(path).status_code in (404, 503)


def _imports(name: str) -> set[str]:
    lines = (scripts.PAGE / f"{name}.js").read_text().splitlines()
    return {line.split("./")[1].split(".js")[0] for line in lines if line.startswith("import ") and "./" in line}

"""What the studio says of itself, beside what the system says of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from studio import arguments
from studio.services import Studio
from tests.studio.api.test_doors import client, end, submit

__all__ = ["client"]


def test_where_pictures_go_and_where_the_documents_are(client: TestClient, studio: Studio) -> None:
    told = client.get("/api/status").json()
    assert Path(told["outputs"]) == studio.settings.outputs.resolve()
    assert (Path(told["documents"]) / "architecture.md").is_file()


def test_how_much_memory_there_is_and_what_the_engine_has_of_it(client: TestClient, studio: Studio) -> None:
    end(client, submit(studio))
    told = client.get("/api/status").json()["memory"]
    if not Path("/proc/meminfo").exists():
        pytest.skip("the system's own account is read as Linux gives it")
    assert told["total"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < told["free"] <= told["total"]
    resident = Path(f"/proc/{studio.worker.pid}/statm").read_text().split()[1]
    assert told["engine"] == pytest.approx(int(resident) * os.sysconf("SC_PAGE_SIZE"), rel=0.2)


def test_what_it_was_started_with_and_the_options_that_change_it(client: TestClient, studio: Studio) -> None:
    told = {each["option"]: each["value"] for each in client.get("/api/status").json()["started"]}
    assert told["--outputs"] == str(studio.settings.outputs.resolve())
    assert (told["--device"], told["--at-once"]) == (studio.settings.device, str(studio.settings.at_once))
    options = {option for action in arguments.page()._actions for option in action.option_strings}
    assert set(told) <= options


def test_an_engine_that_is_not_there_has_no_memory(client: TestClient, studio: Studio) -> None:
    studio.worker.close()
    assert client.get("/api/status").json()["memory"]["engine"] == 0

"""What the page's process keeps of jobs that are over: no more after many than after a few."""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Sized

import pytest
from gradio.queueing import Queue
from starlette.testclient import TestClient

from studio.app import application
from studio.jobs import FINAL, jobs
from studio.services import Studio

MANY = 8
"""Jobs at a time; what is kept of each would be seen as that many more."""

OURS = ("<class 'studio.", "<class 'pipelines.", "<class 'gradio.")


def test_nothing_is_kept_of_jobs_that_are_over(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_KEPT", 3)
    with TestClient(application(studio), base_url="http://127.0.0.1") as client:
        while "X-Studio" in client.get("/config").headers:
            time.sleep(0.1)
        made = [_generate(client, MANY) for _ in range(2)]  # the first makes what is made once
        first = _kept()
        made.append(_generate(client, MANY))
        more = {name: count - first[name] for name, count in _kept().items()}
    assert made == [MANY] * 3
    assert {name: grown for name, grown in more.items() if grown >= MANY} == {}


def _generate(client: TestClient, count: int) -> int:
    """Click Generate so often, waiting for each; how many pictures came of it."""
    config = client.get("/config").json()
    fields = {each["id"]: each["props"].get("value") for each in config["components"]}
    submit = next(each for each in config["dependencies"] if each["backend_fn"] and each["targets"][0][1] == "click")
    body = {"fn_index": submit["id"], "data": [fields[id] for id in submit["inputs"]], "session_hash": "one-page"}
    made = 0
    for _ in range(count):
        assert client.post("/gradio_api/queue/join", json=body).status_code == 200
        told = client.get("/gradio_api/queue/data", params={"session_hash": "one-page"}).text.splitlines()
        messages = [json.loads(line.removeprefix("data: ")) for line in told if line.startswith("data: ")]
        (done,) = (each["output"] for each in messages if each["msg"] == "process_completed")
        made += _pictures(client, done["data"][0]["job"])
    return made


def _pictures(client: TestClient, job: str) -> int:
    while (view := client.get(f"/api/jobs/{job}").json())["state"] not in FINAL:
        time.sleep(0.01)
    return len(view["pictures"])


def _kept() -> Counter[str]:
    """The studio's and Gradio's objects by their types, and the lengths of all that the queue of a page collects."""
    gc.collect()
    there = gc.get_objects()
    kept = Counter(name for name in map(str, map(type, there)) if name.startswith(OURS))
    for queue in (each for each in there if type(each) is Queue):
        kept.update({name: len(value) for name, value in vars(queue).items() if isinstance(value, Sized)})
    return kept

"""The jobs on disk: a file of an older studio is taken up as it is."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from pipelines.requests import TextToImage
from studio.jobs.job import Job
from studio.jobs.store import MIGRATIONS, Store


def test_a_file_from_before_there_were_grids_is_read_and_written(tmp_path: Path) -> None:
    requests = json.dumps([TextToImage(prompt="a house").to_dict()])
    with sqlite3.connect(tmp_path / "jobs.sqlite") as old:
        old.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
        old.execute("INSERT INTO jobs (id, place, model, requests) VALUES ('old', 1, 'meadow', ?)", (requests,))
    old.close()
    store = Store(tmp_path / "jobs.sqlite")
    store.add(Job("new", "meadow", requests, grid='[["Steps 1"]]'))
    assert [(job.id, job.labels) for job in store.jobs()] == [("old", None), ("new", [["Steps 1"]])]
    store.close()

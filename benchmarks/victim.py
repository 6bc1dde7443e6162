"""The studio that `benchmarks/chaos.py` kills: requests in on stdin, what it promises out on stdout.

Started as ``python -m benchmarks.victim OUTPUTS AT_ONCE [MODEL]``; without a model its engine only pretends.

A line in is a JSON list of requests, "kill engine" or "try again".  Lines out are "engine PID", "job ID" once a job is
taken, "picture ID" once a watcher is told of one, and "over ID" or "aside ID" once a job has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path

from pipelines.rereading import from_dict
from studio.jobs import FINAL, jobs
from studio.services import Studio
from studio.settings import Settings
from studio.workers import Worker
from tests.studio.fakes import make_worker


def serve(outputs: Path, at_once: int, model: str | None) -> None:
    """Work until stdin ends; no job is forgotten, so that all can be counted in the end."""
    jobs.MOST_KEPT = sys.maxsize
    settings = Settings(outputs=outputs, words=outputs / "words", at_once=at_once, model=model or Settings().model)
    with Studio(settings, Worker(save_every=0.5) if model else make_worker()) as studio:
        for job in studio.jobs.all()["jobs"]:
            say("job", job["id"])  # also of those that were taken, but not told of before the kill
            watch(studio, job["id"])
        say("engine", studio.worker.pid)
        for line in sys.stdin:
            if line.strip() == "try again":
                try_again(studio)
                continue
            if line.strip() == "kill engine":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(studio.worker.pid or 0, 9)
                continue
            id = studio.jobs.submit([from_dict(each) for each in json.loads(line)], studio.model)
            say("job", id)
            watch(studio, id)


def try_again(studio: Studio) -> None:
    """Put what was set aside, because its kills came too close together, back into the queue."""
    for job in studio.jobs.all()["jobs"]:
        if job["state"] == "quarantined":
            studio.jobs.retry(job["id"])
            watch(studio, job["id"])


def watch(studio: Studio, id: str) -> None:
    """Tell of a job's pictures and its end, as the page would."""

    def follow() -> None:
        told: set[str] = set()
        view = studio.jobs.view(id)
        while view is not None:
            for picture in filter(None, view["pictures"]):
                if picture["id"] not in told:
                    told.add(picture["id"])
                    say("picture", picture["id"])
            if view["state"] in FINAL:
                say("aside" if view["state"] == "quarantined" else "over", id)
                return
            view = studio.jobs.wait(id, view["version"], 10.0)

    threading.Thread(target=follow, daemon=True).start()


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)

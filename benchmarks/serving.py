"""A studio in a process of its own, and what its page does there, without a browser: what measurements of it share.

Started as ``python -m benchmarks.serving [options of the page]`` it has the tests' stand-in for an engine, which makes
pictures of one colour as fast as it can.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[1]
REAL, STAND_IN, LAUNCHED = ("-m", "studio"), ("-m", "benchmarks.serving"), ("launch.py",)
PATIENCE = 120.0
FINAL = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Served:
    """A running studio; ``began``: when it was started, by ``time.perf_counter``."""

    url: str
    process: psutil.Process
    began: float

    @property
    def engine(self) -> psutil.Process:
        """The child process that draws."""
        (engine,) = (child for child in self.process.children() if "studio.workers.child" in child.cmdline())
        return engine


@contextlib.contextmanager
def served(program: Sequence[str] = REAL) -> Iterator[Served]:
    """Start a studio on a free port, with an empty output folder, and end it whatever happens."""
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [sys.executable, *program, "--port", str(port), "--no-browser", "--outputs", folder]
        began = time.perf_counter()
        popen = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Served(f"http://127.0.0.1:{port}/", psutil.Process(popen.pid), began)
        finally:
            popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(30)
            popen.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Page:
    """The tab for text to image: its fields as they stand there, and Generate."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        self.session = secrets.token_hex(6)
        config = self._config()
        components = {each["id"]: each["props"] for each in config["components"]}
        functions = (each for each in config["dependencies"] if each["backend_fn"])
        submit = next(each for each in functions if each["targets"][0][1] == "click")
        self.function = submit["id"]
        names = [str(components[id].get("elem_id")).removeprefix("text_to_image-") for id in submit["inputs"]]
        self.values = {name: components[id].get("value") for name, id in zip(names, submit["inputs"], strict=True)}

    def generate(self, **typed: Any) -> str:
        """Submit the fields, some of them typed anew, and give the job's id."""
        values = self.values | typed
        assert list(values) == list(self.values), f"no such fields: {set(values) - set(self.values)}"
        body = {"fn_index": self.function, "data": list(values.values()), "session_hash": self.session}
        self.http.post("gradio_api/queue/join", json=body).raise_for_status()
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as answer:
            for line in answer.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "process_completed":
                    return str(_job(message["output"]))
        raise SystemExit("the page's queue ended without an answer")

    def job(self, id: str) -> dict[str, Any]:
        """How a job is."""
        answer = self.http.get(f"api/jobs/{id}").raise_for_status()
        return dict(answer.json())

    def cancel(self, id: str) -> None:
        """What Stop does."""
        self.http.post(f"api/jobs/{id}/cancel").raise_for_status()

    def wait(self, id: str, pause: float = 0.005) -> dict[str, Any]:
        """Ask until a job is over."""
        while (view := self.job(id))["state"] not in FINAL:
            time.sleep(pause)
        return view

    def _config(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                answer = self.http.get("config")
                if answer.status_code == 200:
                    return dict(answer.json())
            time.sleep(0.02)
        raise SystemExit(f"{self.http.base_url} has no page after {PATIENCE:.0f} s")


def _job(output: dict[str, Any]) -> Any:
    """The job that the live view is told to follow."""
    (value, *_) = output.get("data") or [output]
    told = value.get("value", value) if isinstance(value, dict) else {}
    if "job" not in told:
        raise SystemExit(f"nothing was submitted: {told or output}")
    return told["job"]


def main() -> int:
    """The page with the stand-in behind it."""
    from studio import app, cli
    from studio.services import Studio
    from tests.studio.fakes import make_worker

    app.Studio = lambda settings: Studio(settings, make_worker())  # type: ignore[assignment,misc]
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

"""Models from Hugging Face: from a server of this test that speaks as its does, and breaks off."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.errors import ModelError
from studio.models import Models
from studio.models.fetching import _split, find_fetched
from tests.tiny import make_sd_folder

ROOT = Path(__file__).parents[2]
COMMIT = "c0ffee" + "0" * 34


class Hub:
    """The files of ``acme/tiny``, served; the first time that a large one is asked for, half of it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[tuple[str, str]] = []
        self.broken = False
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(body=False)

            def do_GET(self) -> None:
                self.answer(body=True)

            def answer(self, body: bool) -> None:
                if self.path.startswith("/api/models/acme/"):
                    name = self.path.split("/")[4]
                    known = {
                        "tiny": hub.files,
                        "pickled": ["model_index.json", "unet/x.bin"],
                        "single": ["x.safetensors"],
                    }
                    told: object = {
                        "id": name,
                        "sha": COMMIT,
                        "siblings": [{"rfilename": file} for file in known[name]],
                    }
                    if "/tree/" in self.path:
                        told = [{"type": "file", "path": file, "size": 1, "oid": "0"} for file in known[name]]
                    return self.send(200, json.dumps(told).encode(), {"Content-Type": "application/json"}, body)
                file = self.path.partition(f"/resolve/{COMMIT}/")[2]
                if file not in hub.files:
                    return self.send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
                data = hub.files[file]
                wanted = self.headers.get("Range", "")
                start = int(wanted.removeprefix("bytes=").split("-")[0] or 0)
                if body:
                    hub.asked.append((file, wanted))
                facts = {
                    "X-Repo-Commit": COMMIT,
                    "ETag": f'"{hashlib.sha1(data).hexdigest()}"',
                    "Accept-Ranges": "bytes",
                }
                if start:
                    facts["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
                self.send(206 if start else 200, data[start:], facts, body)

            def send(self, status: int, data: bytes, headers: dict[str, str], body: bool) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                breaks = body and len(data) > 20_000_000 and not hub.broken
                if body:
                    self.wfile.write(data[: len(data) // 2] if breaks else data)
                if breaks:
                    hub.broken = True
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def download(self, cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
        command, told = self.command(cache, *words)
        return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=300)

    def command(self, cache: Path, *words: str) -> tuple[list[str], dict[str, str]]:
        """The command and its environment."""
        address = f"http://127.0.0.1:{self.server.server_port}"
        told = {"HF_ENDPOINT": address, "HF_HUB_CACHE": str(cache), "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
        return [sys.executable, "-m", "studio", "models", "download", *words], os.environ | told


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = make_sd_folder(tmp_path_factory.mktemp("hub") / "tiny")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    more = {"unet/large.safetensors": bytes(24_000_000)}  # the client asks for ten million bytes at a time
    more |= {
        "tokenizer/chat_template.jinja": b"{{ messages }}",
        "tiny.safetensors": b"x",
        "unet/diffusion_pytorch_model.bin": b"x",
        "unet/a.fp16.safetensors": b"x",
    }
    hub = Hub(files | more)
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


def test_a_model_is_fetched_once_pinned_and_goes_on_where_it_broke_off(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = hub.download(tmp_path, "acme/tiny")
    folder = Path(done.stdout.strip())
    assert (done.returncode, folder.name) == (0, COMMIT), done.stderr
    assert f"as of commit {COMMIT}" in done.stderr
    got = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert got == {
        file for file in hub.files if not file.endswith(".bin") and file != "tiny.safetensors" and ".fp16." not in file
    }
    assert all((folder / file).read_bytes() == hub.files[file] for file in got)
    assert ("unet/large.safetensors", "bytes=10485760-") in hub.asked
    asked = len(hub.asked)
    assert hub.download(tmp_path, "acme/tiny").returncode == 0
    assert len(hub.asked) == asked
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for reference in ("acme/tiny", f"acme/tiny@{COMMIT}"):
        assert Models().card(reference).folder == folder.resolve()
    assert [(entry.name, entry.path) for entry in Models(shelf=tmp_path / "none").entries()] == [("acme/tiny", folder)]
    assert find_fetched("acme/tiny@nowhere") is None
    assert find_fetched("acme/other") is None
    with pytest.raises(
        ModelError, match=r"There is no model 'acme/other': .* fetch it with models download acme/other"
    ):
        Models().card("acme/other")


def test_whoever_waits_at_a_terminal_sees_how_far_it_is(hub: Hub, tmp_path: Path) -> None:
    command, told = hub.command(tmp_path, "acme/tiny")
    told |= {"HF_HUB_DISABLE_PROGRESS_BARS": "0"}  # which these tests have set
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
    with subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # as Linux says that the other side is gone
            while said := os.read(ours, 4096):
                shown += said
        os.close(ours)
    assert running.returncode == 0
    assert re.search(rb"\b\d+%\|", shown)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["acme/pickled"], "has its weights only as pickles"),
        (["acme/single"], "fetch one of its files, such as acme/single/x.safetensors"),
        (["acme/tiny/unet/diffusion_pytorch_model.bin"], "is no .safetensors file"),
        (["acme/tiny/nowhere.safetensors"], "cannot be fetched"),
        (["tiny"], "'tiny' is no model's id"),
    ],
)
def test_what_cannot_be_fetched_is_said(hub: Hub, tmp_path: Path, words: list[str], reason: str) -> None:
    done = hub.download(tmp_path, *words)
    assert done.returncode == 2
    assert reason in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("reference", ["", "a", "a/", "/b", "a b/c", "../x", "a/b/c.bin", "a/b/../../c.txt"])
def test_only_ids_are_ids(reference: str) -> None:
    with pytest.raises(ModelError):
        _split(reference)

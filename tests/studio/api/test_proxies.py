"""Small copies of large pictures: as large as they say, made once, and no picture too many."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from studio.api import proxies, router
from studio.api.proxies import Proxies
from studio.services import Studio


@pytest.fixture
def client(studio: Studio) -> TestClient:
    app = FastAPI()
    app.include_router(router(studio))
    return TestClient(app)


def ramp(size: tuple[int, int]) -> Image.Image:
    grey = numpy.linspace(0, 255, size[0]).astype("uint8")
    return Image.fromarray(numpy.broadcast_to(grey[None, :, None], (size[1], size[0], 3)).copy())


def test_a_large_picture_comes_as_a_small_copy(client: TestClient, studio: Studio) -> None:
    picture = ramp((3200, 400))
    id = studio.library.keep(picture).id
    answer = client.get(f"/api/pictures/{id}?side=1600")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"]
    copy = Image.open(io.BytesIO(answer.content))
    assert copy.size == (1600, 200)
    expected = numpy.asarray(picture.resize((1600, 200))).astype(int)
    assert abs(numpy.asarray(copy.convert("RGB")).astype(int) - expected).max() < 12
    assert client.get(f"/api/pictures/{id}").headers["Content-Type"] == "image/png"


@pytest.mark.parametrize("side", ["0", "1601", "100000", "-5", "x", ""])
def test_no_other_size_can_be_asked_for(client: TestClient, studio: Studio, side: str) -> None:
    id = studio.library.keep(ramp((32, 32))).id
    answer = client.get(f"/api/pictures/{id}?side={side}")
    assert answer.status_code == 422 and re.match("side (must be 1600|is not understood)", answer.json()["message"])
    assert client.get(f"/api/pictures/{'0' * 64}?side=1600").status_code == 404


def test_a_copy_is_made_once_and_the_oldest_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    monkeypatch.setattr(proxies, "shrunk", lambda path, side: made.append(path) or path.name.encode())
    monkeypatch.setattr(proxies, "MOST_KEPT", 2)
    kept = Proxies()
    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.of(name, tmp_path / name) == name.encode()
    assert [path.name for path in made] == ["a", "b", "c", "b"]

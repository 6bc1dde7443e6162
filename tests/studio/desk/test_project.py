"""Projects: what is saved in one library is there, pixel for pixel, when it is opened in another."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from pipelines.errors import UnreadableImage
from pipelines.requests import TextToImage
from studio.api import Guard, router
from studio.desk import pack, unpack
from studio.library import Library, Recipe
from studio.services import Studio

LOOPBACK = "http://127.0.0.1"


def noise(seed: int, size: tuple[int, int] = (24, 16)) -> Image.Image:
    pixels = numpy.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=numpy.uint8)
    return Image.fromarray(pixels)


def packed(values: dict, library: Library) -> io.BytesIO:
    file = io.BytesIO()
    pack(values, library, file)
    file.seek(0)
    return file


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    file.seek(0)
    return file


def state(**changes: object) -> bytes:
    return json.dumps(
        {"format": "diffusion-studio project", "version": 1, "values": {"tab": "inpaint"}} | changes
    ).encode()


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_a_project_takes_its_pictures_along(library: Library, tmp_path: Path) -> None:
    input, other = library.keep(noise(1)), library.keep(noise(2))
    request = TextToImage(prompt="a red house")
    result = library.save(noise(3), Recipe(request=request, model="meadow", title="Meadow"))
    values = {"canvas": {"history": [{"picture": {"id": input.id}}, {"picture": {"id": result.id}}]}, "tab": "inpaint"}
    file = packed(values, library)
    assert {Path(name).name for name in zipfile.ZipFile(file).namelist()} == {
        "project.json",
        input.path.name,
        result.path.name,
    }
    elsewhere = Library(tmp_path / "elsewhere")
    assert unpack(file, elsewhere) == values
    assert elsewhere.picture(input.id).tobytes() == noise(1).tobytes()
    assert elsewhere.picture(result.id).tobytes() == noise(3).tobytes()
    assert elsewhere.request(elsewhere.path_of(result.id)) == request
    assert elsewhere.path_of(other.id) is None
    unpack(file, elsewhere)  # once more changes nothing
    assert len(list((tmp_path / "elsewhere").rglob("*.png"))) == 2


def test_a_mask_that_lies_on_the_canvas_is_taken_along(library: Library, tmp_path: Path) -> None:
    mask = noise(4).convert("L")
    kept = library.keep(mask)
    values = {"canvas": {"steps": [{"kind": "mask", "mask": {"id": kept.id, "width": 24, "height": 16}}]}}
    elsewhere = Library(tmp_path / "elsewhere")
    assert unpack(packed(values, library), elsewhere) == values
    assert (elsewhere.picture(kept.id).mode, elsewhere.picture(kept.id).tobytes()) == ("L", mask.tobytes())


def test_an_id_without_a_picture_does_not_keep_a_project_from_being_saved(library: Library) -> None:
    assert zipfile.ZipFile(packed({"canvas": "0" * 12}, library)).namelist() == ["project.json"]


SHA = hashlib.sha256(b"other pixels").hexdigest()


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (lambda: io.BytesIO(b"no archive"), "no project that can be read"),
        (lambda: zipped({"other.json": b"{}"}), "no project that can be read"),
        (lambda: zipped({"project.json": b"{}"}), "no project that can be read"),
        (lambda: zipped({"project.json": state(format="a song")}), "no project that can be read"),
        (lambda: zipped({"project.json": state(version=2)}), "newer studio"),
        (lambda: zipped({"project.json": state(values=[1])}), "no project that can be read"),
        (lambda: zipped({"project.json": b"x" * (17 * 2**20)}), "larger than"),  # a bomb: 17 MB in some kilobytes
        (
            lambda: zipped({"project.json": state(), "pictures/../../evil.png": png(noise(1))}),
            "no picture of a library",
        ),
        (lambda: zipped({"project.json": state(), "pictures/evil.exe": b"MZ"}), "no picture of a library"),
        (lambda: zipped({"project.json": state(), f"pictures/{SHA}.png": png(noise(1))}), "it is damaged"),
        (lambda: zipped({"project.json": state(), "pictures/a_0123456789ab.png": b"no picture"}), "not a picture"),
    ],
)
def test_what_is_no_project_is_refused_in_a_sentence(
    file: Callable[[], io.BytesIO], sentence: str, library: Library, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableImage, match=sentence):
        unpack(file(), library)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix in (".exe", ".png")]


def test_projects_that_were_cut_off_or_changed_never_get_further_than_a_sentence(library: Library) -> None:
    kept = library.keep(noise(1))
    whole = packed({"canvas": {"id": kept.id}}, library).getvalue()
    chance = numpy.random.default_rng(0)
    for _ in range(200):
        data = bytearray(whole[: int(chance.integers(1, len(whole) + 1))])
        for place in chance.integers(0, len(data), 3):
            data[place] = int(chance.integers(0, 256))
        try:
            unpack(io.BytesIO(bytes(data)), library)
        except UnreadableImage:
            continue
        assert library.picture(kept.id).tobytes() == noise(1).tobytes()


@pytest.fixture
def client(studio: Studio) -> TestClient:
    app = FastAPI()
    app.include_router(router(studio))
    return TestClient(Guard(app), base_url=LOOPBACK)


def test_the_doors(client: TestClient, studio: Studio) -> None:
    kept = studio.library.keep(noise(4))
    before = client.get("/api/desk").json()
    assert before["values"] == {}
    assert client.post("/api/desk", json={"canvas": {"id": kept.id}, "tab": "inpaint"}).status_code == 200
    after = client.get("/api/desk").json()
    assert after["values"] == {"canvas": {"id": kept.id}, "tab": "inpaint"} and after["version"] != before["version"]
    assert client.post("/api/desk", json={"": 1}).status_code == 400
    assert client.post("/api/desk", json=[1]).status_code == 422
    answer = client.get("/api/project")
    assert (
        answer.headers["content-type"] == "application/zip" and ".studio.zip" in answer.headers["content-disposition"]
    )
    client.post("/api/desk", json={"canvas": None, "tab": "outpaint"})
    opened = client.post("/api/project", content=answer.content)
    assert opened.json() == client.get("/api/desk").json()
    assert opened.json()["values"] == after["values"]
    refused = client.post("/api/project", content=b"no project")
    assert refused.status_code == 400 and "no project" in refused.json()["message"]
    assert client.get("/api/desk").json()["values"]["tab"] == "inpaint"

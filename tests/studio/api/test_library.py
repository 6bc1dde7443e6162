"""The doors of the library, beside what Pillow, sqlite and zipfile find for themselves."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import time
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.parts import Hires, Tuning
from pipelines.requests import TASKS, ImageToImage, Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage
from studio import recalling
from studio.api import router
from studio.library import Recipe, Saved
from studio.services import Studio
from studio.settings import Settings
from tests.studio.fakes import make_worker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NASTY = "<img src=x onerror=alert(1)>\"'&"
NO_IDS = ["0" * 12, "0" * 64, "%2e%2e", "..%2f..%2fetc%2fpasswd", "0" * 11 + "%00", "*", "0" * 11 + "?"]


@pytest.fixture
def idle(tmp_path: Path) -> Studio:
    """A studio that was not started: its library is enough."""
    return Studio(Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model="none"), make_worker())


@pytest.fixture
def client(idle: Studio) -> TestClient:
    app = FastAPI()
    app.include_router(router(idle))
    return TestClient(app)


def put(studio: Studio, request: Request, hours: int = 0, picture: Image.Image | None = None) -> Saved:
    """Save a result as one that was made so many hours ago."""
    made = picture or Image.frombytes("RGB", (48, 32), os.urandom(48 * 32 * 3))
    created = (NOW - timedelta(hours=hours)).isoformat()
    return studio.library.save(made, Recipe(request=request, model="meadow", title="Meadow", created=created))


def fill(studio: Studio, count: int = 7) -> list[str]:
    """Put pictures into the library; their ids, the newest first."""
    return [put(studio, TextToImage(prompt=f"house {k}", sampling=Sampling(seed=k)), k).id for k in range(count)]


def found(client: TestClient, **asked: Any) -> list[str]:
    answer = client.get("/api/library", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["pictures"]]


def test_pages_lead_through_all_pictures_also_while_others_come_and_go(client: TestClient, idle: Studio) -> None:
    ids = fill(idle)
    first = client.get("/api/library?limit=3").json()
    assert ([each["id"] for each in first["pictures"]], first["count"]) == (ids[:3], 7)
    put(idle, TextToImage(prompt="newer"))
    client.post("/api/library/trash", json={"ids": [ids[2]]})  # where the next page begins
    second = client.get("/api/library", params={"limit": 3, "cursor": first["next"]}).json()
    assert [each["id"] for each in second["pictures"]] == ids[3:6]
    third = client.get("/api/library", params={"limit": 3, "cursor": second["next"]}).json()
    assert ([each["id"] for each in third["pictures"]], third["next"]) == (ids[6:], "")


def test_pictures_of_one_moment_are_on_one_page_or_the_next_each_once(client: TestClient, idle: Studio) -> None:
    made = {put(idle, TextToImage(prompt=f"at once {k}")).id for k in range(5)}
    seen, cursor = [], ""
    for _ in range(3):
        page = client.get("/api/library", params={"limit": 2, "cursor": cursor}).json()
        seen += [each["id"] for each in page["pictures"]]
        cursor = page["next"]
    assert (len(seen), set(seen), cursor) == (5, made, "")


def test_what_is_asked_is_what_the_index_holds(client: TestClient, idle: Studio) -> None:
    ids = fill(idle)
    client.post("/api/library/say", json={"ids": ids[:2], "star": True, "add": ["best", "night"], "collection": "Post"})
    client.post("/api/library/say", json={"ids": ids[:1], "drop": ["night"]})
    client.post("/api/library/trash", json={"ids": ids[-1:]})
    assert found(client, words="HOUSE 3") == [ids[3]] and found(client, seed=4) == [ids[4]]
    assert found(client, starred=True) == found(client, tag="best") == found(client, collection="Post") == ids[:2]
    assert found(client, tag="night") == [ids[1]] and found(client, trashed=True) == ids[-1:]
    assert found(client, model="meadow", task="text_to_image") == ids[:-1] and found(client, task="inpaint") == []
    assert found(client, since="2026-11-22") == [] and len(found(client, until="2026-11-22")) == 6
    tally = client.get("/api/library/tally").json()
    with closing(sqlite3.connect(idle.library.index.file)) as database:
        rows = database.execute("SELECT trashed, star, tags, collection FROM pictures").fetchall()
    kept = [row for row in rows if not row[0]]
    assert (tally["pictures"], tally["trashed"]) == (len(kept), len(rows) - len(kept)) == (6, 1)
    assert tally["starred"] == sum(row[1] for row in kept) == 2
    tags = [tag for row in kept for tag in json.loads(row[2])]
    assert tally["tags"] == {tag: tags.count(tag) for tag in set(tags)} == {"best": 2, "night": 1}
    assert (tally["collections"], tally["models"]) == ({"Post": 2}, {"Meadow": 6})


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("limit=0", 422),
        ("limit=100000", 422),
        ("task=song", 400),
        ("seed=-1", 400),
        ("seed=x", 422),
        ("since=soon", 422),
        ("cursor=here", 400),
        ("cursor=1.000000_zzzzzzzzzzzz", 400),
        ("cursor=1e999_000000000000", 400),
    ],
)
def test_questions_that_make_no_sense_are_refused_in_a_sentence(client: TestClient, asked: str, status: int) -> None:
    answer = client.get(f"/api/library?{asked}")
    assert answer.status_code == status and answer.json()["message"].endswith(".")


def test_a_glance_sees_what_has_come_and_gone(client: TestClient, idle: Studio) -> None:
    ids = fill(idle, 2)
    past = time.time() - 60
    for folder in (idle.library.outputs, idle.library.index.said):
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder, (past, past))
    stamp = client.get("/api/library/stamp").json()
    assert found(client) == found(client) == ids
    assert client.get("/api/library/stamp").json() == stamp
    newer = put(idle, TextToImage(prompt="newer"), -1).id
    assert client.get("/api/library/stamp").json() != stamp
    assert found(client) == [newer, *ids]
    next(idle.library.outputs.glob(f"*{ids[0]}.png")).unlink()
    assert found(client) == [newer, ids[1]]


def test_a_broken_file_breaks_nothing(client: TestClient, idle: Studio) -> None:
    ids = fill(idle, 3)
    path = idle.library.path_of(ids[1])
    assert path is not None
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"IDAT") + 20])  # its recipe is whole, its pixels are not
    (idle.library.outputs / "2026-11-21_x_0123456789ab.png").write_bytes(b"no picture")
    assert found(client) == ids
    assert client.get(f"/api/library/{ids[1]}").json()["prompt"] == "house 1"
    for door in (f"thumbnails/{ids[1]}", f"{ids[1]}/as/jpeg"):
        answer = client.get(f"/api/library/{door}")
        assert answer.status_code == 400 and "damaged" in answer.json()["message"]
    assert client.get("/api/library/0123456789ab").status_code == 404


def shown(client: TestClient, id: str) -> dict[str, Any]:
    answer = client.get(f"/api/library/{id}")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_a_picture_knows_where_it_comes_from_and_what_came_of_it(client: TestClient, idle: Studio) -> None:
    photo = Image.frombytes("RGB", (40, 24), os.urandom(40 * 24 * 3))
    first = put(idle, ImageToImage(prompt="first", image=photo, strength=0.5), 3)
    result = idle.library.picture(first.id)
    mask = Image.new("L", result.size, 255)
    second = put(idle, Inpaint(prompt="second", image=result, mask=mask, feather=3, full_steps=True), 2)
    wide = put(idle, Outpaint(image=result, margins=Margins(left=8)), 1)
    about = shown(client, first.id)
    assert [each["id"] for each in about["children"]] == [wide.id, second.id]
    assert about["parent"]["opened"] and (about["parent"]["width"], about["parent"]["height"]) == photo.size
    kept = Image.open(io.BytesIO(client.get(f"/api/pictures/{about['parent']['id']}").content))
    assert kept.tobytes() == photo.tobytes()
    about = shown(client, second.id)
    assert (about["parent"]["id"], about["parent"]["opened"]) == (first.id, False)
    assert about["pictures"]["image"]["width"] == 48 and about["pictures"]["mask"]["height"] == 32
    values = {each["name"]: each["value"] for each in about["settings"]}
    assert (values["feather"], values["full_steps"], values["prompt"]) == (3, True, "second")


@pytest.mark.parametrize("task", TASKS)
def test_every_setting_of_a_request_is_told(task: str) -> None:
    """Against the request's own JSON: whatever is in it is told, by its own name and with its value."""
    picture, mask = Image.new("RGB", (64, 64)), Image.new("L", (64, 64), 255)
    needed = {"image": picture, "mask": mask} if task == "inpaint" else {"image": picture}
    request = TASKS[task](**({} if task == "text_to_image" else needed))
    leaves: dict[str, Any] = {}
    for name, value in json.loads(request.to_json()).items():
        if name not in ("task", "image", "mask"):
            inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
            leaves |= inner
    told = {each.name: each for each in recalling.settings(request)}
    assert set(told) == set(leaves)
    assert len({each.field for each in told.values()}) == len(told)
    as_json = {name: json.loads(json.dumps(each.value)) for name, each in told.items()}
    leaves |= {"sampling.seed": "0"} | ({"padding": 32} if task == "inpaint" else {})
    assert as_json == leaves


def test_what_is_not_as_usual_says_so(client: TestClient, idle: Studio) -> None:
    tuning, hires = Tuning(eta=0.5), Hires(scale=2.0, steps=7)
    request = TextToImage(prompt="x", tuning=tuning, hires=hires, sampling=Sampling(sampler="ddim"), size=Size())
    about = shown(client, put(idle, request).id)
    unusual = {each["name"]: each["shown"] for each in about["settings"] if not each["usual"]}
    assert unusual.items() >= {"tuning.eta": "0.5", "hires.scale": "2", "hires.steps": "7"}.items()
    assert unusual["sampling.sampler"] == "DDIM" and "clip_skip" not in unusual


def test_another_model_than_the_one_that_draws_is_no_usual_setting(client: TestClient, idle: Studio) -> None:
    about = shown(client, put(idle, TextToImage()).id)
    assert [each["shown"] for each in about["settings"] if each["name"] == "model" and not each["usual"]] == ["Meadow"]
    there = Studio(Settings(outputs=idle.settings.outputs, words=idle.settings.words, model="meadow"), make_worker())
    app = FastAPI()
    app.include_router(router(there))
    about = shown(TestClient(app), about["id"])
    assert [each["usual"] for each in about["settings"] if each["name"] == "model"] == [True]


def test_thumbnails_are_small_right_and_made_once(client: TestClient, idle: Studio) -> None:
    ramp = Image.linear_gradient("L").resize((700, 500)).convert("RGB")
    saved = put(idle, TextToImage(), picture=ramp)
    first = client.get(f"/api/library/thumbnails/{saved.id}?side=320")
    assert first.headers["Content-Type"] == "image/webp" and "immutable" in first.headers["Cache-Control"]
    small = Image.open(io.BytesIO(first.content))
    assert (small.format, small.size) == ("WEBP", (320, 229))
    wanted = ramp.resize((320, 229), Image.Resampling.LANCZOS).convert("L")
    differences = [abs(a - b) for a, b in zip(small.convert("L").tobytes(), wanted.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 2
    (kept,) = (idle.library.outputs / ".studio" / "thumbnails").iterdir()
    assert kept.read_bytes() == first.content
    Image.new("RGB", (9, 9)).save(kept, "WEBP")
    other = kept.read_bytes()
    assert client.get(f"/api/library/thumbnails/{saved.id}?side=320").content == other
    for part in (b"", other[:20]):  # what a crash may leave
        kept.write_bytes(part)
        assert client.get(f"/api/library/thumbnails/{saved.id}?side=320").content == first.content
    large = client.get(f"/api/library/thumbnails/{saved.id}?side=1280").content
    assert Image.open(io.BytesIO(large)).size == (700, 500)  # never larger than the picture
    answer = client.get(f"/api/library/thumbnails/{saved.id}?side=4096")
    assert answer.status_code == 400 and "320 or 1280" in answer.json()["message"]


def test_thumbnails_of_the_trash_and_of_inputs(client: TestClient, idle: Studio) -> None:
    saved = put(idle, TextToImage())
    key = idle.library.keep(Image.new("RGBA", (30, 20), (9, 9, 9, 99))).id
    client.post("/api/library/trash", json={"ids": [saved.id]})
    assert Image.open(io.BytesIO(client.get(f"/api/library/thumbnails/{saved.id}").content)).size == (48, 32)
    assert Image.open(io.BytesIO(client.get(f"/api/library/thumbnails/{key}").content)).mode == "RGBA"
    assert client.post("/api/library/empty").json() == {"gone": 1}
    assert client.get(f"/api/library/thumbnails/{saved.id}").status_code == 404
    assert [file.name for file in idle.library.thumbnails.folder.iterdir()] == [f"{key}-320.webp"]


@pytest.mark.parametrize("id", NO_IDS)
@pytest.mark.parametrize("door", ["{}", "thumbnails/{}", "{}/as/png", "zip?ids={}"])
def test_what_is_no_id_leads_nowhere(client: TestClient, idle: Studio, door: str, id: str) -> None:
    fill(idle, 1)
    answer = client.get(f"/api/library/{door.format(id)}")
    assert answer.status_code == 404 and b"PNG" not in answer.content


@pytest.mark.parametrize("door", ["say", "trash", "restore"])
def test_deciding_about_what_is_not_there_is_told_and_does_nothing(client: TestClient, idle: Studio, door: str) -> None:
    (id,) = fill(idle, 1)
    before = sorted(path for path in idle.library.outputs.rglob("*.png"))
    wrong = ["../../etc/passwd", f"../{id}", "*", "0" * 12]
    answer = client.post(f"/api/library/{door}", json={"ids": wrong}).json()
    assert answer["done"] == [] and len(answer["problems"]) == len(wrong)
    assert sorted(path for path in idle.library.outputs.rglob("*.png")) == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": "all"},
        {"ids": [1]},
        {"ids": ["0" * 12] * 1001},
        {"ids": ["0" * 65]},
        {"ids": ["0" * 12], "star": "yes"},
        {"ids": ["0" * 12], "add": "best"},
        {"ids": ["0" * 12], "add": [""]},
        {"ids": ["0" * 12], "add": ["x" * 65]},
        {"ids": ["0" * 12], "collection": "\x1b[2J"},
        {"ids": ["0" * 12], "delete": True},
        [],
    ],
)
def test_decisions_that_are_none_are_refused_in_a_sentence(client: TestClient, body: Any) -> None:
    answer = client.post("/api/library/say", json=body)
    assert answer.status_code in (400, 422) and answer.json()["message"].endswith(".")


def test_nothing_is_decided_by_a_get(client: TestClient, idle: Studio) -> None:
    fill(idle, 1)
    for door in ("say", "trash", "restore", "empty", "read"):
        assert client.get(f"/api/library/{door}").status_code in (404, 405)


def test_the_trash_gives_back_until_it_is_emptied(client: TestClient, idle: Studio) -> None:
    ids = fill(idle, 4)
    client.post("/api/library/say", json={"ids": ids[:1], "star": True})
    answer = client.post("/api/library/trash", json={"ids": [*ids[:2], "0" * 12, ids[0]]}).json()
    assert answer["done"] == ids[:2] and len(answer["problems"]) == 1
    assert shown(client, ids[0])["trashed"] and found(client) == ids[2:]
    client.post("/api/library/restore", json={"ids": [ids[0]]})
    assert found(client) == [ids[0], *ids[2:]] and shown(client, ids[0])["star"]
    assert client.post("/api/library/empty").json() == {"gone": 1}
    assert found(client, trashed=True) == [] and not list((idle.library.outputs / ".trash").iterdir())


def test_a_copy_is_of_the_format_that_is_asked_with_the_recipe_or_without(client: TestClient, idle: Studio) -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    id = put(idle, TextToImage(prompt="Straße"), picture=picture).id
    for kind, format in (("jpeg", "JPEG"), ("webp", "WEBP"), ("png", "PNG")):
        answer = client.get(f"/api/library/{id}/as/{kind}")
        copy = Image.open(io.BytesIO(answer.content))
        assert (copy.format, copy.size) == (format, picture.size) and "attachment" in answer.headers[
            "Content-Disposition"
        ]
        assert abs(copy.convert("L").getpixel((5, 200)) - 200) < 4  # type: ignore[operator]
        bare = client.get(f"/api/library/{id}/as/{kind}?recipe=false").content
        assert "Straße".encode("utf-16-be") in answer.content or "Straße".encode() in answer.content or kind == "png"
        assert "Straße".encode("utf-16-be") not in bare and "Straße".encode() not in bare
    assert client.get(f"/api/library/{id}/as/gif").status_code == 422
    assert client.get(f"/api/library/{id}/as/jpeg?quality=101").status_code == 422


def test_several_pictures_come_as_one_zip_file(client: TestClient, idle: Studio) -> None:
    ids = fill(idle, 3)
    client.post("/api/library/trash", json={"ids": ids[2:]})
    answer = client.get("/api/library/zip", params={"ids": ",".join(ids)})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        files = {name: bundle.read(name) for name in bundle.namelist()}
    folders = [idle.library.outputs, idle.library.outputs / ".trash"]
    assert files == {path.name: path.read_bytes() for folder in folders for path in folder.glob("*.png")}
    assert client.get("/api/library/zip?ids=").status_code == 404
    assert client.get("/api/library/zip?ids=" + ",".join(f"{k:012x}" for k in range(1001))).status_code == 422


# What a dropped file says


def a1111(prompt: str = "a cat", more: str = "") -> str:
    return (
        f"{prompt}\nNegative prompt: fog\nSteps: 17, Sampler: Euler a, CFG scale: 5.5, Seed: 4242, Size: 640x384, "
        f"Model hash: abcdef0123, Model: someModel{more}"
    )


def png(chunks: dict[str, str], size: tuple[int, int] = (16, 8)) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    for name, text in chunks.items():
        info.add_text(name, text)
    Image.new("RGB", size, "teal").save(file, "PNG", pnginfo=info)
    return file.getvalue()


def read(client: TestClient, content: bytes, **headers: str) -> dict[str, Any]:
    answer = client.post("/api/library/read", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_another_programs_file_says_its_settings_and_what_is_lost(client: TestClient, idle: Studio) -> None:
    said = read(client, png({"parameters": a1111("a cat <lora:fur:0.8>", ", Token merging ratio: 0.5")}))
    values = {each["name"]: each["value"] for each in said["settings"]}
    assert (said["program"], said["model"], said["task"]) == ("A1111", "someModel", "text_to_image")
    assert (values["prompt"], values["negative"]) == ("a cat <lora:fur:0.8>", "fog")
    assert (values["sampling.steps"], values["sampling.sampler"], values["sampling.seed"]) == (17, "euler_a", "4242")
    assert (values["size.width"], values["size.height"], values["sampling.guidance"]) == (640, 384, 5.5)
    assert any("fur" in note for note in said["notes"]) and any("Token merging" in note for note in said["notes"])
    assert (said["width"], said["height"]) == (16, 8)
    assert not idle.library.outputs.exists()  # reading keeps nothing


def test_settings_also_come_as_text(client: TestClient) -> None:
    said = read(client, a1111("ein Käse").encode(), **{"Content-Type": "text/plain;charset=UTF-8"})
    assert said["program"] == "A1111" and said["settings"][0]["value"] == "ein Käse"
    answer = client.post("/api/library/read", content=b"x" * 300_000, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400 and answer.json()["message"].endswith(".")


def test_a_file_that_says_nothing_says_so(client: TestClient) -> None:
    said = read(client, png({"Comment": "hello"}))
    assert (said["program"], said["settings"], said["notes"]) == ("", [], [])
    assert read(client, b"just words", **{"Content-Type": "text/plain"})["program"] == ""


def test_our_own_file_says_everything_here_and_elsewhere(client: TestClient, idle: Studio, tmp_path: Path) -> None:
    photo, mask = Image.new("RGB", (40, 24), "red"), Image.new("L", (40, 24), 255)
    saved = put(idle, Inpaint(prompt="boat", image=photo, mask=mask, feather=5, sampling=Sampling(seed=9)))
    said = read(client, saved.path.read_bytes())
    values = {each["name"]: each["value"] for each in said["settings"]}
    assert (said["program"], said["task"], said["notes"]) == ("Diffusion Studio", "inpaint", [])
    assert (values["feather"], values["sampling.seed"], values["prompt"]) == (5, "9", "boat")
    key = said["pictures"]["image"]["id"]
    assert Image.open(idle.library.inputs / f"{key}.png").tobytes() == photo.tobytes()
    elsewhere = Studio(Settings(outputs=tmp_path / "elsewhere", words=tmp_path / "words", model="none"), make_worker())
    app = FastAPI()
    app.include_router(router(elsewhere))
    said = read(TestClient(app), saved.path.read_bytes())
    assert (said["task"], said["pictures"]) == ("text_to_image", {}) and "mask" in said["notes"][0]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>", os.urandom(3000)])
def test_what_is_no_picture_is_refused_in_a_sentence(client: TestClient, content: bytes) -> None:
    answer = client.post("/api/library/read", content=content)
    assert answer.status_code == 400 and answer.json()["message"].endswith(".")


def test_damaged_settings_are_notes_and_no_error(client: TestClient) -> None:
    for name in ("diffusion-studio", "invokeai_metadata", "prompt", "workflow", "sui_image_params"):
        for text in ("{", "[" * 50_000, '{"request": {"task": "inpaint"}}', "null"):
            assert client.post("/api/library/read", content=png({name: text})).status_code == 200


def test_a_file_of_endless_parts_is_refused_before_it_is_read(client: TestClient) -> None:
    data = png({})
    parts = b"\0\0\0\0tEXt\xbf\x98\xa2\xad" * 200_000
    answer = client.post("/api/library/read", content=data[:33] + parts + data[33:])
    assert answer.status_code == 400 and "chunks" in answer.json()["message"]


def test_words_are_told_as_they_stand(client: TestClient, idle: Studio) -> None:
    """Nothing is escaped, and nothing is taken for more than text: the page shows it as text."""
    id = put(idle, TextToImage(prompt=NASTY)).id
    client.post("/api/library/say", json={"ids": [id], "add": [NASTY]})
    answer = client.get(f"/api/library/{id}")
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.json()["prompt"], answer.json()["tags"]) == (NASTY, [NASTY])
    assert client.get("/api/library/tally").json()["tags"] == {NASTY: 1}

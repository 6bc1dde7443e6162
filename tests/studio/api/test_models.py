"""The models there are and which one draws, with the fake engine behind the doors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fastapi.testclient import TestClient
from safetensors.torch import save_file

from pipelines.adapters.words import names_in
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.shelf import Shelf
from pipelines.sources.identify import Contents, identify
from studio.models import Models
from studio.services import Studio
from studio.settings import Settings
from tests.original import save_original
from tests.studio.api.test_doors import client, end
from tests.studio.conftest import shape_model
from tests.studio.fakes import make_worker
from tests.tiny import make_sd_pipeline

__all__ = ["client"]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    shelf = tmp_path / "models"
    shape_model(shelf / "checkpoints" / "shape", title="<i>Shape</i>", draws="Shapes.", defaults={"steps": 7})
    shape_model(shelf / "checkpoints" / "broken")
    (shelf / "checkpoints" / "old.ckpt").write_bytes(b"PK\x03\x04")
    (shelf / "loras").mkdir()
    (shelf / "loras" / "ink.ckpt").write_bytes(b"PK\x03\x04")
    return shelf


@pytest.fixture
def studio(tmp_path: Path, shelf: Path, model_folder: Path) -> Iterator[Studio]:
    """A studio that begins with a model which is not on its shelf."""
    folders = {"outputs": tmp_path / "outputs", "words": tmp_path / "words", "models": shelf}
    with Studio(Settings(**folders, model=str(model_folder), at_once=1), make_worker()) as studio:
        yield studio


def use(client: TestClient, reference: str) -> tuple[int, str]:
    """The answer's status, and its title or what it refuses."""
    answer = client.post("/api/models/use", json={"reference": reference})
    return answer.status_code, answer.json().get("title", answer.json().get("message"))


def loaded(client: TestClient, state: str = "ready") -> None:
    while client.get("/api/status").json()["model"]["state"] != state:
        time.sleep(0.02)


def ask(studio: Studio, prompt: str) -> str:
    request = TextToImage(prompt=prompt, size=Size(width=64, height=64), sampling=Sampling(steps=10))
    return studio.jobs.submit([request], studio.model)


def made_with(client: TestClient, studio: Studio, job: str) -> str:
    """The model that the recipe of a job's picture names."""
    picture = end(client, job)["pictures"][0]["id"]
    return next(
        str(studio.library.recipe(each.path)["model"]) for each in studio.library.recent(9) if each.id == picture
    )


def test_all_models_are_listed_with_what_they_are_and_the_one_that_draws(
    client: TestClient, shelf: Path, model_folder: Path
) -> None:
    file = save_original(make_sd_pipeline(), shelf / "checkpoints" / "tiny.safetensors", "sd1")
    told = client.get("/api/models").json()
    assert (told["drawing"], told["folder"]) == (str(model_folder), str(shelf))
    models = {model["title"]: model for model in told["models"]}
    assert models.keys() >= {"tiny", "<i>Shape</i>", "broken", "old", "shape"}, "and no LoRA"
    assert not {"ink"} & models.keys()
    tiny, shape = models["tiny"], models["<i>Shape</i>"]
    assert (tiny["reference"], tiny["kind"], tiny["precision"]) == (str(file), "Stable Diffusion 1", "float32")
    assert (tiny["size"], tiny["problem"]) == (file.stat().st_size, "")
    assert (shape["draws"], shape["suits"]) == ("Shapes.", "64\u00a0×\u00a064, 7 steps, guidance 7")
    assert "could run programs" in models["old"]["problem"]


def test_another_model_draws_what_is_asked_for_from_then_on(client: TestClient, studio: Studio, shelf: Path) -> None:
    before = [ask(studio, "slow"), ask(studio, "waits")]
    shape = str(shelf / "checkpoints" / "shape")
    assert use(client, shape) == (200, "<i>Shape</i>")
    assert client.get("/api/status").json()["model"]["reference"] == shape
    assert client.get("/api/models").json()["drawing"] == shape
    after = ask(studio, "later")
    assert made_with(client, studio, after) == shape
    assert {made_with(client, studio, job) for job in before} == {studio.settings.model}


def test_the_choice_is_that_of_the_command_line_too(client: TestClient, shelf: Path) -> None:
    assert use(client, "<i>Shape</i>")[0] == 200
    assert Models(shelf=shelf).usual() == str(shelf / "checkpoints" / "shape")


def test_a_choice_that_cannot_be_written_down_holds_all_the_same(client: TestClient, studio: Studio) -> None:
    (studio.models.shelf.root / ".studio").write_text("in the way")
    answer = client.post("/api/models/use", json={"reference": "<i>Shape</i>"}).json()
    assert studio.model == answer["reference"]
    assert answer["note"].startswith("The choice holds until the studio ends")


def test_what_is_not_offered_is_refused_whether_it_is_there_or_not(
    client: TestClient, studio: Studio, tmp_path: Path
) -> None:
    elsewhere = shape_model(tmp_path / "elsewhere" / "other")
    before = studio.model
    for reference in (str(elsewhere), str(tmp_path / "nowhere")):
        status, said = use(client, reference)
        assert status == 400 and f"There is no model {reference!r} to choose: try " in said
    assert use(client, "borken")[1] == "There is no model 'borken' to choose: try broken."
    assert "could run programs" in use(client, "old")[1]
    twin = shape_model(tmp_path / "models" / "checkpoints" / "twin", title="<i>Shape</i>")
    assert use(client, "<i>Shape</i>") == (
        400,
        f"'<i>Shape</i>' fits {twin.with_name('shape')} and {twin}: give one of these.",
    )
    for body in ({}, {"reference": 3}, {"reference": "a" * 5000}, ["reference"]):
        assert client.post("/api/models/use", content=json.dumps(body)).status_code == 422
    assert studio.model == before


def test_a_model_that_cannot_be_loaded_says_so_and_another_can_be_chosen(client: TestClient) -> None:
    assert use(client, "broken") == (200, "broken")
    loaded(client, "failed")
    assert client.get("/api/status").json()["model"]["message"] == "The model is broken."
    assert use(client, "<i>Shape</i>")[0] == 200
    loaded(client)


def test_what_is_known_of_files_is_told_without_opening_them_again(
    client: TestClient, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_original(make_sd_pipeline(), shelf / "checkpoints" / "tiny.safetensors", "sd1")
    (shelf / "checkpoints" / "old.ckpt").unlink()  # of what is refused nothing is kept
    before = client.get("/api/models").json()

    def looked_into(path: Path) -> Contents:  # which folders are, always
        return pytest.fail("it was opened") if path.parent == shelf / "checkpoints" else identify(path)

    monkeypatch.setattr("studio.models.entries.identify", looked_into)
    (shelf / "loras" / "ink.ckpt").unlink()
    assert client.get("/api/models").json() == before


def test_what_can_be_written_into_a_prompt_is_told_as_it_is_written(client: TestClient, shelf: Path) -> None:
    lora, embedding = {"lora_te2_x.lora_down.weight": torch.ones(2, 2)}, {"emb_params": torch.ones(1, 768)}
    for name in ("ink", "one/twice", "two/Twice", "not:this"):
        (shelf / "loras" / name).parent.mkdir(exist_ok=True)
        save_file(lora, shelf / "loras" / f"{name}.safetensors")
    (shelf / "embeddings" / "deep").mkdir(parents=True)
    save_file(embedding, shelf / "embeddings" / "deep" / "fog.safetensors")
    told = client.get("/api/models/spoken").json()
    assert [(each["kind"], each["text"]) for each in told] == [
        ("lora", "<lora:ink:1>"),
        ("lora", "<lora:one/twice:1>"),
        ("lora", "<lora:two/Twice:1>"),
        ("embedding", "fog"),
    ]
    assert told[0]["title"] == "LoRA for Stable Diffusion XL"
    for name in ("ink", "one/twice", "two/Twice"):
        assert Shelf(shelf).find("lora", name) == shelf / "loras" / f"{name}.safetensors"
    assert names_in(["fog over a lake"], Shelf(shelf)) == ("deep/fog",)

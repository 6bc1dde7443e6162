"""What is known about a model without loading it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipelines.errors import ModelError
from pipelines.requests import Sampling
from studio import cli, looking
from studio.models import Models
from studio.models.document import PAGE, page
from tests.original import save_original
from tests.studio.conftest import shape_model
from tests.tiny import make_sd_pipeline


def test_a_built_in_model_goes_by_its_name_and_says_what_it_draws(tmp_path: Path) -> None:
    own = {"title": "Tiny", "draws": "Houses.", "words": ["a", "Red", "house"], "examples": ["a red house"]}
    folder = shape_model(tmp_path / "tiny", **own, defaults={"steps": 8})
    models = Models(tmp_path)
    card = models.card("tiny")
    assert models.names() == ("tiny",)
    assert (card.reference, card.folder, card.title, card.draws) == ("tiny", folder.resolve(), "Tiny", "Houses.")
    assert card.examples == ("a red house",)
    usual = Sampling()
    assert card.defaults == {
        "width": 64,
        "height": 64,
        "steps": 8,
        "guidance": usual.guidance,
        "sampler": usual.sampler,
        "spacing": usual.spacing,
    }


def test_unknown_words_are_named_once_whatever_their_case(tmp_path: Path) -> None:
    shape_model(tmp_path / "tiny", words=["a", "Red", "house", "meadow's"])
    card = Models(tmp_path).card("tiny")
    assert card.unknown_words("A red HOUSE, 3 Houses; a unicorn & another Unicorn in a meadow's été!") == (
        "houses",
        "unicorn",
        "another",
        "in",
        "été",
    )
    assert card.unknown_words("red BREAK house AND <lora:style:1> a __deep/colour_2__") == ()
    assert card.unknown_words("") == ()


def test_a_folder_without_a_card_gets_one_from_its_configuration(model_folder: Path) -> None:
    card = Models().card(str(model_folder))
    assert (card.title, card.reference, card.words) == ("shape", str(model_folder.resolve()), frozenset())
    assert (card.defaults["width"], card.defaults["guidance"]) == (64, 7.0)
    assert card.unknown_words("anything goes") == ()


def test_a_silent_configuration_means_512_pixels(tmp_path: Path) -> None:
    folder = shape_model(tmp_path / "silent")
    (folder / "unet" / "config.json").write_text("{}")
    assert Models().card(str(folder)).defaults["width"] == 512


def test_every_way_to_be_no_model_has_its_sentence(tmp_path: Path) -> None:
    shape_model(tmp_path / "meadow")
    models = Models(tmp_path)
    (tmp_path / "file.safetensors").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    (tmp_path / "holiday").mkdir()
    for name in "abcd":
        (tmp_path / "holiday" / f"{name}.jpg").touch()
    (tmp_path / "single").mkdir()
    (tmp_path / "single" / "sd.safetensors").touch()
    (shape_model(tmp_path / "headless") / "model_index.json").unlink()
    lacking = shape_model(tmp_path / "lacking")
    (lacking / "unet").rename(tmp_path / "elsewhere")
    (shape_model(tmp_path / "garbled") / "model_index.json").write_text("{")
    shape_model(tmp_path / "odd", words=3)
    cases = {
        "medow": "did you mean meadow|try meadow",
        "nowhere/at/all": "There is no model",
        tmp_path / "file.safetensors": "is empty: fetch it again",
        tmp_path / "empty": "is empty",
        tmp_path / "holiday": "holds a.jpg, b.jpg, c.jpg and more, which is no model",
        tmp_path / "single": "holds the single file sd.safetensors",
        tmp_path / "headless": "lacks its model_index.json",
        tmp_path / "lacking": "it lacks unet",
        tmp_path / "garbled": "cannot be read",
        tmp_path / "odd": "cannot be understood",
    }
    for reference, reason in cases.items():
        with pytest.raises(ModelError, match=reason) as refusal:
            models.card(str(reference))
        assert "\n" not in str(refusal.value)


PLAIN = {"emb_params": torch.ones(2, 768)}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with a model in one file, a LoRA, an embedding, a folder, and things that are refused."""
    root = tmp_path / "models"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    save_original(
        make_sd_pipeline(),
        root / "checkpoints" / "mine" / "Tiny.v1.safetensors",
        "sd1",
        metadata={
            "modelspec.title": "Tiny one",
            "modelspec.license": "MIT",
            "modelspec.description": "Draws\nnothing.",
        },
    )
    shape_model(root / "diffusers" / "shape")
    for name, tensors in {
        "loras/ink": {"lora_te2_x.lora_down.weight": torch.ones(2, 2).half()},
        "embeddings/word": PLAIN,
        "unknown": {"a": torch.ones(1), "b": torch.ones(1)},
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, root / f"{name}.safetensors")
    torch.save(PLAIN, root / "embeddings" / "pickled.pt")
    return root


def test_everything_on_the_shelf_is_listed_with_what_it_is(shelf: Path) -> None:
    told = {entry.name: (entry.title, entry.precision, entry.role) for entry in Models(shelf=shelf).entries()}
    assert told == {
        "unknown": ("unknown", "float32", "unknown"),
        "mine/Tiny.v1": ("Stable Diffusion 1", "float32", "model"),
        "shape": ("Stable Diffusion, a folder", "", "model"),
        "ink": ("LoRA for Stable Diffusion XL", "float16", "lora"),
        "pickled": ("", "", ""),
        "word": ("embedding for Stable Diffusion 1", "float32", "embedding"),
    }
    problems = {entry.name: entry.problem for entry in Models(shelf=shelf).entries() if entry.problem}
    assert problems.keys() == {"unknown", "pickled"}
    assert "zip archive" in problems["pickled"]


def test_what_is_known_of_a_file_is_told_without_opening_it_until_it_changes(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Models(shelf=shelf).entries()
    digest = Models(shelf=shelf).sha256(shelf / "loras" / "ink.safetensors")
    assert digest == hashlib.sha256((shelf / "loras" / "ink.safetensors").read_bytes()).hexdigest()
    with monkeypatch.context() as patch:
        patch.setattr("studio.models.entries.identify", lambda path: pytest.fail("it was opened"))
        patch.setattr("hashlib.file_digest", lambda *_: pytest.fail("it was hashed"))
        assert Models(shelf=shelf).entries() == before
        assert Models(shelf=shelf).sha256(shelf / "loras" / "ink.safetensors") == digest
    save_file(PLAIN, shelf / "loras" / "ink.safetensors")
    assert "embedding for Stable Diffusion 1" in {
        entry.title for entry in Models(shelf=shelf).entries() if entry.name == "ink"
    }
    assert Models(shelf=shelf).sha256(shelf / "loras" / "ink.safetensors") != digest


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 1, "files": 3}', '{"version": 0, "files": {}}'])
def test_what_was_kept_may_be_lost_or_damaged(shelf: Path, damage: str) -> None:
    before = Models(shelf=shelf).entries()
    kept = shelf / ".studio" / "known.json"
    rows = json.loads(kept.read_text())
    kept.write_text(damage)
    assert Models(shelf=shelf).entries() == before
    for row in rows["files"].values():
        row["entry"] = {"from": "another version"}
    kept.write_text(json.dumps(rows))
    assert Models(shelf=shelf).entries() == before


def test_a_single_file_has_a_card_that_suits_it(shelf: Path) -> None:
    models = Models(shelf=shelf)
    path = shelf / "checkpoints" / "mine" / "Tiny.v1.safetensors"
    for reference in ("tiny.v1", "MINE/tiny.V1.safetensors", str(path)):
        card = models.card(reference)
        assert (card.reference, card.folder, card.title, card.draws) == (str(path), path, "Tiny one", "Draws nothing.")
        assert (card.defaults["width"], card.defaults["sampler"]) == (512, "dpmpp_2m")
    for reference, reason in {
        "ink": "There is no model 'ink'",
        str(shelf / "loras" / "ink.safetensors"): "is no model but a LoRA for Stable Diffusion XL",
        "tiny.v2": "There is no model 'tiny.v2': try Tiny.v1",
    }.items():
        with pytest.raises(ModelError, match=reason):
            models.card(reference)


def test_a_names_tokenizer_is_told_of_a_file_as_of_its_folder(shelf: Path) -> None:
    path = shelf / "checkpoints" / "mine" / "Tiny.v1.safetensors"
    assert looking.tokenizer(path)("a red house").input_ids == make_sd_pipeline().tokenizer("a red house").input_ids


def test_the_usual_model_is_chosen_and_taken_back(shelf: Path) -> None:
    assert Models(shelf=shelf).usual() == "meadow"
    Models(shelf=shelf).choose("tiny.v1")
    assert Models(shelf=shelf).card().title == "Tiny one"
    with pytest.raises(ModelError, match="There is no model 'nothing'"):
        Models(shelf=shelf).choose("nothing")
    Models(shelf=shelf).choose("meadow")
    assert Models(shelf=shelf).usual() == "meadow"


def test_the_command_lists_shows_and_throws_away(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str]:
        code = cli.main(["models", *words, "--models", str(shelf)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    path = shelf / "checkpoints" / "mine" / "Tiny.v1.safetensors"
    code, said = run()
    assert code == 0
    for line in ("meadow\tMeadow, 256x256, the usual one", "mine/Tiny.v1\tStable Diffusion 1, 512x512, float32"):
        assert line in said
    code, said = run("show", "Tiny.v1")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for line in (
        f"sha256     {digest}\n",
        f"hash       {digest[:10]}\n",
        "licence    MIT\n",
        "suits      width 512, height",
    ):
        assert line in said
    assert run("show", "pickled")[0] == 2
    assert run("default", "tiny.v1")[0] == 0
    assert "Tiny.v1\tStable Diffusion 1, 512x512, float32, 1.5 MB, the usual one" in run("list")[1]
    code, said = run("remove", "ink")
    assert Path(said.strip()).is_file() and not (shelf / "loras" / "ink.safetensors").exists()
    assert run("remove", "tiny.v1")[0] == 0 and Models(shelf=shelf).usual() == "meadow"
    for words, reason in {
        ("show",): "models show needs a name",
        ("show", "nothing"): "There is nothing called 'nothing'",
        ("remove", str(shelf.parent)): "only what is there can be removed",
        ("remove", str(shelf / "checkpoints")): "only what is there can be removed",
        ("fly",): "Unknown action 'fly'",
    }.items():
        code, said = run(*words)
        assert code == 2, said
        assert reason in said


def test_a_name_on_the_shelf_draws(shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "a red house", "--models", str(shelf), "--model", "tiny.v1", "--seed", "1", "--steps", "2"]
    assert cli.main([*words, "--width", "64", "--height", "64", "--out", str(tmp_path / "out")]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()


def test_the_page_on_models_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m studio.models.document"

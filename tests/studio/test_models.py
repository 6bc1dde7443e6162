"""What is known about a model without loading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ModelError
from pipelines.requests import Sampling
from studio.models import Models
from tests.studio.conftest import shape_model


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
        tmp_path / "file.safetensors": "is a single file",
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

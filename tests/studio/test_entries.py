"""What is listed with the reason why it cannot be used, and what is told of folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipelines.errors import ModelError
from studio.models import Models
from tests.tiny import make_folder


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "models"


def test_controlnets_that_nothing_here_can_wear_say_so(shelf: Path) -> None:
    for name, mark in {
        "sd3": "pos_embed_input.proj.weight",
        "flux": "double_blocks.0.img_attn.norm.key_norm.scale",
    }.items():
        file = shelf / "controlnet" / f"{name}.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({"controlnet_blocks.0.weight": torch.ones(1), mark: torch.ones(1)}, file)
    told = {entry.name: entry for entry in Models(shelf=shelf).entries()}
    assert told["sd3"].title == "ControlNet for Stable Diffusion 3"
    assert told["sd3"].problem.endswith(
        "sd3.safetensors is for Stable Diffusion 3, whose ControlNets are not read here."
    )
    assert told["flux"].problem.endswith("is for Flux, whose ControlNets are not read here.")


def test_a_folder_tells_its_precision_and_one_of_another_family_is_refused(shelf: Path) -> None:
    folder = make_folder(shelf / "diffusers" / "tiny", "sana")
    other = make_folder(shelf / "diffusers" / "other", "sd")
    index = other / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"_class_name": "CakePipeline"}))
    told = {entry.name: entry for entry in Models(shelf=shelf).entries()}
    assert (told["tiny"].title, told["tiny"].precision, told["tiny"].problem) == ("Sana, a folder", "float32", "")
    assert told["other"].problem == f"{other} holds a CakePipeline, which is not known here."
    with pytest.raises(ModelError, match="holds a CakePipeline, which is not known here"):
        Models(shelf=shelf).card("other")
    card = Models(shelf=shelf).card(str(folder))
    assert (card.defaults["steps"], card.defaults["sampler"], card.cell) == (20, "dpmpp_2m", 8)

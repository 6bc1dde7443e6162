"""Models that are missing, broken, or asked to do what they cannot."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest
import torch

from pipelines.errors import AttentionUnavailable, InvalidRequest, ModelError
from pipelines.loading import load
from pipelines.onednn import is_known
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.tuning import LAID_OUT, PLAIN
from tests.tiny import make_sd_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sd_folder(tmp_path / "model")


def edit(path: Path, **changes) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_facts_and_report(folder: Path) -> None:
    family = load(folder, device="cpu")
    assert (family.facts.channels, family.facts.downscale, family.facts.takes_mask) == (4, 8, False)
    assert family.report == {
        "family": "Stable Diffusion",
        "device": "cpu",
        "precision": "float32",
        "attention": "sdpa",
        "placement": "high: all of it in place",
        "profile": LAID_OUT if is_known() else PLAIN,
    }


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model at"):
        load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"no model_index\.json"):
        load(tmp_path)


def test_unknown_kind(folder: Path) -> None:
    edit(folder / "model_index.json", _class_name="CakePipeline")
    with pytest.raises(ModelError, match="CakePipeline"):
        load(folder)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_truncated_weights(folder: Path, part: str) -> None:
    file = next((folder / part).glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match=rf"{part}/\w+\.safetensors is cut off"):
        load(folder)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "scheduler", "tokenizer"])
def test_missing_parts(folder: Path, part: str) -> None:
    for file in (folder / part).iterdir():
        file.unlink()
    with pytest.raises(ModelError):
        load(folder)


def test_pickles_are_never_opened(folder: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    next((folder / "unet").glob("*.safetensors")).unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError):
        load(folder)
    assert not (tmp_path / "exploded").exists()


def test_an_unknown_prediction_is_refused(folder: Path) -> None:
    edit(folder / "scheduler" / "scheduler_config.json", prediction_type="sample")
    with pytest.raises(ModelError, match="'sample'"):
        load(folder)


def test_devices_that_are_not_there(folder: Path) -> None:
    with pytest.raises(ModelError, match="no device 'warp'"):
        load(folder, device="warp")


def test_sliced_attention_is_really_on_and_changes_nothing(folder: Path) -> None:
    import numpy as np

    request = TextToImage(prompt="a boat", size=Size(width=64, height=64))
    sliced = load(folder, device="cpu", attention="sliced")
    assert sliced.report["attention"] == "sliced"
    assert {p.kind for p in sliced.unet.attn_processors.values()} == {"sliced"}
    one, other = ([*generate(load(folder, device="cpu", attention=a), request)][-1].image for a in ("sliced", "sdpa"))
    assert np.abs(np.int16(one) - np.int16(other)).max() <= 1


def test_attention_that_cannot_be_had_is_refused(folder: Path, monkeypatch) -> None:
    with pytest.raises(AttentionUnavailable, match="choose one of auto, sdpa, xformers, flash, sage, sliced"):
        load(folder, device="cpu", attention="magic")
    monkeypatch.setitem(sys.modules, "xformers", None)
    with pytest.raises(AttentionUnavailable, match="xformers"):
        load(folder, device="cpu", attention="xformers")


def test_sizes_the_model_cannot_make_are_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(InvalidRequest, match="width must be a multiple of 8 for this model, but is 100: try 96 or 104"):
        next(generate(load(folder, device="cpu"), TextToImage(size=Size(width=100, height=64))))


def test_a_nine_channel_model_also_makes_pictures_from_nothing(tmp_path: Path) -> None:
    family = load(make_sd_folder(tmp_path / "model", inpainting=True), device="cpu")
    assert family.facts.takes_mask
    assert [*generate(family, TextToImage(prompt="sea", size=Size(width=64, height=64)))][-1].image.size == (64, 64)


def test_sizes_and_steps_beyond_the_model_are_refused(folder: Path) -> None:
    family = load(folder, device="cpu")
    with pytest.raises(InvalidRequest, match="272x256 is too large for a model that was"):
        next(generate(family, TextToImage(size=Size(width=272, height=256))))
    edit(folder / "scheduler" / "scheduler_config.json", trained_betas=[0.01] * 30)
    with pytest.raises(InvalidRequest, match="trained on 30 levels of noise, so it cannot make 31 steps"):
        next(generate(load(folder), TextToImage(size=Size(width=64, height=64), sampling=Sampling(steps=31))))


def test_large_pictures_are_encoded_in_tiles(folder: Path, monkeypatch) -> None:
    family = load(folder, device="cpu")
    monkeypatch.setattr("pipelines.families.autoencoder.SPARING_ABOVE", 64 * 64)
    family.encode(torch.zeros(3, 64, 64))
    assert not family.vae.use_tiling
    assert family.decode(family.encode(torch.zeros(3, 128, 72))).shape == (3, 128, 72)
    assert family.vae.use_tiling

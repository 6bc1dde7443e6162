"""A model in one file makes the picture that the same model makes from its folder."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import psutil
import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, T5EncoderModel

from benchmarks.models import write
from pipelines.errors import ModelError
from pipelines.loading import load, open_source
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.sources.waiting import settled
from tests.original import clip, save_beside, save_original, t5, vae
from tests.pipelines.sources.test_identify import written
from tests.tiny import PIPELINES, make_flux_pipeline, make_sd3_pipeline, make_sd_pipeline

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sd1": ("sd", {}),
    "sd1_inpaint": ("sd", {"inpainting": True}),
    "sd2": ("sd", {}),
    "sdxl": ("sdxl", {}),
    "sdxl_inpaint": ("sdxl", {"inpainting": True}),
    "sdxl_refiner": ("sdxl", {"refiner": True, "hides_silence": False}),
    "sd3": ("sd3", {}),
    "sd35_large": ("sd3", {"qk_norm": True}),
    "flux_dev": ("flux", {}),
    "flux_schnell": ("flux", {"schnell": True}),
    "flux_fill": ("flux", {"fill": True}),
}


def layout(kind: str) -> str:
    """The name under which tests/original.py knows how a kind is laid out."""
    kind = kind.removesuffix("_inpaint")
    return "flux" if kind.startswith("flux") else "sd3" if kind.startswith("sd35") else kind


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("something wants to talk to the network")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def picture(path: Path) -> np.ndarray:
    request = TextToImage(prompt="a red house", size=Size(width=64, height=64), sampling=Sampling(steps=2))
    return np.asarray([*generate(load(path, device="cpu"), request)][-1].image)


@pytest.mark.parametrize("kind", CASES)
def test_a_file_makes_the_picture_that_its_folder_makes(tmp_path: Path, kind: str, no_network: None) -> None:
    family, options = CASES[kind]
    pipeline = PIPELINES[family](**options)
    if family == "sd3":  # whose authors use their first text encoder without its projection
        torch.nn.init.eye_(pipeline.text_encoder.text_projection.weight)
    pipeline.save_pretrained(tmp_path / "folder", safe_serialization=True)
    file = save_original(pipeline, tmp_path / "file.safetensors", layout(kind))
    assert open_source(file)[1].contents.kind.name == kind
    assert np.array_equal(picture(file), picture(tmp_path / "folder"))


@pytest.fixture
def sd_file(tmp_path: Path) -> Path:
    return save_original(make_sd_pipeline(), tmp_path / "models" / "checkpoints" / "tiny.safetensors", "sd1")


def change(file: Path, edit: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    tensors = load_file(file)
    edit(tensors)
    save_file(tensors, file)
    return file


def test_weights_of_the_wanted_type_are_the_file_itself(sd_file: Path) -> None:
    """Those of single precision are copied where the file has them at odd places, once they are used."""

    def halve(tensors: dict[str, torch.Tensor]) -> None:
        tensors |= {name: tensor.half() for name, tensor in tensors.items()}

    source = open_source(change(sd_file, halve))[1]
    unet = source.weights("unet", UNet2DConditionModel, torch.float16)
    maps = [part.addr for part in psutil.Process().memory_maps(grouped=False) if part.path == str(sd_file.resolve())]
    places = [range(*(int(end, 16) for end in addresses.split("-"))) for addresses in maps]
    assert all(any(tensor.data_ptr() in place for place in places) for tensor in unet.parameters())
    whole = settled(source.weights("unet", UNet2DConditionModel, torch.float32)).state_dict()
    assert all(torch.equal(tensor.float(), whole[name]) for name, tensor in unet.state_dict().items())


@pytest.mark.parametrize("room", range(0, 64, 8))
def test_where_a_file_has_its_tensors_changes_nothing(sd_file: Path, room: int) -> None:
    """A header of any length: the tensors behind it begin at other places of memory."""
    save_file(load_file(sd_file), sd_file, metadata={"note": " " * room})
    unet = settled(open_source(sd_file)[1].weights("unet", UNet2DConditionModel, torch.float32))
    assert {tensor.data_ptr() % 64 for tensor in unet.parameters()} == {0}


def test_training_leftovers_do_not_matter(sd_file: Path) -> None:
    before = picture(sd_file)
    extra = {
        "model_ema.decay": torch.ones(1),
        "cond_stage_model.transformer.text_model.embeddings.position_ids": torch.ones(77),
    }
    assert np.array_equal(picture(change(sd_file, lambda tensors: tensors.update(extra))), before)


def test_float8_files_are_read(sd_file: Path) -> None:
    def shrink(tensors: dict[str, torch.Tensor]) -> None:
        tensors |= {name: tensor.to(torch.float8_e4m3fn) for name, tensor in tensors.items()}

    change(sd_file, shrink)
    unet = settled(open_source(sd_file)[1].weights("unet", UNet2DConditionModel, torch.float32))
    assert torch.equal(unet.conv_in.weight, load_file(sd_file)["model.diffusion_model.input_blocks.0.0.weight"].float())


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (
            lambda t: t.pop("model.diffusion_model.out.2.weight"),
            "lacks 1 tensors, such as model.diffusion_model.out.2.weight",
        ),
        (lambda t: t.update({"model.diffusion_model.out.2.bias": torch.ones(7)}), r"out.2.bias is \(7,\), not \(4,\)"),
        (
            lambda t: [t.pop(n) for n in [*t] if n.startswith("first_stage")],
            r"has no vae in it: put one beside it, as tiny\.vae\.safetensors",
        ),
        (lambda t: t.update({"model.diffusion_model.out.2.scale_weight": torch.ones(1)}), "quantised"),
    ],
)
def test_files_that_are_not_whole_are_refused_before_anything_is_read(sd_file: Path, edit: Any, reason: str) -> None:
    change(sd_file, edit)
    with pytest.raises(ModelError, match=reason) as refusal:
        load(sd_file, device="cpu")
    assert "\n" not in str(refusal.value)


def test_a_network_without_its_text_encoder_is_no_model(tmp_path: Path) -> None:
    """As large as a real one, and a hole in the disk."""
    write(tmp_path / "unet.safetensors", written("sd1", "unet", "unet", "model.diffusion_model."))
    with pytest.raises(ModelError, match="has no text_encoder in it: look for a complete copy"):
        open_source(tmp_path / "unet.safetensors")[1].weights("text_encoder", CLIPTextModel, torch.float32)


def test_a_file_that_changes_while_it_is_loaded_is_refused_in_one_sentence(sd_file: Path) -> None:
    source = open_source(sd_file)[1]
    sd_file.write_bytes(sd_file.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot be read") as refusal:
        source.weights("unet", UNet2DConditionModel, torch.float32)
    assert "\n" not in str(refusal.value)


def test_marks_in_the_file_say_how_it_was_trained(sd_file: Path) -> None:
    shutil.rmtree(sd_file.with_suffix("") / "scheduler")
    assert load(sd_file, device="cpu").prediction == "noise"
    change(sd_file, lambda tensors: tensors.update(v_pred=torch.tensor([]), ztsnr=torch.tensor([])))
    family = load(sd_file, device="cpu")
    assert family.prediction == "v"
    assert family.path.alphas_cumprod[-1] < 1e-6
    assert open_source(sd_file)[1].config("scheduler")["timestep_spacing"] == "trailing"


def test_a_vae_of_the_same_name_goes_before_the_files_own(sd_file: Path) -> None:
    other = {name: torch.zeros_like(tensor) for name, tensor in vae(make_sd_pipeline().vae).items()}
    save_file(other, sd_file.with_suffix(".vae.safetensors"))
    assert load(sd_file, device="cpu").vae.decoder.conv_in.weight.abs().max() == 0


def test_a_name_on_the_shelf_is_enough(sd_file: Path) -> None:
    assert load("TINY", device="cpu", models=sd_file.parents[1]).facts.family == "Stable Diffusion"
    with pytest.raises(ModelError, match=r"There is no model 'tinny' in .*: try tiny"):
        load("tinny", device="cpu", models=sd_file.parents[1])


def test_flux_finds_its_other_parts_on_the_shelf(tmp_path: Path) -> None:
    pipeline = make_flux_pipeline()
    pipeline.save_pretrained(tmp_path / "folder", safe_serialization=True)
    whole = load_file(save_original(pipeline, tmp_path / "whole.safetensors", "flux"))
    models = tmp_path / "models"
    file = models / "diffusion_models" / "flux.safetensors"
    save_beside(pipeline, file.with_suffix(""))
    start = "model.diffusion_model."
    save_file({name.removeprefix(start): tensor for name, tensor in whole.items() if name.startswith(start)}, file)
    with pytest.raises(ModelError, match=r"has no vae in it: put one into .*models/vae, as ae\.safetensors"):
        load(file, device="cpu")
    for place, tensors in {
        "vae/ae": vae(pipeline.vae),
        "clip/clip_l": clip(pipeline.text_encoder),
        "text_encoders/t5xxl_fp16": t5(pipeline.text_encoder_2),
    }.items():
        (models / place).parent.mkdir()
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, models / f"{place}.safetensors")
    assert np.array_equal(picture(file), picture(tmp_path / "folder"))


def test_stable_diffusion_3_goes_without_t5_where_there_is_none(tmp_path: Path) -> None:
    pipeline = make_sd3_pipeline()
    file = save_original(pipeline, tmp_path / "checkpoints" / "sd3.safetensors", "sd3")
    change(file, lambda tensors: [tensors.pop(name) for name in [*tensors] if "t5xxl" in name])
    source = open_source(file)[1]
    assert (source.has("text_encoder_2"), source.has("text_encoder_3")) == (True, False)
    with pytest.raises(ModelError, match=r"put one into .*text_encoders, as t5xxl\.safetensors"):
        source.weights("text_encoder_3", T5EncoderModel, torch.float32)
    load(file, device="cpu")

"""Files and folders that cannot be used: one sentence, and nothing of them is left behind."""

from __future__ import annotations

import gc
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipelines.errors import ModelError
from pipelines.loading import load
from tests.original import save_original
from tests.tiny import make_folder, make_sdxl_pipeline

Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion XL in one file."""
    return save_original(make_sdxl_pipeline(), tmp_path_factory.mktemp("good") / "model.safetensors", "sdxl")


def archive(size: int) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("archive/data.pkl", b"\0" * size)
    return memory.getvalue()


def without(start: str, count: int | None = None) -> Callable[[Tensors], Tensors]:
    def take(tensors: Tensors) -> Tensors:
        gone = [name for name in tensors if name.startswith(start)][:count]
        return {name: tensor for name, tensor in tensors.items() if name not in gone}

    return take


CHANGED: dict[str, tuple[Callable[[Tensors], Tensors], str]] = {
    "a tensor of the last part is missing": (without("conditioner.embedders.1", 1), "is not complete: of the text_enc"),
    "the last part is missing": (
        without("conditioner.embedders.1"),
        "has no text_encoder_2 in it: look for a complete",
    ),
    "a tensor of the network is missing": (without("model.diffusion_model.out", 1), "is not complete: of the unet"),
    "of another family": (lambda t: {**t, "edm_mean": torch.ones(1)}, "it looks like a Playground 2.5 model"),
    "Chroma": (
        lambda t: {"distilled_guidance_layer.in_proj.bias": torch.ones(1)},
        "a Chroma model, which is read from",
    ),
    "Z-Image": (lambda t: {"x_pad_token": torch.ones(1, 1), "cap_embedder.0.weight": torch.ones(1)}, "a Z-Image model"),
    "a LoRA": (lambda t: {"lora_te2_x.lora_down.weight": torch.ones(2, 2)}, "is no model but a LoRA for Stable Diff"),
    "a ControlNet of Flux": (
        lambda t: {
            "controlnet_blocks.0.weight": torch.ones(1),
            "double_blocks.0.img_attn.norm.key_norm.scale": torch.ones(1),
        },
        "is no model but a ControlNet for Flux",
    ),
    "a ControlNet of Stable Diffusion 3": (
        lambda t: {"controlnet_blocks.0.weight": torch.ones(1), "pos_embed_input.proj.weight": torch.ones(1)},
        "is no model but a ControlNet for Stable Diffusion 3",
    ),
    "quantised": (lambda t: {**t, "model.diffusion_model.out.2.weight_scale": torch.ones(1)}, "quantised"),
}
WRITTEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut off": (lambda data: data[:-1000], "is cut off"),
    "a zip bomb": (lambda data: archive(50_000_000), "is a zip archive"),
    "a pickle": (lambda data: b"\x80\x02}q\x00.", "is a Python pickle"),
}


def refusal(path: Path) -> str:
    """What is said; the error goes, and with it whatever it held."""
    try:
        load(path, device="cpu")
    except ModelError as error:
        return str(error)
    pytest.fail(f"{path} was loaded")


def modules() -> int:
    gc.collect()
    return sum(issubclass(type(each), torch.nn.Module) for each in gc.get_objects())


def check(path: Path, reason: str) -> None:
    before = modules()
    said = refusal(path)
    assert reason in said
    assert "\n" not in said
    assert modules() == before
    assert not [part for part in psutil.Process().memory_maps() if part.path.startswith(str(path.parent))]


@pytest.mark.parametrize("name", CHANGED)
def test_a_file_with_other_tensors(good: Path, tmp_path: Path, name: str) -> None:
    change, reason = CHANGED[name]
    save_file(change(load_file(good)), tmp_path / "model.safetensors")
    (tmp_path / "model").symlink_to(good.with_suffix(""))
    check(tmp_path / "model.safetensors", reason)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_with_other_bytes(good: Path, tmp_path: Path, name: str) -> None:
    change, reason = WRITTEN[name]
    (tmp_path / "model.safetensors").write_bytes(change(good.read_bytes()))
    check(tmp_path / "model.safetensors", reason)


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_the_last_part_lacks_is_known_first(good: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """Before any part is converted, which takes long in a large model; the setting converts all of them as it loads."""
    path = tmp_path / "model.safetensors"
    save_file(without("conditioner.embedders.1", 1)(load_file(good)), path)
    (tmp_path / "model").symlink_to(good.with_suffix(""))
    monkeypatch.setattr("pipelines.sources.waiting.settled", lambda module: pytest.fail("a part was converted"))
    with pytest.raises(ModelError, match="is not complete: of the text_encoder_2"):
        load(path, device="cpu", memory="low")


def test_a_folder_with_less_in_its_last_part(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "model", "sdxl")
    file = next((folder / "text_encoder_2").glob("*.safetensors"))
    save_file(without("text_model.final", 1)(load_file(file)), file, metadata={"format": "pt"})
    check(folder, "text_encoder_2")


def test_a_folder_that_was_trained_on_other_noise(tmp_path: Path) -> None:
    """As Playground 2.5: diffusers calls it a Stable Diffusion XL, and nothing but its scheduler says what it is."""
    folder = make_folder(tmp_path / "model", "sdxl")
    edit(folder / "scheduler" / "scheduler_config.json", _class_name="EDMDPMSolverMultistepScheduler")
    check(folder, "was trained on the noise levels of EDM, which are not known here")

"""Weights wait in their file until they are used, and are then what they would have been at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPTextModel

from pipelines.events import Picture
from pipelines.loading import load
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.sources import Folder, waiting
from pipelines.sources.waiting import ready, settled, wait, waiting_in
from tests.original import save_original
from tests.tiny import PIPELINES

PARTS = {"unet": UNet2DConditionModel, "vae": AutoencoderKL, "text_encoder": CLIPTextModel}


@pytest.fixture
def all_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small they are."""
    monkeypatch.setattr(waiting, "LARGE", 0)


def halved(folder: Path, kind: str = "sd") -> Path:
    """A tiny model in diffusers' layout, its numbers in 16 bits."""
    PIPELINES[kind]().to(torch.float16).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_has_waited_is_what_diffusers_and_transformers_read(
    tmp_path: Path, part: str, dtype: torch.dtype, all_wait: None
) -> None:
    kind = PARTS[part]
    module = Folder(halved(tmp_path)).weights(part, kind, dtype)
    assert waiting_in(module)
    assert torch.float16 in {tensor.dtype for tensor in module.parameters()}
    right = kind.from_pretrained(tmp_path / part, dtype=dtype).state_dict()
    there = settled(module).state_dict()
    assert not waiting_in(module)
    assert there.keys() == right.keys()
    assert all(tensor.dtype == dtype and torch.equal(tensor, right[name]) for name, tensor in there.items())


def drawn(path: Path, precision: str) -> bytes:
    request = TextToImage(
        prompt="a (red:1.3) house", size=Size(width=64, height=64), sampling=Sampling(steps=2, guidance=3.0)
    )
    family = load(path, device="cpu", precision=precision)
    (picture,) = [event for event in generate(family, request) if isinstance(event, Picture)]
    for part in family.modules.values():
        assert not waiting_in(part)
        assert not any(weight.is_meta for weight in part.parameters())
    return picture.image.tobytes()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("kind", "layout"), [("sd", "sd1"), ("sdxl", "sdxl"), ("sd3", "sd3"), ("flux", "flux")])
def test_a_picture_is_the_same_bit_for_bit_whether_or_not_weights_wait(
    tmp_path: Path, kind: str, layout: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = halved(tmp_path / "folder", kind)
    pictures = set()
    for path in (folder, halved_file(tmp_path, kind, layout)):
        for large in (0, 2**60):
            monkeypatch.setattr(waiting, "LARGE", large)
            pictures.add(drawn(path, precision))
    assert len(pictures) == (1 if kind != "sd3" else 2)  # whose file goes without a projection


def halved_file(folder: Path, kind: str, layout: str) -> Path:
    file = save_original(PIPELINES[kind]().to(torch.float16), folder / "file.safetensors", layout)
    save_file({name: tensor.half() for name, tensor in load_file(file).items()}, file)
    return file


def test_the_type_of_a_part_is_told_before_it_is_used(tmp_path: Path, all_wait: None) -> None:
    family = load(halved(tmp_path), device="cpu", precision="float32")
    assert family.report["precision"] == "float32"
    assert waiting_in(family.unet)
    assert waiting_in(family.vae)


def test_only_what_is_not_ready_waits(all_wait: None) -> None:
    layer = nn.Linear(8, 8).requires_grad_(False)
    odd = torch.zeros(8 * 8 + 1)[1:].view(8, 8)
    layer.weight.data = odd
    wait(layer, {"weight": torch.float32, "bias": torch.float32})
    assert waiting_in(layer) == {"weight": torch.float32}
    layer(torch.zeros(1, 8))
    assert layer.weight.data_ptr() % waiting.ALIGNED == 0
    assert not waiting_in(layer)
    assert ready(layer.weight.data, torch.float32).data_ptr() == layer.weight.data_ptr()

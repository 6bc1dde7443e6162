"""GGUF files are read as the package that writes them reads them."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from pipelines.errors import ModelError
from pipelines.loading import load
from pipelines.sources.blocks import GGUF, BlockLinear, worked_out
from pipelines.sources.gguf_header import BLOCKS
from pipelines.sources.header import read_header
from tests.original import clip, save_beside, save_original, t5, vae
from tests.pipelines.test_placement import apart, drawn
from tests.tiny import PIPELINES

START = "model.diffusion_model."
WRITTEN = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")
"""The types that the package can write by itself."""


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words)) + words.encode()


def by_hand(path: Path) -> Path:
    """Two notes and a matrix of two rows, written as the format's description has it."""
    notes = text("general.architecture") + struct.pack("<I", 8) + text("flux")
    notes += text("sizes") + struct.pack("<IIQ3h", 9, 3, 3, 1, 2, 3)
    tensor = text("a.weight") + struct.pack("<IQQIQ", 2, 3, 2, 0, 0)
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + notes + tensor
    path.write_bytes(header + bytes(-len(header) % 32) + np.arange(6, dtype="<f4").tobytes())
    return path


def test_a_header_is_read_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = by_hand(tmp_path / "a.gguf")
    header = read_header(file)
    told = header.tensors["a.weight"]
    assert (told.dtype, told.shape, told.size) == ("F32", (2, 3), 24)
    assert file.read_bytes()[told.start : told.start + 24] == np.arange(6, dtype="<f4").tobytes()
    assert header.metadata["general.architecture"] == "flux"
    for name in ("gguf", "diffusers.quantizers.gguf.utils"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModelError, match="in a GGUF file, for which the package gguf is needed: run pip install gguf"):
        GGUF(header)


@pytest.mark.parametrize("length", range(0, 160, 7))
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    file = by_hand(tmp_path / "a.gguf")
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ModelError) as refusal:
        read_header(file)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_are_worked_out_as_the_package_does(kind: str) -> None:
    """Any bytes are blocks; scales that are no numbers are left out."""
    gguf: Any = pytest.importorskip("gguf")
    block, draw = BLOCKS[kind], np.random.default_rng(0)
    assert gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]] == (block.numbers, block.bytes)
    assert gguf.GGMLQuantizationType[kind] == block.code
    data = draw.integers(0, 256, (4, 8 * block.bytes), dtype=np.uint8)
    with np.errstate(all="ignore"):
        right = gguf.dequantize(data, gguf.GGMLQuantizationType[kind])
    answer = worked_out(torch.from_numpy(data), kind).numpy()
    finite = np.isfinite(right)
    assert answer.shape == right.shape
    assert finite.mean() > 0.5
    np.testing.assert_allclose(answer[finite], right[finite], rtol=1e-6, atol=0)


def shelved(models: Path) -> dict[str, torch.Tensor]:
    """A models folder with all of a tiny Flux but its network, which is returned by its original names."""
    pipeline = PIPELINES["flux"]()
    whole = load_file(save_original(pipeline, models.parent / "whole.safetensors", "flux"))
    save_beside(pipeline, models / "diffusion_models" / "flux")
    for place, tensors in {
        "vae/ae": vae(pipeline.vae),
        "clip/clip_l": clip(pipeline.text_encoder),
        "text_encoders/t5xxl_fp16": t5(pipeline.text_encoder_2),
    }.items():
        (models / place).parent.mkdir(parents=True)
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, models / f"{place}.safetensors")
    return {name.removeprefix(START): tensor for name, tensor in whole.items() if name.startswith(START)}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_network_in_blocks_draws_what_its_numbers_draw(tmp_path: Path, kind: str) -> None:
    gguf: Any = pytest.importorskip("gguf")
    models = tmp_path / "models"
    network, numbers = shelved(models), {}
    file = models / "diffusion_models" / "flux.gguf"
    writer = gguf.GGUFWriter(file, "flux")
    for name, tensor in network.items():
        data = tensor.numpy()
        if tensor.ndim == 2:
            code = gguf.GGMLQuantizationType[kind]
            data = gguf.quantize(data, code)
            numbers[name] = torch.from_numpy(gguf.dequantize(data, code))
            writer.add_tensor(name, data, raw_dtype=code)
        else:
            writer.add_tensor(name, data)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    family = load("flux.gguf", device="cpu", models=models)
    layers = [layer for layer in family.network.modules() if isinstance(layer, nn.Linear)]
    assert all(type(layer) is BlockLinear and layer.weight.dtype == torch.uint8 for layer in layers)
    assert family.report["precision"] == f"float32, matrices of the network in {kind}"
    for memory in ("low", "minimal") if kind == "Q8_0" else ():  # what else there is is kept in fewer bits
        assert apart(drawn(family), drawn(load("flux.gguf", device="cpu", models=models, memory=memory))) < 64
    plain = models / "diffusion_models" / "flux.safetensors"
    save_file({**network, **numbers}, plain)
    assert apart(drawn(family), drawn(load(plain, device="cpu"))) <= 2

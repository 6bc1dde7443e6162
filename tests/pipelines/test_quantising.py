"""Matrices in 8 bits: as near to what they were as 8 bits allow, and refused in a sentence where they cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from pipelines import loading
from pipelines.errors import ModelError
from pipelines.loading import load
from pipelines.placement import Placement
from tests.pipelines.test_placement import KINDS, apart, drawn
from tests.tiny import make_folder


def test_without_the_package_it_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchao", None)
    monkeypatch.setitem(sys.modules, "torchao.quantization", None)
    monkeypatch.setattr(Placement, "read", lambda *given: pytest.fail("it was read"))
    with pytest.raises(
        ModelError, match=r"'int8' needs the package torchao, .*: run pip install torchao, or"
    ) as refusal:
        load(make_folder(tmp_path / "model", "sd"), device="cpu", precision="int8")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("memory", ["low", "minimal"])
def test_settings_of_memory_that_would_change_them_again_are_refused(
    tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "check_torchao", lambda: None)
    with pytest.raises(ModelError, match=f"'int8' leaves nothing to memory '{memory}': choose auto or high"):
        load(make_folder(tmp_path / "model", "sd"), device="cpu", precision="int8", memory=memory)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_matrices_are_rounded_to_the_nearest_of_255_steps_of_each_row(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("torchao")
    folder = make_folder(tmp_path / "model", kind)
    plain, family = (load(folder, device="cpu", precision=each) for each in ("float32", "int8"))
    assert family.report["precision"] == "float32, matrices of the network in int8"
    changed = 0
    for (name, layer), right in zip(family.network.named_modules(), plain.network.modules(), strict=True):
        if isinstance(layer, nn.Linear) and hasattr(layer.weight, "qdata"):
            weight = right.weight.to_dense() if right.weight.is_mkldnn else right.weight
            step = weight.abs().amax(1, keepdim=True) / 127
            assert layer.weight.qdata.dtype == torch.int8, name
            assert ((layer.weight.dequantize() - weight).abs() <= 0.51 * step + 1e-9).all(), name
            changed += 1
    assert changed > 5
    assert 0 < apart(drawn(family), drawn(plain)) < 32

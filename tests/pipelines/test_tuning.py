"""Networks made ready for the processor answer as they did, whatever size they are asked at and whatever is added."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import nn

from pipelines import onednn, tuning
from pipelines.attending import in_blocks
from pipelines.attention import use_attention
from pipelines.loading import load
from pipelines.placement import Placement
from pipelines.tuning import PackedConv2d, PackedLinear, PackedPoints, gains_by_bfloat16, tune
from tests.tiny import make_sd_folder

CPU = torch.device("cpu")
PLACEMENT = Placement(CPU, torch.float32)
needs_onednn = pytest.mark.skipif(not onednn.is_known(), reason="no x86 processor, or torch without oneDNN")


class Holder(nn.Module):
    """A network of one layer."""

    dtype = torch.float32

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


@needs_onednn
@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.Conv2d(64, 128, 3, 1, 1), PackedConv2d),
        (nn.Conv2d(128, 64, 3, 2, 1), PackedConv2d),
        (nn.Conv2d(64, 64, 1), PackedPoints),
    ],
)
def test_convolutions_answer_as_before_at_any_size(layer: nn.Conv2d, kind: type[nn.Module]) -> None:
    draw = torch.Generator().manual_seed(0)
    pictures = [
        torch.randn(n, layer.in_channels, h, w, generator=draw) for n, h, w in ((2, 8, 8), (1, 5, 7), (3, 2, 1))
    ]
    before = [layer(x) for x in pictures]
    assert tune(Holder(layer), PLACEMENT) == tuning.LAID_OUT
    assert type(layer) is kind
    for x, right in zip(pictures, before, strict=True):
        torch.testing.assert_close(layer(x), right, atol=1e-5, rtol=1e-5)


@needs_onednn
@pytest.mark.parametrize("bias", [True, False])
def test_matrices_answer_as_before_for_any_number_of_rows(bias: bool) -> None:
    layer = nn.Linear(64, 192, bias=bias)
    rows = [torch.randn(*shape, 64, generator=torch.Generator().manual_seed(0)) for shape in ((2, 77), (1,), (3, 5, 4))]
    before = [layer(x) for x in rows]
    tune(Holder(layer), PLACEMENT)
    assert type(layer) is PackedLinear
    for x, right in zip(rows, before, strict=True):
        torch.testing.assert_close(layer(x), right, atol=1e-5, rtol=1e-5)


@needs_onednn
def test_nothing_is_laid_out_before_it_is_wanted_and_nothing_is_held_twice() -> None:
    layer = nn.Linear(64, 64)
    plain = layer.weight.detach().clone()
    tune(Holder(layer), PLACEMENT)
    assert layer.weight.layout is torch.strided
    layer(torch.zeros(1, 64))
    assert layer.weight.is_mkldnn
    assert layer.weight.shape == plain.shape
    torch.testing.assert_close(layer.weight.to_dense(), plain, atol=0, rtol=0)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(64, 96, 3, 1, 1),
        nn.Conv2d(4, 64, 3, 1, 1),
        nn.Conv2d(64, 64, 3, 1, 1, groups=64),
        nn.Conv2d(64, 64, 3, 1, 1, padding_mode="reflect"),
        nn.Conv2d(64, 64, 3, padding="same"),
        nn.Linear(60, 64),
    ],
)
def test_what_has_no_layout_for_all_sizes_stays(layer: nn.Module) -> None:
    kind = type(layer)
    tune(Holder(layer), PLACEMENT)
    assert type(layer) is kind


@pytest.mark.parametrize(
    "placement",
    [Placement(torch.device("cuda"), torch.float32), Placement(CPU, torch.float32, kept=torch.float8_e4m3fn)],
)
def test_other_devices_and_weights_in_fewer_bits_stay(placement: Placement) -> None:
    layer = nn.Linear(64, 64)
    assert tune(Holder(layer), placement) == tuning.PLAIN
    assert type(layer) is nn.Linear


def a_network(dtype: torch.dtype = torch.float32) -> UNet2DConditionModel:
    torch.manual_seed(0)
    blocks = {"down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D")}
    blocks["up_block_types"] = ("UpBlock2D", "CrossAttnUpBlock2D")
    widths = {"block_out_channels": (64, 128), "cross_attention_dim": 64, "attention_head_dim": 4}
    return UNet2DConditionModel(**blocks, **widths, layers_per_block=1).eval().requires_grad_(False).to(dtype)


def asked(network: UNet2DConditionModel) -> torch.Tensor:
    draw = torch.Generator().manual_seed(1)
    x, words = torch.randn(2, 4, 16, 24, generator=draw), torch.randn(2, 9, 64, generator=draw)
    with torch.inference_mode():
        said = network(x.to(network.dtype), torch.tensor([7.0, 7.0]), words.to(network.dtype), return_dict=False)[0]
    return said.float()


@needs_onednn
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
def test_a_whole_network_answers_as_in_float32(
    dtype: torch.dtype, bound: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In bfloat16 with attention in blocks as well, on processors that do not compute it by themselves too."""
    monkeypatch.setattr(onednn, "computes_bfloat16", lambda: True)
    right, network = asked(a_network()), a_network(dtype)
    attention = use_attention(network, "auto", CPU)
    assert attention == ("in blocks" if dtype is torch.bfloat16 else "sdpa")
    assert tune(network, Placement(CPU, dtype)) == tuning.LAID_OUT
    error = (asked(network) - right).square().mean().sqrt() / right.square().mean().sqrt()
    assert error < bound


@needs_onednn
def test_what_hooks_add_is_still_added() -> None:
    network = a_network()
    plain = deepcopy(network)
    tune(network, PLACEMENT)
    for each in (plain, network):
        layer = each.down_blocks[0].attentions[0].transformer_blocks[0].attn2.to_k
        layer.register_forward_hook(lambda layer, given, answer: answer + given[0].mean())
    torch.testing.assert_close(asked(network), asked(plain), atol=1e-5, rtol=1e-5)


@needs_onednn
def test_weights_stay_mapped_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Linear(64, 64)
    monkeypatch.setattr(tuning, "free_bytes", lambda device: 4 * (64 * 64 + 64) - 1)
    assert tune(Holder(layer), PLACEMENT) == tuning.PLAIN
    monkeypatch.setattr(tuning, "free_bytes", lambda device: 4 * (64 * 64 + 64))
    assert tune(Holder(layer), PLACEMENT) == tuning.LAID_OUT


@pytest.mark.parametrize(("tokens", "seen"), [(300, 300), (300, 77), (1, 5)])
def test_attention_in_blocks_is_attention(tokens: int, seen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.attending.SCORES", 4 * 3 * 77 * 50)  # so that there is more than one block
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, count, 3, 8, generator=draw) for count in (tokens, seen, seen))
    heads = (each.transpose(1, 2).double() for each in (q, k, v))
    right = nn.functional.scaled_dot_product_attention(*heads).transpose(1, 2)
    torch.testing.assert_close(in_blocks(q, k, v).double(), right, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("device", "native", "weights", "gains"),
    [
        ("cpu", True, 860_000_000, True),
        ("cpu", True, 8_000_000, False),
        ("cpu", False, 860_000_000, False),
        ("cuda", True, 860_000_000, False),
    ],
)
def test_large_networks_gain_by_bfloat16_where_the_processor_computes_it(
    device: str, native: bool, weights: int, gains: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onednn, "computes_bfloat16", lambda: native)
    source = SimpleNamespace(has=lambda part: part == "unet", count=lambda part: weights)
    assert gains_by_bfloat16(source, torch.device(device)) == gains


def test_the_precision_of_a_large_model_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onednn, "computes_bfloat16", lambda: True)
    monkeypatch.setattr(tuning, "LARGE", 1000)
    folder = make_sd_folder(tmp_path / "model")
    assert load(folder, device="cpu").report["precision"] == "bfloat16"
    assert load(folder, device="cpu", precision="float32").report["precision"] == "float32"

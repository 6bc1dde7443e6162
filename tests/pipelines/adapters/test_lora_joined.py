"""LoRAs for Flux and Stable Diffusion 3 by the names of their original networks, which have several layers in one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pipelines.adapters.lora import Layers, read_lora
from pipelines.adapters.switching import Switches, Weighed
from pipelines.errors import ModelError
from tests import original
from tests.tiny import make_flux_pipeline, make_sd3_pipeline

RANK, ALPHA, WEIGHT = 3, 1.5, 0.8
WRITERS = {"flux": (make_flux_pipeline, original.flux), "sd3": (make_sd3_pipeline, original.sd3)}


def factors(weights: dict[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """For each layer of an original network its low matrices, down and up."""
    stream = torch.Generator().manual_seed(1)
    return {
        name.removesuffix(".weight"): (
            torch.randn(RANK, weight.shape[1], generator=stream) / weight.shape[1] ** 0.5,
            torch.randn(weight.shape[0], RANK, generator=stream) / RANK**0.5,
        )
        for name, weight in weights.items()
        if name.endswith(".weight") and weight.ndim == 2
    }


def in_file(made: dict[str, tuple[Tensor, Tensor]], prefix: str, joint: str) -> dict[str, Tensor]:
    found = {}
    for name, (down, up) in made.items():
        layer = prefix + name.replace(".", joint)
        found |= {f"{layer}.lora_down.weight": down, f"{layer}.lora_up.weight": up}
        found[f"{layer}.alpha"] = torch.tensor(ALPHA)
    return found


@pytest.mark.parametrize(("prefix", "joint"), [("lora_unet_", "_"), ("diffusion_model.", ".")])
@pytest.mark.parametrize("kind", WRITERS)
def test_it_does_what_merging_into_the_original_does(
    write: Callable[..., Path], kind: str, prefix: str, joint: str
) -> None:
    """Every layer of the original has one; merged by hand there, the weights are compared with what is added here."""
    make, written = WRITERS[kind]
    network = make().transformer
    weights = written(network)
    made = factors(weights)
    assert any("qkv" in name for name in made) and (kind != "flux" or any("linear1" in name for name in made))
    layers = Layers({"transformer": network})
    lora = read_lora(write(in_file(made, prefix, joint)), layers, torch.device("cpu"))
    expected = {
        name: weights[f"{name}.weight"] + WEIGHT * ALPHA / RANK * up @ down for name, (down, up) in made.items()
    }
    assert {place.path for place in lora.changes} == {path for _, path in layers.modules if path != "pos_embed.proj"}
    merged = copy.deepcopy(network)
    with torch.no_grad():
        for place, change in lora.changes.items():
            layer = merged.get_submodule(place.path)
            eye = torch.eye(layer.in_features)
            layer.weight += change.added(layer, eye, WEIGHT).T
    found = written(merged)
    for name, weight in expected.items():
        torch.testing.assert_close(found[f"{name}.weight"], weight, rtol=1e-4, atol=1e-5)


def test_it_is_on_in_a_call_and_off_after_it(write: Callable[..., Path]) -> None:
    network = make_flux_pipeline().transformer
    layers = Layers({"transformer": network})
    name = "single_blocks.0.linear1"
    made = {name: factors(original.flux(network))[name]}
    lora = read_lora(write(in_file(made, "lora_unet_", "_")), layers, torch.device("cpu"))
    x = torch.randn(1, 4, network.inner_dim, generator=torch.Generator().manual_seed(0))
    block = network.single_transformer_blocks[0]
    four = (block.attn.to_q, block.attn.to_k, block.attn.to_v, block.proj_mlp)
    before = torch.cat([layer(x) for layer in four], dim=-1)
    with Switches(layers.modules).on([Weighed(lora, WEIGHT, 1.0)]):
        during = torch.cat([layer(x) for layer in four], dim=-1)
    down, up = made[name]
    torch.testing.assert_close(during - before, WEIGHT * ALPHA / RANK * x @ down.T @ up.T, rtol=1e-4, atol=1e-5)
    assert torch.equal(torch.cat([layer(x) for layer in four], dim=-1), before)


def test_what_is_refused(write: Callable[..., Path]) -> None:
    network = make_flux_pipeline().transformer
    layers: Any = Layers({"transformer": network})
    wide = network.inner_dim
    name = "lora_unet_double_blocks_0_img_attn_qkv"
    low = {f"{name}.lora_down.weight": torch.ones(2, wide), f"{name}.lora_up.weight": torch.ones(2 * wide, 2)}
    with pytest.raises(ModelError, match="is of another size"):
        read_lora(write(low), layers, torch.device("cpu"))
    product = {f"{name}.{role}": torch.ones(4, 4) for role in ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b")}
    with pytest.raises(ModelError, match="it is no plain LoRA, and is for layers that are several ones here"):
        read_lora(write(product), layers, torch.device("cpu"))

"""LoRAs on a network: against weights merged by hand, and against diffusers where peft is installed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pipelines.adapters.lora import Layers, Lora, read_lora, sha256_of
from pipelines.adapters.switching import Switches, Weighed
from pipelines.errors import ModelError
from tests.pipelines.adapters.conftest import ALPHA, RANK, factors, kohya, merged, peft_style

CPU = torch.device("cpu")
CLOSE = {"rtol": 0.0, "atol": 1e-5}


def asked(unet: Any, *loras: Weighed, switches: Switches | None = None) -> Tensor:
    """The network's answer to a fixed question, with these on."""
    stream = torch.Generator().manual_seed(2)
    x, tokens = torch.randn(2, 4, 8, 8, generator=stream), torch.randn(2, 7, 32, generator=stream)
    told = None
    if unet.config.addition_embed_type:
        told = {"text_embeds": torch.ones(2, 16), "time_ids": torch.ones(2, 6)}
    with torch.inference_mode(), (switches or Switches(Layers({"unet": unet}).modules)).on(loras):
        return unet(x, torch.tensor([3, 500]), tokens, added_cond_kwargs=told).sample


def read(path: Path, unet: Any) -> Lora:
    return read_lora(path, Layers({"unet": unet}), CPU)


def both_ways(weight: float, lora: Lora) -> Weighed:
    return Weighed(lora, weight, weight)


@pytest.mark.parametrize("kind", ["unet", "large_unet"])
@pytest.mark.parametrize("weight", [1.0, -0.6])
def test_both_kinds_of_file_do_what_merging_does(
    request: Any, write: Callable[..., Path], kind: str, weight: float
) -> None:
    """All layers, convolutions too."""
    unet = request.getfixturevalue(kind)
    made = factors({"unet": unet})
    plain = asked(unet)
    as_kohya = asked(unet, both_ways(weight, read(write(kohya(made), "kohya"), unet)))
    as_peft = asked(unet, both_ways(weight * ALPHA / RANK, read(write(peft_style(made), "peft"), unet)))
    by_hand = asked(merged(unet, "unet", made, weight * ALPHA / RANK))
    assert not torch.allclose(plain, by_hand, atol=0.05)
    torch.testing.assert_close(as_kohya, by_hand, **CLOSE)
    torch.testing.assert_close(as_peft, by_hand, **CLOSE)
    assert torch.equal(asked(unet), plain)


def test_two_halves_are_a_whole_and_different_ones_add_up(unet: Any, write: Callable[..., Path]) -> None:
    attention = factors({"unet": unet}, lambda path: "attn" in path)
    rest = factors({"unet": unet}, lambda path: "attn" not in path)
    one, other = read(write(kohya(attention), "one"), unet), read(write(kohya(rest), "other"), unet)
    whole = asked(merged(unet, "unet", attention, ALPHA / RANK))
    torch.testing.assert_close(asked(unet, both_ways(0.5, one), both_ways(0.5, one)), whole, **CLOSE)
    both = merged(merged(unet, "unet", attention, 0.7 * ALPHA / RANK), "unet", rest, 0.3 * ALPHA / RANK)
    torch.testing.assert_close(asked(unet, both_ways(0.7, one), both_ways(0.3, other)), asked(both), **CLOSE)


def test_weights_of_the_network_and_of_the_text_encoder_are_apart(unet: Any, write: Callable[..., Path]) -> None:
    lora = read(write(kohya(factors({"unet": unet}))), unet)
    assert torch.equal(asked(unet, Weighed(lora, network=0.0, text=1.0)), asked(unet))


def test_it_comes_off_also_where_the_call_fails(unet: Any, write: Callable[..., Path]) -> None:
    switches, plain = Switches(Layers({"unet": unet}).modules), asked(unet)
    before = copy.deepcopy(unet.state_dict())
    lora = read(write(kohya(factors({"unet": unet}))), unet)
    with pytest.raises(KeyError), switches.on([both_ways(1.0, lora)]):
        raise KeyError
    assert torch.equal(asked(unet, switches=switches), plain)
    assert all(torch.equal(before[name], tensor) for name, tensor in unet.state_dict().items())


def test_alpha_in_the_header_as_diffusers_writes_it(unet: Any, write: Callable[..., Path]) -> None:
    made = factors({"unet": unet}, lambda path: "attn1" in path)
    pattern = '{"unet.r": 3, "unet.lora_alpha": 6, "unet.alpha_pattern": {"attn1.to_k": 1.5}}'
    ours = asked(unet, both_ways(1.0, read(write(peft_style(made), metadata={"lora_adapter_metadata": pattern}), unet)))
    keys = {name: tensors for name, tensors in made.items() if name.endswith("to_k")}
    rest = {name: tensors for name, tensors in made.items() if name not in keys}
    by_hand = merged(merged(unet, "unet", keys, 0.5), "unet", rest, 2.0)
    torch.testing.assert_close(ours, asked(by_hand), **CLOSE)


def products(layer: Any, kind: str) -> tuple[dict[str, Tensor], Tensor]:
    """A layer's tensors of LoHa or LoKr at alpha = rank, and the change they make, by the papers' formulas."""
    stream = torch.Generator().manual_seed(3)
    out, into, *kernel = layer.weight.shape
    columns = into * (kernel[0] ** 2 if kernel else 1)
    if kind == "loha":
        shapes = {"hada_w1_a": (out, 2), "hada_w1_b": (2, columns), "hada_w2_a": (out, 2), "hada_w2_b": (2, columns)}
    else:
        shapes = {"lokr_w1": (4, 2), "lokr_w2_a": (out // 4, 2), "lokr_w2_b": (2, columns // 2)}
    made = {name: torch.randn(shape, generator=stream) / 4 for name, shape in shapes.items()}
    if kind == "loha":
        change = (made["hada_w1_a"] @ made["hada_w1_b"]) * (made["hada_w2_a"] @ made["hada_w2_b"])
    else:
        second = made["lokr_w2_a"] @ made["lokr_w2_b"]
        blocks = [[made["lokr_w1"][i, j] * second for j in range(2)] for i in range(4)]
        change = torch.cat([torch.cat(row, dim=1) for row in blocks])
    return made | {"alpha": torch.tensor(2.0)}, change.reshape(layer.weight.shape)


@pytest.mark.parametrize("kind", ["loha", "lokr"])
def test_loha_and_lokr(unet: Any, write: Callable[..., Path], kind: str) -> None:
    paths = ["mid_block.attentions.0.transformer_blocks.0.attn1.to_q", "mid_block.resnets.0.conv1"]
    tensors, by_hand = {}, copy.deepcopy(unet)
    for path in paths:
        made, change = products(unet.get_submodule(path), kind)
        tensors |= {f"lora_unet_{path.replace('.', '_')}.{name}": tensor for name, tensor in made.items()}
        with torch.no_grad():
            by_hand.get_submodule(path).weight += 0.8 * change
    ours = asked(unet, both_ways(0.8, read(write(tensors), unet)))
    assert not torch.allclose(ours, asked(unet), atol=1e-3)
    torch.testing.assert_close(ours, asked(by_hand), **CLOSE)


def test_locon_with_a_kernel_of_its_own(unet: Any, write: Callable[..., Path]) -> None:
    """Tucker's form: down and up are of one pixel, what lies between has the kernel."""
    path, stream = "mid_block.resnets.0.conv1", torch.Generator().manual_seed(4)
    shapes = {"down": (3, 32, 1, 1), "mid": (3, 3, 3, 3), "up": (32, 3, 1, 1)}
    made = {role: torch.randn(shape, generator=stream) / 4 for role, shape in shapes.items()}
    by_hand = copy.deepcopy(unet)
    with torch.no_grad():
        change = torch.einsum("or,rskl,si->oikl", made["up"].flatten(1), made["mid"], made["down"].flatten(1))
        by_hand.get_submodule(path).weight += change
    name = f"lora_unet_{path.replace('.', '_')}"
    ours = asked(unet, both_ways(1.0, read(write({f"{name}.lora_{r}.weight": t for r, t in made.items()}), unet)))
    torch.testing.assert_close(ours, asked(by_hand), **CLOSE)


def test_what_a_file_is_known_by(unet: Any, write: Callable[..., Path]) -> None:
    import hashlib

    path = write(kohya(factors({"unet": unet}, lambda path: path == "conv_in")))
    assert read(path, unet).sha256 == sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()


CONV_IN = {"lora_unet_conv_in.lora_down.weight": (2, 4, 3, 3), "lora_unet_conv_in.lora_up.weight": (16, 2, 1, 1)}


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        (CONV_IN | {"lora_unet_conv_in.dora_scale": (16, 1, 1, 1)}, "it is a DoRA"),
        (CONV_IN | {"lora_unet_conv_in.diff": (16, 4, 3, 3)}, "conv_in.diff is of no kind that is known"),
        (
            CONV_IN | {"lora_te2_text_projection.alpha": ()},
            "1 of its 3 tensors, such as lora_te2_text_projection.alpha",
        ),
        ({"lora_unet_conv_in.lora_down.weight": (2, 4, 3, 3)}, "one of its layers has only down"),
        (CONV_IN | {"lora_unet_conv_in.lora_up.weight": (8, 2, 1, 1)}, "its conv_in is of another size"),
        (CONV_IN | {"lora_unet_conv_in.lora_down.weight": (2, 4, 1, 1)}, "its conv_in is of another size"),
        ({}, "there is nothing in it"),
    ],
)
def test_what_is_refused(unet: Any, write: Callable[..., Path], shapes: dict[str, Any], reason: str) -> None:
    path = write({name: torch.zeros(shape) for name, shape in shapes.items()})
    with pytest.raises(ModelError, match=f"^The LoRA one.safetensors cannot be put on this model: .*{reason}.*\\.$"):
        read(path, unet)


def test_a_damaged_file(unet: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"not at all")
    with pytest.raises(ModelError, match=r"broken\.safetensors is no safetensors file"):
        read(path, unet)


@pytest.mark.parametrize("kind", ["unet", "large_unet"])
def test_the_same_as_peft(request: Any, write: Callable[..., Path], kind: str) -> None:
    """diffusers' own loading, with peft's layers in place of the network's."""
    pytest.importorskip("peft")
    unet = request.getfixturevalue(kind)
    made = factors({"unet": unet}, lambda path: "attn" in path or "ff" in path)
    theirs = copy.deepcopy(unet)
    theirs.load_lora_adapter(peft_style(made), prefix="unet", adapter_name="one")
    theirs.set_adapters("one", 0.7)
    ours = asked(unet, both_ways(0.7, read(write(peft_style(made)), unet)))
    torch.testing.assert_close(ours, asked(theirs), **CLOSE)

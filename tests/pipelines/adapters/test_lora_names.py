"""Names in LoRA files, against diffusers' own converters and the published names of the original networks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.loaders.lora_conversion_utils import (
    _convert_non_diffusers_lora_to_diffusers,
    _maybe_map_sgm_blocks_to_diffusers,
)

from pipelines.adapters.lora import Layers
from pipelines.adapters.lora_names import Place, original_name, read_key, spellings

# Of Stable Diffusion XL as it was published, and in diffusers: looked up in both models' own listings of tensors.
SDXL = {
    "conv_in": "input_blocks.0.0",
    "down_blocks.0.resnets.1.conv1": "input_blocks.2.0.in_layers.2",
    "down_blocks.0.downsamplers.0.conv": "input_blocks.3.0.op",
    "down_blocks.1.resnets.0.conv_shortcut": "input_blocks.4.0.skip_connection",
    "down_blocks.1.attentions.0.proj_in": "input_blocks.4.1.proj_in",
    "down_blocks.2.attentions.1.transformer_blocks.9.ff.net.2": "input_blocks.8.1.transformer_blocks.9.ff.net.2",
    "mid_block.resnets.1.time_emb_proj": "middle_block.2.emb_layers.1",
    "mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0": "middle_block.1.transformer_blocks.3.attn2.to_out.0",
    "up_blocks.0.upsamplers.0.conv": "output_blocks.2.2.conv",
    "up_blocks.1.attentions.2.proj_out": "output_blocks.5.1.proj_out",
    "up_blocks.2.resnets.2.conv2": "output_blocks.8.0.out_layers.3",
    "conv_out": "out.2",
    "add_embedding.linear_2": "label_emb.0.2",
}


@pytest.mark.parametrize("path", SDXL)
def test_names_of_the_original_network(path: str) -> None:
    up = ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")
    assert original_name(path, {"layers_per_block": 2, "up_block_types": up}) == SDXL[path]


def spellings_of(modules: dict[str, Any]) -> dict[str, Place]:
    paths: dict[str, list[str]] = {}
    for part, path in Layers(modules).modules:
        paths.setdefault(part, []).append(path)
    return spellings(paths, modules["unet"].config)


def test_no_two_layers_share_a_name(unet: Any, large_unet: Any) -> None:
    """Each name is told apart from all others, so none is read as another."""
    for network in (unet, large_unet):
        layers = Layers({"unet": network}).modules
        spelled: dict[str, set[str]] = {}
        for _, path in layers:
            for name in (path, original_name(path, network.config)):
                spelled.setdefault(name.replace(".", "_"), set()).add(path)
        assert all(len(paths) == 1 for paths in spelled.values())


def as_converted(name: str) -> str:
    """What diffusers' converter makes of a kohya name, brought to the path that the module has."""
    name = name.split(".lora.")[0].split("_lora.")[0].removesuffix(".down.weight").replace(".processor", "")
    return name + ".0" if name.endswith("to_out") else name


def converted(name: str, unet: Any) -> str:
    """The path that diffusers' converter says a kohya name stands for."""
    key = f"lora_unet_{name.replace('.', '_')}"
    tensors = {f"{key}.lora_{role}.weight": torch.zeros(1) for role in ("down", "up")}
    tensors = _maybe_map_sgm_blocks_to_diffusers(tensors, unet.config)
    (theirs, *_), _ = _convert_non_diffusers_lora_to_diffusers(tensors)
    return as_converted(theirs.removeprefix("unet."))


def read_as(name: str, names: dict[str, Place]) -> Place:
    """The same by our own."""
    spelled, _ = read_key(f"lora_unet_{name.replace('.', '_')}.lora_down.weight")  # type: ignore[misc]
    return names[spelled]


def test_kohya_names_against_the_converter(unet: Any) -> None:
    """Every layer by itself."""
    names = spellings_of({"unet": unet})
    for part, path in Layers({"unet": unet}).modules:
        assert read_as(path, names) == (part, path)
        assert converted(path, unet) == path


def test_names_of_the_original_network_against_the_converter(large_unet: Any) -> None:
    names = spellings_of({"unet": large_unet})
    for part, path in Layers({"unet": large_unet}).modules:
        spelled = original_name(path, large_unet.config)
        assert spelled != path
        assert read_as(spelled, names) == (part, path)
        assert converted(spelled, large_unet) == path


@pytest.mark.parametrize(
    ("key", "role", "place"),
    [
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora.down.weight", "down", "attn1.to_q"),
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.default.weight", "down", "attn1.to_q"),
        ("mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.up.weight", "up", "attn1.to_out.0"),
        (
            "unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_v_lora.down.weight",
            "down",
            "attn2.to_v",
        ),
        ("diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.lora_B.weight", "up", "attn2.to_k"),
        ("lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_2.alpha", "alpha", "ff.net.2"),
        ("lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_2.dora_scale", "magnitude", "ff.net.2"),
    ],
)
def test_spellings_of_the_time(unet: Any, key: str, role: str, place: str) -> None:
    name, read = read_key(key)  # type: ignore[misc]
    assert read == role
    path = f"mid_block.attentions.0.transformer_blocks.0.{place}"
    assert spellings_of({"unet": unet})[name] == ("unet", path)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize(
    "key",
    [
        "{te}_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight",
        "text_encoder{two}.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight",
        "text_encoder{two}.encoder.layers.0.self_attn.q_proj.lora_A.weight",
        "text_encoder{two}.text_model.encoder.layers.0.self_attn.to_q_lora.down.weight",
    ],
)
def test_text_encoders(key: str, flat: bool) -> None:
    """With and without the ``text_model`` that transformers has before the layers in some versions."""
    path = f"{'' if flat else 'text_model.'}encoder.layers.0.self_attn.q_proj"
    names = spellings({"text_encoder": [path], "text_encoder_2": [path]}, {})
    for te, two, part in (("lora_te1", "", "text_encoder"), ("lora_te2", "_2", "text_encoder_2")):
        name, role = read_key(key.format(te=te, two=two))  # type: ignore[misc]
        assert (names[name], role) == ((part, path), "down")


@pytest.mark.parametrize(
    "key", ["lora_unet_conv_in.weight", "lora_unet_conv_in.diff", "emb_params", ".lora_down.weight"]
)
def test_what_is_no_name(key: str) -> None:
    assert read_key(key) is None

"""A ControlNet for a model around UNet2DConditionModel, from a file in the original or in diffusers' layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel

from pipelines.errors import ModelError
from pipelines.sources.checkpoint import read_module
from pipelines.sources.folder import read_config
from pipelines.sources.header import Header, read_header
from pipelines.sources.identify import CONTROL_BLOCKS
from pipelines.sources.origins import SCHEMES, Origin

SHARED = (
    "in_channels", "flip_sin_to_cos", "freq_shift", "down_block_types", "only_cross_attention", "block_out_channels",
    "layers_per_block", "downsample_padding", "mid_block_scale_factor", "act_fn", "norm_num_groups", "norm_eps",
    "cross_attention_dim", "attention_head_dim", "num_attention_heads", "use_linear_projection", "class_embed_type",
    "num_class_embeds", "upcast_attention", "resnet_time_scale_shift", "projection_class_embeddings_input_dim",
    "mid_block_type", "transformer_layers_per_block", "encoder_hid_dim", "encoder_hid_dim_type",
    "addition_embed_type", "addition_time_embed_dim",
)  # fmt: skip
"""What a ControlNet, which begins as a copy of the network's first half, has of that one's configuration."""

STARTS = ("control_model.", "")
CONV_IN = "controlnet_cond_embedding.conv_in.weight"
FOREIGN = ("task_embedding", "control_add_embedding.", "lora_controlnet", *CONTROL_BLOCKS)
"""Names in the files of its relatives, which have the same layers and more."""


def read_controlnet(path: Path, unet: Mapping[str, Any], channels: int, dtype: torch.dtype) -> Any:
    """The ControlNet in a file, for a network of this configuration whose latents have so many channels.

    A ``config.json`` beside the file, as in diffusers' folders, goes before what the network's own says.
    """
    header = read_header(path)
    if any(name.startswith(FOREIGN) for name in header.tensors):
        raise ModelError(f"{path} is a relative of ControlNet that is not known here: look for a plain one.")
    beside = path.parent / "config.json"
    own = {name: unet[name] for name in SHARED if unet.get(name) is not None} | {"in_channels": channels}
    config = read_config(beside) if beside.is_file() else own | told_by(header)
    return read_module(header, ControlNetModel, config, layout(header, config), dtype, "a ControlNet for this model")


def told_by(header: Header) -> dict[str, Any]:
    """What a file's own shapes say: the channels of the layers that take the picture in."""
    if CONV_IN in header.tensors:
        names = [CONV_IN, *(f"controlnet_cond_embedding.blocks.{place}.weight" for place in (1, 3, 5))]
    else:
        names = [f"{_start(header)}input_hint_block.{place}.weight" for place in (0, 4, 8, 12)]
    return {"conditioning_embedding_out_channels": tuple(header.shape(name)[0] for name in names)}


def _start(header: Header) -> str:
    """How the names begin in a file of the original layout; ModelError where it is no ControlNet."""
    for start in STARTS:
        if f"{start}input_hint_block.0.weight" in header.tensors:
            return start
    raise ModelError(f"{header.path} is no ControlNet: it lacks input_hint_block.0.weight.")


def layout(header: Header, config: Mapping[str, Any]) -> Callable[[str], Origin]:
    """Where a file has each tensor of diffusers' module."""
    if CONV_IN in header.tensors:
        return Origin
    start, blocks = _start(header), 2 * (len(config["conditioning_embedding_out_channels"]) - 1)

    def original(name: str) -> Origin:
        hint = re.fullmatch(r"controlnet_cond_embedding\.(conv_in|conv_out|blocks\.(\d+))\.(\w+)", name)
        if hint:
            place = {"conv_in": 0, "conv_out": 2 * blocks + 2}.get(hint[1], 2 * int(hint[2] or 0) + 2)
            return Origin(f"{start}input_hint_block.{place}.{hint[3]}")
        name = re.sub(r"^controlnet_down_blocks\.(\d+)", r"zero_convs.\1.0", name)
        name = re.sub(r"^controlnet_mid_block", "middle_block_out.0", name)
        origin = SCHEMES["unet"](name, config)
        return origin._replace(name=start + origin.name)

    return original

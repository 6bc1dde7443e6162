"""Where each tensor of a diffusers module stands in a file of the original layout.  Imports no torch.

One direction only: from the module's own names to those of the file.  So what a file lacks is known from its header
before anything is read, and what it has besides (a training's leftovers, a layer nobody uses) does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """A tensor of the file, or a part of it.

    ``rows``: which part, of as many rows as are wanted, where several tensors were laid one behind another; -1 is the
    last rows, whatever stands before.  ``swapped``: its halves are the other way round.  ``turned``: it is transposed.
    ``identity``: it stands nowhere, and is the matrix that changes nothing.
    """

    name: str
    rows: int | None = None
    swapped: bool = False
    turned: bool = False
    identity: bool = False


RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "time_embedding.cond_proj": "time_embed.cond_proj",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}


def unet(name: str, config: Mapping[str, Any]) -> Origin:
    """Of Stable Diffusion 1, 2 and XL: numbered blocks, in which each resnet, with its attention, counts as one."""
    layers = config["layers_per_block"]
    for start, original in UNET.items():
        if name.startswith(start + "."):
            return Origin(original + _resnet(name[len(start) :]))
    found = re.fullmatch(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)(\..+)", name)
    if not found:
        return Origin(name)
    way, block, kind, layer, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    number = block * (layers + 1) + layer
    if kind == "downsamplers":
        return Origin(f"input_blocks.{(block + 1) * (layers + 1)}.0.op{rest.removeprefix('.conv')}")
    if kind == "upsamplers":
        place = 2 if "CrossAttn" in config["up_block_types"][block] else 1
        return Origin(f"output_blocks.{block * (layers + 1) + layers}.{place}{rest}")
    blocks = f"input_blocks.{number + 1}" if way == "down" else f"output_blocks.{number}"
    return Origin(f"{blocks}.1{rest}" if kind == "attentions" else f"{blocks}.0{_resnet(rest)}")


def _resnet(rest: str) -> str:
    found = re.fullmatch(r"\.(\w+)(\.(?:weight|bias))", rest)
    return f".{RESNET[found[1]]}{found[2]}" if found and found[1] in RESNET else rest


VAE = (
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"attn_1\.group_norm", "attn_1.norm"),
    (r"attn_1\.to_out\.0", "attn_1.proj_out"),
    (r"attn_1\.to_([qkv])", r"attn_1.\1"),
    (r"down_blocks\.(\d+)\.resnets", r"down.\1.block"),
    (r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up_blocks\.(\d+)\.resnets", r"up.\1.block"),
    (r"up_blocks\.(\d+)\.upsamplers\.0", r"up.\1.upsample"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"conv_norm_out", "norm_out"),
)


def vae(name: str, config: Mapping[str, Any]) -> Origin:
    """Of the autoencoder that all these families share; its file counts the decoder's blocks from the other end."""
    last = len(config["block_out_channels"]) - 1
    name = re.sub(r"(?<=up_blocks\.)\d+", lambda number: str(last - int(number[0])), name)
    return Origin(_replaced(name, VAE))


def clip(name: str, config: Mapping[str, Any]) -> Origin:
    """Of CLIP's text encoder as transformers writes it."""
    return Origin(name if name.startswith(("text_model.", "text_projection")) else f"text_model.{name}")


def clip_plain(name: str, config: Mapping[str, Any]) -> Origin:
    """The same without its projection, as the authors of Stable Diffusion 3 use it, whether or not a file has one."""
    return Origin("", identity=True) if name == "text_projection.weight" else clip(name, config)


OPEN_CLIP = (
    (r"^text_model\.", ""),
    (r"^embeddings\.token_embedding", "token_embedding"),
    (r"^embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"^final_layer_norm", "ln_final"),
    (r"^encoder\.layers\.", "transformer.resblocks."),
    (r"layer_norm([12])", r"ln_\1"),
    (r"mlp\.fc1", "mlp.c_fc"),
    (r"mlp\.fc2", "mlp.c_proj"),
    (r"self_attn\.out_proj", "attn.out_proj"),
)


def open_clip(name: str, config: Mapping[str, Any]) -> Origin:
    """Of CLIP's text encoder as OpenCLIP writes it: queries, keys and values in one, the projection transposed."""
    if name == "text_projection.weight":
        return Origin("text_projection", turned=True)
    name = _replaced(name, OPEN_CLIP)
    found = re.fullmatch(r"(.*)\.self_attn\.([qkv])_proj\.(weight|bias)", name)
    return Origin(f"{found[1]}.attn.in_proj_{found[3]}", "qkv".index(found[2])) if found else Origin(name)


def t5(name: str, config: Mapping[str, Any]) -> Origin:
    """Of T5's encoder, which is written as transformers does; its words stand there once, under either name."""
    return Origin("shared.weight" if name == "encoder.embed_tokens.weight" else name)


SD3 = (
    (r"^pos_embed\.pos_embed", "pos_embed"),
    (r"^pos_embed\.proj", "x_embedder.proj"),
    (r"^time_text_embed\.timestep_embedder\.linear_1", "t_embedder.mlp.0"),
    (r"^time_text_embed\.timestep_embedder\.linear_2", "t_embedder.mlp.2"),
    (r"^time_text_embed\.text_embedder\.linear_1", "y_embedder.mlp.0"),
    (r"^time_text_embed\.text_embedder\.linear_2", "y_embedder.mlp.2"),
    (r"^norm_out\.linear", "final_layer.adaLN_modulation.1"),
    (r"^proj_out", "final_layer.linear"),
    (r"^transformer_blocks", "joint_blocks"),
    (r"norm1\.linear", "x_block.adaLN_modulation.1"),
    (r"norm1_context\.linear", "context_block.adaLN_modulation.1"),
    (r"\.ff\.net\.0\.proj", ".x_block.mlp.fc1"),
    (r"\.ff\.net\.2", ".x_block.mlp.fc2"),
    (r"\.ff_context\.net\.0\.proj", ".context_block.mlp.fc1"),
    (r"\.ff_context\.net\.2", ".context_block.mlp.fc2"),
    (r"\.attn\.to_add_out", ".context_block.attn.proj"),
    (r"\.(attn2?)\.to_out\.0", r".x_block.\1.proj"),
    (r"\.attn\.norm_added_([qk])", r".context_block.attn.ln_\1"),
    (r"\.(attn2?)\.norm_([qk])", r".x_block.\1.ln_\2"),
    (r"\.attn\.add_([qkv])_proj", r".context_block.attn.to_\1"),
    (r"\.(attn2?)\.to_([qkv])", r".x_block.\1.to_\2"),
    (r"(x_block|context_block)\.x_block", r"\1"),
)


def sd3(name: str, config: Mapping[str, Any]) -> Origin:
    """Of Stable Diffusion 3: queries, keys and values in one; the last layers shift before they scale."""
    last = f"transformer_blocks.{config['num_layers'] - 1}.norm1_context."
    swapped = name.startswith(("norm_out.", last))
    return _qkv(_replaced(name, SD3))._replace(swapped=swapped)


FLUX = (
    (r"^time_text_embed\.timestep_embedder\.linear_1", "time_in.in_layer"),
    (r"^time_text_embed\.timestep_embedder\.linear_2", "time_in.out_layer"),
    (r"^time_text_embed\.guidance_embedder\.linear_1", "guidance_in.in_layer"),
    (r"^time_text_embed\.guidance_embedder\.linear_2", "guidance_in.out_layer"),
    (r"^time_text_embed\.text_embedder\.linear_1", "vector_in.in_layer"),
    (r"^time_text_embed\.text_embedder\.linear_2", "vector_in.out_layer"),
    (r"^context_embedder", "txt_in"),
    (r"^x_embedder", "img_in"),
    (r"^norm_out\.linear", "final_layer.adaLN_modulation.1"),
    (r"^proj_out", "final_layer.linear"),
    (r"^transformer_blocks", "double_blocks"),
    (r"norm1\.linear", "img_mod.lin"),
    (r"norm1_context\.linear", "txt_mod.lin"),
    (r"\.ff\.net\.0\.proj", ".img_mlp.0"),
    (r"\.ff\.net\.2", ".img_mlp.2"),
    (r"\.ff_context\.net\.0\.proj", ".txt_mlp.0"),
    (r"\.ff_context\.net\.2", ".txt_mlp.2"),
    (r"\.attn\.to_out\.0", ".img_attn.proj"),
    (r"\.attn\.to_add_out", ".txt_attn.proj"),
    (r"\.attn\.norm_added_q\.weight", ".txt_attn.norm.query_norm.scale"),
    (r"\.attn\.norm_added_k\.weight", ".txt_attn.norm.key_norm.scale"),
    (r"\.attn\.norm_q\.weight", ".img_attn.norm.query_norm.scale"),
    (r"\.attn\.norm_k\.weight", ".img_attn.norm.key_norm.scale"),
    (r"\.attn\.add_([qkv])_proj", r".txt_attn.to_\1"),
    (r"\.attn\.to_([qkv])", r".img_attn.to_\1"),
)
SINGLE = (
    (r"^single_transformer_blocks", "single_blocks"),
    (r"\.norm\.linear", ".modulation.lin"),
    (r"\.attn\.norm_q\.weight", ".norm.query_norm.scale"),
    (r"\.attn\.norm_k\.weight", ".norm.key_norm.scale"),
    (r"\.proj_out", ".linear2"),
)


def flux(name: str, config: Mapping[str, Any]) -> Origin:
    """Of Flux: as Stable Diffusion 3; its single blocks have queries, keys, values and the MLP's first layer in one."""
    if not name.startswith("single_transformer_blocks."):
        return _qkv(_replaced(name, FLUX))._replace(swapped=name.startswith("norm_out."))
    name = _replaced(name, SINGLE)
    if ".proj_mlp." in name:
        return Origin(name.replace(".proj_mlp.", ".linear1."), rows=-1)
    found = re.fullmatch(r"(.*)\.attn\.to_([qkv])\.(\w+)", name)
    return Origin(f"{found[1]}.linear1.{found[3]}", "qkv".index(found[2])) if found else Origin(name)


def _qkv(name: str) -> Origin:
    """``….to_q.weight`` → the first third of ``….qkv.weight``, and so on."""
    found = re.fullmatch(r"(.*)\.to_([qkv])\.(\w+)", name)
    return Origin(f"{found[1]}.qkv.{found[3]}", "qkv".index(found[2])) if found else Origin(name)


def _replaced(name: str, rules: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


SCHEMES: dict[str, Callable[[str, Mapping[str, Any]], Origin]] = {
    "unet": unet,
    "vae": vae,
    "clip": clip,
    "clip_plain": clip_plain,
    "open_clip": open_clip,
    "t5": t5,
    "sd3": sd3,
    "flux": flux,
}
"""A module's name and configuration → where a tensor of it stands."""

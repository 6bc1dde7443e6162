"""Writes a diffusers pipeline into one file of the original layout, as the models of the wild lie on people's disks.

The names are built here from the original networks' own structure, part by part; `pipelines/sources/origins.py` goes
the other way, and diffusers' own converters are asked whether the two are right (`tests/pipelines/sources`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Weights = dict[str, Any]


def save_original(
    pipeline: Any, path: Path, kind: str, *, metadata: Mapping[str, str] | None = None, **marks: Any
) -> Path:
    """Write the pipeline of this kind as one file, and its configurations beside it; ``marks``: more tensors."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.contiguous().clone() for name, tensor in (original(pipeline, kind) | marks).items()}
    save_file(weights, path, metadata=dict(metadata or {}))
    save_beside(pipeline, path.with_suffix(""))
    return path


def save_beside(pipeline: Any, folder: Path) -> None:
    """The configurations and tokenizers of a pipeline without its weights: tiny ones are not those of their kind."""
    for name, part in pipeline.components.items():
        if hasattr(part, "save_config"):
            part.save_config(folder / name)
        elif hasattr(part, "config"):
            part.config.save_pretrained(folder / name)
        elif part is not None:
            part.save_pretrained(folder / name)


def original(pipeline: Any, kind: str) -> Weights:
    """All tensors of a pipeline by their original names."""
    parts: dict[str, Weights] = {
        "sd1": lambda: {
            "model.diffusion_model.": unet(pipeline.unet),
            "first_stage_model.": vae(pipeline.vae),
            "cond_stage_model.transformer.": clip(pipeline.text_encoder),
        },
        "sd2": lambda: {
            "model.diffusion_model.": unet(pipeline.unet),
            "first_stage_model.": vae(pipeline.vae),
            "cond_stage_model.model.": open_clip(pipeline.text_encoder),
        },
        "sdxl": lambda: {
            "model.diffusion_model.": unet(pipeline.unet),
            "first_stage_model.": vae(pipeline.vae),
            "conditioner.embedders.0.transformer.": clip(pipeline.text_encoder),
            "conditioner.embedders.1.model.": open_clip(pipeline.text_encoder_2),
        },
        "sdxl_refiner": lambda: {
            "model.diffusion_model.": unet(pipeline.unet),
            "first_stage_model.": vae(pipeline.vae),
            "conditioner.embedders.0.model.": open_clip(pipeline.text_encoder_2),
        },
        "sd3": lambda: {
            "model.diffusion_model.": sd3(pipeline.transformer),
            "first_stage_model.": vae(pipeline.vae),
            "text_encoders.clip_l.transformer.": clip(pipeline.text_encoder),
            "text_encoders.clip_g.transformer.": clip(pipeline.text_encoder_2),
            "text_encoders.t5xxl.transformer.": t5(pipeline.text_encoder_3),
        },
        "flux": lambda: {
            "model.diffusion_model.": flux(pipeline.transformer),
            "vae.": vae(pipeline.vae),
            "text_encoders.clip_l.transformer.": clip(pipeline.text_encoder),
            "text_encoders.t5xxl.transformer.": t5(pipeline.text_encoder_2),
        },
    }[kind]()
    return {prefix + name: tensor for prefix, part in parts.items() for name, tensor in part.items()}


def unet(module: Any) -> Weights:
    """The blocks in the order of the original network: a list each for the way in, the middle and the way out."""
    found: Weights = {}
    take(found, "input_blocks.0.0", module.conv_in)
    take(found, "out.0", module.conv_norm_out)
    take(found, "out.2", module.conv_out)
    for ours, theirs in (
        (module.time_embedding, "time_embed"),
        (getattr(module, "add_embedding", None), "label_emb.0"),
    ):
        if ours is not None:
            take(found, f"{theirs}.0", ours.linear_1)
            take(found, f"{theirs}.2", ours.linear_2)
    if module.time_embedding.cond_proj is not None:
        take(found, "time_embed.cond_proj", module.time_embedding.cond_proj)
    number = 1
    for block in module.down_blocks:
        for layer, block_resnet in enumerate(block.resnets):
            resnet(found, f"input_blocks.{number}.0", block_resnet)
            if getattr(block, "attentions", None):
                take(found, f"input_blocks.{number}.1", block.attentions[layer])
            number += 1
        if block.downsamplers:
            take(found, f"input_blocks.{number}.0.op", block.downsamplers[0].conv)
            number += 1
    resnet(found, "middle_block.0", module.mid_block.resnets[0])
    take(found, "middle_block.1", module.mid_block.attentions[0])
    resnet(found, "middle_block.2", module.mid_block.resnets[1])
    number = 0
    for block in module.up_blocks:
        for layer, block_resnet in enumerate(block.resnets):
            sequence = [lambda at, r=block_resnet: resnet(found, at, r)]
            if getattr(block, "attentions", None):
                sequence.append(lambda at, a=block.attentions[layer]: take(found, at, a))
            if block.upsamplers and layer == len(block.resnets) - 1:
                sequence.append(lambda at, u=block.upsamplers[0].conv: take(found, f"{at}.conv", u))
            for position, write in enumerate(sequence):
                write(f"output_blocks.{number}.{position}")
            number += 1
    return found


def resnet(found: Weights, at: str, module: Any) -> None:
    take(found, f"{at}.in_layers.0", module.norm1)
    take(found, f"{at}.in_layers.2", module.conv1)
    take(found, f"{at}.emb_layers.1", module.time_emb_proj)
    take(found, f"{at}.out_layers.0", module.norm2)
    take(found, f"{at}.out_layers.3", module.conv2)
    if module.conv_shortcut is not None:
        take(found, f"{at}.skip_connection", module.conv_shortcut)


def vae(module: Any) -> Weights:
    found: Weights = {}
    for side in (name for name in ("quant_conv", "post_quant_conv") if getattr(module, name) is not None):
        take(found, side, getattr(module, side))
    for side, coder in (("encoder", module.encoder), ("decoder", module.decoder)):
        take(found, f"{side}.conv_in", coder.conv_in)
        take(found, f"{side}.norm_out", coder.conv_norm_out)
        take(found, f"{side}.conv_out", coder.conv_out)
        vae_resnet(found, f"{side}.mid.block_1", coder.mid_block.resnets[0])
        vae_resnet(found, f"{side}.mid.block_2", coder.mid_block.resnets[1])
        attention = coder.mid_block.attentions[0]
        take(found, f"{side}.mid.attn_1.norm", attention.group_norm)
        for theirs, ours in (("q", "to_q"), ("k", "to_k"), ("v", "to_v")):
            point(found, f"{side}.mid.attn_1.{theirs}", getattr(attention, ours))
        point(found, f"{side}.mid.attn_1.proj_out", attention.to_out[0])
    for number, block in enumerate(module.encoder.down_blocks):
        for layer, each in enumerate(block.resnets):
            vae_resnet(found, f"encoder.down.{number}.block.{layer}", each)
        if block.downsamplers:
            take(found, f"encoder.down.{number}.downsample.conv", block.downsamplers[0].conv)
    for number, block in enumerate(reversed(module.decoder.up_blocks)):
        for layer, each in enumerate(block.resnets):
            vae_resnet(found, f"decoder.up.{number}.block.{layer}", each)
        if block.upsamplers:
            take(found, f"decoder.up.{number}.upsample.conv", block.upsamplers[0].conv)
    return found


def vae_resnet(found: Weights, at: str, module: Any) -> None:
    for name in ("norm1", "conv1", "norm2", "conv2"):
        take(found, f"{at}.{name}", getattr(module, name))
    if module.conv_shortcut is not None:
        take(found, f"{at}.nin_shortcut", module.conv_shortcut)


def clip(module: Any) -> Weights:
    """As transformers has long written it; the projection stands beside the ``text_model``."""
    inner = getattr(module, "text_model", module)
    found = {f"text_model.{name}": tensor for name, tensor in inner.state_dict().items()}
    projection = getattr(module, "text_projection", None)
    return found if projection is None else {**found, "text_projection.weight": projection.weight}


def open_clip(module: Any) -> Weights:
    import torch

    inner = getattr(module, "text_model", module)
    found: Weights = {
        "token_embedding.weight": inner.embeddings.token_embedding.weight,
        "positional_embedding": inner.embeddings.position_embedding.weight,
    }
    take(found, "ln_final", inner.final_layer_norm)
    for number, layer in enumerate(inner.encoder.layers):
        at, attention = f"transformer.resblocks.{number}", layer.self_attn
        three = (attention.q_proj, attention.k_proj, attention.v_proj)
        found[f"{at}.attn.in_proj_weight"] = torch.cat([each.weight for each in three])
        found[f"{at}.attn.in_proj_bias"] = torch.cat([each.bias for each in three])
        take(found, f"{at}.attn.out_proj", attention.out_proj)
        take(found, f"{at}.ln_1", layer.layer_norm1)
        take(found, f"{at}.ln_2", layer.layer_norm2)
        take(found, f"{at}.mlp.c_fc", layer.mlp.fc1)
        take(found, f"{at}.mlp.c_proj", layer.mlp.fc2)
    projection = getattr(module, "text_projection", None)
    return found if projection is None else {**found, "text_projection": projection.weight.T}


def t5(module: Any) -> Weights:
    return {name: tensor for name, tensor in module.state_dict().items() if name != "encoder.embed_tokens.weight"}


def sd3(module: Any) -> Weights:
    found: Weights = {"pos_embed": module.pos_embed.pos_embed}
    take(found, "x_embedder.proj", module.pos_embed.proj)
    take(found, "context_embedder", module.context_embedder)
    embed = module.time_text_embed
    two_layers(found, ("t_embedder.mlp.0", "t_embedder.mlp.2"), embed.timestep_embedder)
    two_layers(found, ("y_embedder.mlp.0", "y_embedder.mlp.2"), embed.text_embedder)
    take(found, "final_layer.linear", module.proj_out)
    shift_first(found, "final_layer.adaLN_modulation.1", module.norm_out.linear)
    for number, block in enumerate(module.transformer_blocks):
        at = f"joint_blocks.{number}"
        take(found, f"{at}.x_block.adaLN_modulation.1", block.norm1.linear)
        last = block.context_pre_only
        (shift_first if last else take)(found, f"{at}.context_block.adaLN_modulation.1", block.norm1_context.linear)
        joint_attention(
            found, f"{at}.x_block.attn", f"{at}.context_block.attn", block.attn, "ln_q.weight", "ln_k.weight"
        )
        if block.attn2 is not None:
            joint_attention(found, f"{at}.x_block.attn2", "", block.attn2, "ln_q.weight", "ln_k.weight")
        two_layers(found, (f"{at}.x_block.mlp.fc1", f"{at}.x_block.mlp.fc2"), block.ff)
        if not last:
            two_layers(found, (f"{at}.context_block.mlp.fc1", f"{at}.context_block.mlp.fc2"), block.ff_context)
    return found


def flux(module: Any) -> Weights:
    import torch

    found: Weights = {}
    embed = module.time_text_embed
    two_layers(found, ("time_in.in_layer", "time_in.out_layer"), embed.timestep_embedder)
    two_layers(found, ("vector_in.in_layer", "vector_in.out_layer"), embed.text_embedder)
    if getattr(embed, "guidance_embedder", None) is not None:
        two_layers(found, ("guidance_in.in_layer", "guidance_in.out_layer"), embed.guidance_embedder)
    take(found, "txt_in", module.context_embedder)
    take(found, "img_in", module.x_embedder)
    take(found, "final_layer.linear", module.proj_out)
    shift_first(found, "final_layer.adaLN_modulation.1", module.norm_out.linear)
    scales = ("norm.query_norm.scale", "norm.key_norm.scale")
    for number, block in enumerate(module.transformer_blocks):
        at = f"double_blocks.{number}"
        take(found, f"{at}.img_mod.lin", block.norm1.linear)
        take(found, f"{at}.txt_mod.lin", block.norm1_context.linear)
        joint_attention(found, f"{at}.img_attn", f"{at}.txt_attn", block.attn, *scales)
        two_layers(found, (f"{at}.img_mlp.0", f"{at}.img_mlp.2"), block.ff)
        two_layers(found, (f"{at}.txt_mlp.0", f"{at}.txt_mlp.2"), block.ff_context)
    for number, block in enumerate(module.single_transformer_blocks):
        at = f"single_blocks.{number}"
        four = (block.attn.to_q, block.attn.to_k, block.attn.to_v, block.proj_mlp)
        found[f"{at}.linear1.weight"] = torch.cat([each.weight for each in four])
        found[f"{at}.linear1.bias"] = torch.cat([each.bias for each in four])
        take(found, f"{at}.linear2", block.proj_out)
        take(found, f"{at}.modulation.lin", block.norm.linear)
        found[f"{at}.{scales[0]}"] = block.attn.norm_q.weight
        found[f"{at}.{scales[1]}"] = block.attn.norm_k.weight
    return found


def joint_attention(found: Weights, image: str, text: str, module: Any, query: str, key: str) -> None:
    """Queries, keys and values in one; ``text``: empty where only the picture is looked at."""
    import torch

    sides = [(image, (module.to_q, module.to_k, module.to_v), (module.norm_q, module.norm_k))]
    if text:
        three = (module.add_q_proj, module.add_k_proj, module.add_v_proj)
        sides.append((text, three, (module.norm_added_q, module.norm_added_k)))
    for at, layers, norms in sides:
        found[f"{at}.qkv.weight"] = torch.cat([each.weight for each in layers])
        found[f"{at}.qkv.bias"] = torch.cat([each.bias for each in layers])
        for name, norm in zip((query, key), norms, strict=True):
            if norm is not None:
                found[f"{at}.{name}"] = norm.weight
    take(found, f"{image}.proj", module.to_out[0])
    if text and getattr(module, "to_add_out", None) is not None:
        take(found, f"{text}.proj", module.to_add_out)


def two_layers(found: Weights, at: tuple[str, str], module: Any) -> None:
    layers = (module.net[0].proj, module.net[2]) if hasattr(module, "net") else (module.linear_1, module.linear_2)
    for name, layer in zip(at, layers, strict=True):
        take(found, name, layer)


def shift_first(found: Weights, at: str, module: Any) -> None:
    """The original shifts and then scales; diffusers has the halves the other way round."""
    import torch

    for name, tensor in module.state_dict().items():
        scale, shift = tensor.chunk(2)
        found[f"{at}.{name}"] = torch.cat([shift, scale])


def point(found: Weights, at: str, module: Any) -> None:
    """A linear layer, written as the convolution that it was."""
    found[f"{at}.weight"] = module.weight[..., None, None]
    found[f"{at}.bias"] = module.bias


def take(found: Weights, at: str, module: Any) -> None:
    """A module's tensors as they are."""
    found |= {f"{at}.{name}": tensor for name, tensor in module.state_dict().items()}

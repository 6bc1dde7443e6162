"""What a file is, told from names and shapes: those of the real models, but for fewer layers of each sort."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

from pipelines.errors import ModelError
from pipelines.loading import load
from pipelines.sources.checkpoint import _empty
from pipelines.sources.header import Header, Tensor
from pipelines.sources.identify import Contents, contents, identify
from tests import original
from tests.pipelines.sources.test_origins import read

WRITERS: dict[str, Any] = {
    "unet": (UNet2DConditionModel, original.unet),
    "vae": (AutoencoderKL, original.vae),
    "sd3": (SD3Transformer2DModel, original.sd3),
    "flux": (FluxTransformer2DModel, original.flux),
}


FEWER = {
    "unet": {"layers_per_block": 1, "transformer_layers_per_block": 1},
    "vae": {"layers_per_block": 1},
    "sd3": {"num_layers": 2},
    "flux": {"num_layers": 1, "num_single_layers": 1},
}


def written(kind: str, part: str, writer: str, prefix: str = "") -> dict[str, tuple[int, ...]]:
    """Names and shapes of a real model's part, by the layout of the original; nothing of it is in memory."""
    make, write = WRITERS[writer]
    config = read(kind, part) | FEWER[writer]
    if config.get("dual_attention_layers"):
        config["dual_attention_layers"] = [0]
    return {f"{prefix}{name}": tuple(tensor.shape) for name, tensor in write(_empty(make, config)).items()}


def look(shapes: dict[str, tuple[int, ...]], dtype: str = "F16", **metadata: str) -> Contents:
    tensors = {name: Tensor(dtype, shape, 0, prod(shape)) for name, shape in shapes.items()}
    return contents(Header(Path("nowhere.safetensors"), 0, tensors, metadata))


NETWORK = "model.diffusion_model."


@pytest.mark.parametrize("kind", ["sd1", "sd1_inpaint", "sd2_inpaint", "sdxl", "sdxl_inpaint", "sdxl_refiner"])
def test_networks_of_stable_diffusion_alone(kind: str) -> None:
    """Without text encoders there is only the width of the encoded prompt to go by."""
    found = look(written(kind, "unet", "unet", NETWORK))
    assert (found.kind.name, found.parts, found.precision) == (kind, {"unet"}, "float16")


@pytest.mark.parametrize("kind", ["sd3", "sd35_medium", "sd35_large"])
@pytest.mark.parametrize("prefix", ["", NETWORK])
def test_stable_diffusion_3(kind: str, prefix: str) -> None:
    found = look(
        written(kind, "transformer", "sd3", prefix) | written(kind, "vae", "vae", "first_stage_model."), "BF16"
    )
    assert (found.kind.name, found.parts, found.precision) == (kind, {"transformer", "vae"}, "bfloat16")


@pytest.mark.parametrize("kind", ["flux_dev", "flux_schnell", "flux_fill"])
@pytest.mark.parametrize("prefix", ["", NETWORK])
def test_flux(kind: str, prefix: str) -> None:
    found = look(written(kind, "transformer", "flux", prefix), "F8_E4M3")
    assert (found.kind.name, found.parts, found.precision) == (kind, {"transformer"}, "float8")


@pytest.mark.parametrize(("spread", "kind"), [(0.05, "sd2"), (0.2, "sd2_v")])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_stable_diffusion_2_is_told_from_its_v_prediction_by_one_bias(
    tmp_path: Path, spread: float, kind: str, dtype: torch.dtype
) -> None:
    tensors = {
        "cond_stage_model.model.ln_final.weight": torch.ones(2),
        f"{NETWORK}input_blocks.0.0.weight": torch.ones(2, 4, 3, 3),
        f"{NETWORK}output_blocks.11.1.transformer_blocks.0.norm1.bias": spread * torch.randn(320),
    }
    save_file({name: tensor.to(dtype) for name, tensor in tensors.items()}, tmp_path / "a.safetensors")
    assert identify(tmp_path / "a.safetensors").kind.name == kind
    for told, expected in {"v": "sd2_v", "epsilon": "sd2"}.items():
        save_file(tensors, tmp_path / "b.safetensors", metadata={"modelspec.prediction_type": told})
        assert identify(tmp_path / "b.safetensors").kind.name == expected


TO_K = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"
OTHERS: dict[str, tuple[dict[str, tuple[int, ...]], dict[str, str], tuple[str, str]]] = {
    "kohya sd1": ({TO_K: (8, 768)}, {}, ("lora", "sd1")),
    "kohya sd2": ({TO_K: (8, 1024)}, {}, ("lora", "sd2")),
    "kohya sdxl": ({TO_K: (8, 2048)}, {}, ("lora", "sdxl")),
    "kohya text only": (
        {"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (4, 1280)},
        {},
        ("lora", "sdxl"),
    ),
    "kohya flux": ({"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (4, 3072)}, {}, ("lora", "flux")),
    "peft sd1": ({"unet.down_blocks.0.attentions.0.attn2.to_k.lora_A.weight": (4, 768)}, {}, ("lora", "sd1")),
    "peft flux": ({"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (4, 3072)}, {}, ("lora", "flux")),
    "peft sd3": ({"transformer.transformer_blocks.0.attn.add_k_proj.lora_A.weight": (4, 1536)}, {}, ("lora", "sd3")),
    "LoHa by its notes": (
        {"lora_unet_x.hada_w1_a": (4, 4)},
        {"ss_base_model_version": "sdxl_base_v1-0"},
        ("lora", "sdxl"),
    ),
    "LoRA by modelspec": ({"x.lora_A.weight": (4, 4)}, {"modelspec.architecture": "flux-1-dev/lora"}, ("lora", "flux")),
    "LoRA of nothing known": ({"x.lora_A.weight": (4, 4)}, {}, ("lora", "")),
    "A1111's embedding": ({"emb_params": (4, 768)}, {}, ("embedding", "sd1")),
    "diffusers' embedding": ({"<cat-toy>": (768,)}, {}, ("embedding", "sd1")),
    "embedding of sd2": ({"emb_params": (2, 1024)}, {}, ("embedding", "sd2")),
    "embedding of sdxl": ({"clip_l": (2, 768), "clip_g": (2, 1280)}, {}, ("embedding", "sdxl")),
    "one layer": ({"proj.weight": (2, 768)}, {}, ("unknown", "")),
    "controlnet": ({"control_model.input_hint_block.0.weight": (16, 3, 3, 3)}, {}, ("controlnet", "")),
    "controlnet of diffusers": (
        {
            "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
            "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 768),
        },
        {},
        ("controlnet", "sd1"),
    ),
    "controlnet of sdxl": (
        {"controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3), "add_embedding.linear_1.weight": (1280, 2816)},
        {},
        ("controlnet", "sdxl"),
    ),
    "controlnet of flux in diffusers' layout": (
        {"controlnet_x_embedder.weight": (3072, 64), "x_embedder.weight": (3072, 64)},
        {},
        ("controlnet", "flux"),
    ),
    "controlnet of flux with the names of its network": (
        {"controlnet_blocks.0.weight": (3072, 3072), "double_blocks.0.img_attn.norm.key_norm.scale": (128,)},
        {},
        ("controlnet", "flux"),
    ),
    "controlnet of sd3": (
        {"controlnet_blocks.0.weight": (1536, 1536), "pos_embed_input.proj.weight": (1536, 16, 2, 2)},
        {},
        ("controlnet", "sd3"),
    ),
    "controlnet of another transformer": ({"controlnet_blocks.0.weight": (8, 8)}, {}, ("controlnet", "")),
    "IP-Adapter": (
        {"image_proj.proj.weight": (3072, 1024), "ip_adapter.1.to_k_ip.weight": (320, 768)},
        {},
        ("ip_adapter", "sd1"),
    ),
    "image encoder": (
        {
            "vision_model.embeddings.patch_embedding.weight": (1280, 3, 14, 14),
            "visual_projection.weight": (1024, 1280),
        },
        {},
        ("image_encoder", ""),
    ),
    "upscaler": ({"conv_first.weight": (64, 3, 3, 3)}, {}, ("upscaler", "")),
    "a network of no known width, with its VAE": (
        {
            "model.diffusion_model.input_blocks.0.0.weight": (8, 4, 3, 3),
            "first_stage_model.decoder.conv_in.weight": (8, 4),
        },
        {},
        ("unknown", ""),
    ),
    "nothing": ({}, {}, ("unknown", "")),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_goes_with_models(name: str) -> None:
    shapes, metadata, expected = OTHERS[name]
    found = look(shapes, **metadata)
    assert (found.kind.name, found.base) == expected


def test_parts_in_files_of_their_own() -> None:
    for shapes in (written("flux_dev", "vae", "vae"), written("sd1", "vae", "vae", "first_stage_model.")):
        assert look(shapes).kind.name == "vae"
    first = original.clip(_empty(CLIPTextModel, read("sd1", "text_encoder") | {"num_hidden_layers": 1}))
    second = original.clip(
        _empty(CLIPTextModelWithProjection, read("sdxl", "text_encoder_2") | {"num_hidden_layers": 1})
    )
    third = original.t5(T5EncoderModel(T5Config(d_model=8, d_ff=8, d_kv=4, num_heads=2, num_layers=1, vocab_size=9)))
    for encoder in (first, second, third):
        assert look({name: tuple(tensor.shape) for name, tensor in encoder.items()}).kind.name == "text_encoder"


FOREIGN = {
    "double_blocks.0.img_attn.norm.key_norm.scale single_stream_modulation.lin.weight": "a Flux 2 model",
    "double_blocks.0.img_attn.norm.key_norm.scale distilled_guidance_layer.in_proj.bias": "a Chroma model",
    "model.diffusion_model.input_blocks.0.0.weight edm_mean": "a Playground 2.5 model",
    "transformer_blocks.0.attn.to_q.weight txt_norm.weight": "a Qwen-Image model",
    "down_blocks.0.resnets.0.conv1.weight": "a UNet in diffusers' layout, which is given by its folder",
    "single_transformer_blocks.0.attn.to_q.weight": "the transformer of a model in diffusers' layout",
    "b a": "nothing that is known here, with tensors such as a, b",
    "": "a file without tensors",
}


@pytest.mark.parametrize("names", FOREIGN)
def test_what_is_not_known_is_said_to_look_like_something(tmp_path: Path, names: str) -> None:
    save_file({name: torch.ones(1, 1) for name in names.split()} or {}, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="is of no kind that is known here: it looks like ") as refusal:
        load(tmp_path / "a.safetensors", device="cpu")
    assert FOREIGN[names] in str(refusal.value)


def test_a_lora_is_no_model_and_its_sentence_says_for_what_it_is(tmp_path: Path) -> None:
    save_file({TO_K: torch.ones(8, 768)}, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="is no model but a LoRA for Stable Diffusion 1: give the model"):
        load(tmp_path / "a.safetensors", device="cpu")

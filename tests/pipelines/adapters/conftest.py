"""Tiny networks of the two usual layouts, and LoRA files for them as others write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pipelines.adapters.lora import Layers


@pytest.fixture(scope="session")
def unet() -> Any:
    """Two blocks of two layers each way, with attention, as in Stable Diffusion 1."""
    return make_unet()


@pytest.fixture(scope="session")
def large_unet() -> Any:
    """The same in SDXL's manner: linear projections, several transformer layers, and numbers of sizes."""
    return make_unet(
        use_linear_projection=True,
        transformer_layers_per_block=2,
        addition_embed_type="text_time",
        addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=40,
    )


def make_unet(**more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32, 32),
        layers_per_block=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=2,
        norm_num_groups=8,
        **more,
    ).eval()


Tensors = dict[str, Tensor]
RANK, ALPHA = 3, 1.5


def factors(modules: Mapping[str, Any], wanted: Callable[[str], bool] = bool, rank: int = RANK) -> dict[str, Tensors]:
    """For each layer (``unet.conv_in`` …) ``down`` and ``up`` of that rank, as kohya and peft shape them."""
    stream = torch.Generator().manual_seed(1)
    found = {}
    for (part, path), layer in Layers(modules).modules.items():
        if not wanted(path):
            continue
        out, into, *kernel = layer.weight.shape
        found[f"{part}.{path}"] = {
            "down": torch.randn(rank, into, *kernel, generator=stream) / into**0.5,
            "up": torch.randn(out, rank, *[1] * len(kernel), generator=stream) / rank**0.5,
        }
    return found


def merged(module: nn.Module, part: str, made: Mapping[str, Tensors], scale: float) -> nn.Module:
    """A copy of a part with the changes added to its weights by hand."""
    import copy

    changed = copy.deepcopy(module)
    with torch.no_grad():
        for name, tensors in made.items():
            if name.startswith(f"{part}."):
                weight = changed.get_submodule(name.removeprefix(f"{part}.")).weight
                change = torch.einsum("or,ri->oi", tensors["up"].flatten(1), tensors["down"].flatten(1))
                weight += scale * change.reshape(weight.shape)
    return changed


def kohya(made: Mapping[str, Tensors], alpha: float = ALPHA) -> Tensors:
    """The tensors of a file as kohya's scripts write it; they count the text encoders where there are two."""
    two = any(name.startswith("text_encoder_2") for name in made)
    prefixes = {"unet": "lora_unet", "text_encoder": "lora_te1" if two else "lora_te", "text_encoder_2": "lora_te2"}
    found: Tensors = {}
    for name, tensors in made.items():
        part, _, path = name.partition(".")
        layer = f"{prefixes[part]}_{path.replace('.', '_')}"
        found[f"{layer}.lora_down.weight"], found[f"{layer}.lora_up.weight"] = tensors["down"], tensors["up"]
        found[f"{layer}.alpha"] = torch.tensor(alpha)
    return found


def peft_style(made: Mapping[str, Tensors]) -> Tensors:
    """The tensors of a file as diffusers writes it."""
    return {
        f"{name}.lora_{letter}.weight": tensors[role]
        for name, tensors in made.items()
        for letter, role in (("A", "down"), ("B", "up"))
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """``write(tensors, "name", metadata)`` → a safetensors file."""
    from safetensors.torch import save_file

    def written(tensors: Tensors, name: str = "one", metadata: dict[str, str] | None = None) -> Path:
        path = tmp_path / f"{name}.safetensors"
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path, metadata)
        return path

    return written

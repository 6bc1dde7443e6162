"""Another autoencoder than the model's own, from files of every layout that is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from pipelines.errors import ModelError
from pipelines.loading import load
from pipelines.sources.origins import SCHEMES
from tests.tiny import make_sd_pipeline
from tests.tiny.parts import make_vae


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    make_sd_pipeline().save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def other() -> Any:
    torch.manual_seed(5)
    return make_vae()


def in_diffusers(vae: Any) -> dict[str, Any]:
    return dict(vae.state_dict())


def as_before(vae: Any) -> dict[str, Any]:
    """With the names that attention once had."""
    renamed = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    state = dict(vae.state_dict())
    for now, then in renamed.items():
        state = {name.replace(f"attentions.0.{now}", f"attentions.0.{then}"): each for name, each in state.items()}
    return state


def original(vae: Any, start: str = "") -> dict[str, Any]:
    """In the original layout, whose attention is made of convolutions; the names are tested with the checkpoints."""
    state = {f"{start}{SCHEMES['vae'](name, vae.config).name}": each for name, each in vae.state_dict().items()}
    return {
        name: each[..., None, None] if ".attn_1." in name and each.ndim == 2 else each for name, each in state.items()
    }


LAYOUTS = {
    "diffusers": in_diffusers,
    "before": as_before,
    "original": original,
    "in a checkpoint": lambda vae: original(vae, "first_stage_model."),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_by_its_name_on_the_shelf(folder: Path, other: Any, tmp_path: Path, layout: str) -> None:
    (tmp_path / "VAE").mkdir()
    save_file(
        {name: each.contiguous() for name, each in LAYOUTS[layout](other).items()}, tmp_path / "VAE/soft.safetensors"
    )
    family = load(folder, device="cpu", models=tmp_path, vae="soft")
    assert same_as(family, other)
    assert family.report["vae"] == "soft"


def same_as(family: Any, vae: Any) -> bool:
    """Whether latents are decoded as diffusers' module decodes them."""
    latents = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        theirs = vae.decode(latents[None] / vae.config.scaling_factor).sample[0]
    return torch.allclose(family.decode(latents), theirs, atol=1e-5)


def test_a_folder(folder: Path, other: Any, tmp_path: Path) -> None:
    other.save_pretrained(tmp_path / "vae")
    assert same_as(load(folder, device="cpu", vae=tmp_path / "vae"), other)
    assert not same_as(load(folder, device="cpu"), other)


def test_what_is_no_vae(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    save_file({"lora_unet_conv_in.alpha": torch.ones(1)}, file)
    with pytest.raises(ModelError, match=r"lora\.safetensors is no VAE"):
        load(folder, device="cpu", vae=file)


def test_one_for_another_kind_of_model(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "wide.safetensors"
    save_file(in_diffusers(make_vae(latent_channels=16)), file)
    with pytest.raises(ModelError, match=r"wide\.safetensors does not hold a VAE for this model as it is known"):
        load(folder, device="cpu", vae=file)

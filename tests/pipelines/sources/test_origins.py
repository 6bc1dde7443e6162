"""Our names of the original layout are those that diffusers' own converters read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from diffusers.loaders import single_file_utils as theirs
from transformers import CLIPTextModel, CLIPTextModelWithProjection, T5EncoderModel

from pipelines.sources.checkpoint import _check, _empty, _part
from pipelines.sources.header import Header, Tensor
from pipelines.sources.kinds import CONFIGS, KINDS
from pipelines.sources.origins import SCHEMES
from tests import original
from tests.tiny import make_sd3_pipeline, make_sd_pipeline, make_sdxl_pipeline

MODULES = {
    "unet": UNet2DConditionModel,
    "vae": AutoencoderKL,
    "clip": CLIPTextModel,
    "open_clip": CLIPTextModelWithProjection,
    "t5": T5EncoderModel,
    "sd3": SD3Transformer2DModel,
    "flux": FluxTransformer2DModel,
}


def ours(module: Any, written: Mapping[str, torch.Tensor], scheme: str) -> dict[str, torch.Tensor]:
    """The tensors of a module, read with our scheme from what was written."""
    config = dict(module.config) if hasattr(module, "from_config") else module.config.to_dict()
    read = {}
    for name, tensor in module.state_dict().items():
        origin = SCHEMES[scheme](name, config)
        read[name] = _part(written[origin.name], origin, tensor.shape[0]).reshape(tensor.shape)
    return read


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(one[name].reshape(-1), other[name].reshape(-1)) for name in one
    )


@pytest.mark.parametrize("make", [make_sd_pipeline, make_sdxl_pipeline])
def test_unet_and_vae(make: Any) -> None:
    pipeline = make()
    written = {f"model.diffusion_model.{name}": tensor for name, tensor in original.unet(pipeline.unet).items()}
    converted = theirs.convert_ldm_unet_checkpoint(dict(written), pipeline.unet.config)
    plain = {name.removeprefix("model.diffusion_model."): tensor for name, tensor in written.items()}
    assert same(converted, pipeline.unet.state_dict())
    assert same(ours(pipeline.unet, plain, "unet"), converted)
    written = {f"first_stage_model.{name}": tensor for name, tensor in original.vae(pipeline.vae).items()}
    converted = theirs.convert_ldm_vae_checkpoint(dict(written), pipeline.vae.config)
    assert same(converted, pipeline.vae.state_dict())
    assert same(ours(pipeline.vae, original.vae(pipeline.vae), "vae"), converted)


def test_text_encoders() -> None:
    pipeline = make_sdxl_pipeline()
    first, second = pipeline.text_encoder, pipeline.text_encoder_2
    prefixed = {f"conditioner.embedders.0.transformer.{n}": t for n, t in original.clip(first).items()}
    converted = {n.removeprefix("text_model."): t for n, t in theirs.convert_ldm_clip_checkpoint(prefixed).items()}
    assert same(ours(first, original.clip(first), "clip"), converted)
    prefix = "conditioner.embedders.1.model."
    prefixed = {f"{prefix}{n}": t for n, t in original.open_clip(second).items()}
    converted = theirs.convert_open_clip_checkpoint(second, prefixed, prefix)
    assert same(converted, second.state_dict())
    assert same(ours(second, original.open_clip(second), "open_clip"), converted)


@pytest.mark.parametrize("dual", [(), (0,)])
def test_stable_diffusion_3(dual: tuple[int, ...]) -> None:
    plain = make_sd3_pipeline(qk_norm=bool(dual)).transformer.config
    module = SD3Transformer2DModel.from_config({**plain, "dual_attention_layers": dual, "_use_default_values": ()})
    assert [bool(block.attn2) for block in module.transformer_blocks] == [bool(dual), False]
    written = original.sd3(module)
    converted = theirs.convert_sd3_transformer_checkpoint_to_diffusers(dict(written))
    assert same(converted, module.state_dict())
    assert same(ours(module, written, "sd3"), converted)


def test_flux() -> None:
    """Diffusers' converter only knows a width of 3072, so the weights are narrow, and as high as they really are."""
    config = read("flux_dev", "transformer") | {"num_layers": 2, "num_single_layers": 2}
    module = _empty(FluxTransformer2DModel, config)
    shapes = {name: tuple(tensor.shape) for name, tensor in original.flux(module).items()}
    generator = torch.Generator().manual_seed(0)
    written = {
        name: torch.rand(shape[0], *(2 for _ in shape[1:]), generator=generator) for name, shape in shapes.items()
    }
    converted = theirs.convert_flux_transformer_checkpoint_to_diffusers(dict(written))
    state = module.state_dict()
    assert converted.keys() == state.keys()
    for name, tensor in converted.items():
        origin = SCHEMES["flux"](name, config)
        assert torch.equal(_part(written[origin.name], origin, state[name].shape[0]), tensor), name


PUBLISHED = {
    ("sd1", "unet"): 859_520_964,
    ("sd1", "vae"): 83_653_863,
    ("sd1", "text_encoder"): 123_060_480,
    ("sd2", "unet"): 865_910_724,
    ("sd2", "text_encoder"): 340_387_840,
    ("sdxl", "unet"): 2_567_463_684,
    ("sdxl", "text_encoder_2"): 694_659_840,
    ("sd3", "transformer"): 2_028_328_000,
    ("sd35_medium", "transformer"): 2_243_171_520,
    ("sd35_large", "transformer"): 8_056_627_520,
    ("flux_dev", "transformer"): 11_901_408_320,
    ("flux_dev", "vae"): 83_819_683,
}
"""Parameters of the real models."""


def read(kind: str, part: str) -> dict[str, Any]:
    config = json.loads((CONFIGS / KINDS[kind].configs / part / "config.json").read_text())
    return config | dict(KINDS[kind].changes.get(part, {}))


@pytest.mark.parametrize(("kind", "part"), PUBLISHED)
def test_our_configurations_are_those_of_the_real_models(kind: str, part: str) -> None:
    """And a file as large as the real one has all that is looked for, in its shape."""
    scheme = KINDS[kind].parts[part].scheme
    config = read(kind, part)
    module = _empty(CLIPTextModel if kind == "sd2" and scheme == "open_clip" else MODULES[scheme], config)
    assert sum(parameter.numel() for parameter in module.parameters()) == PUBLISHED[kind, part]
    shapes = {name: tuple(tensor.shape) for name, tensor in getattr(original, scheme)(module).items()}
    tensors = {name: Tensor("F16", shape, 0, 0) for name, shape in shapes.items()}
    wanted = {name: (SCHEMES[scheme](name, config), tuple(t.shape)) for name, t in module.state_dict().items()}
    _check(Header(Path("nowhere"), 0, tensors, {}), "it", wanted)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.role == "model"], ids=lambda kind: kind.name)
def test_every_kind_has_all_its_configurations(kind: Any) -> None:
    for part in kind.parts:
        assert read(kind.name, part)
    assert (CONFIGS / kind.configs / "scheduler" / "scheduler_config.json").is_file()

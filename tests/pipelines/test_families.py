"""What every family does beyond agreeing with diffusers: half precision, facts, and sentences for what is wrong."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.engine.guidance import Query
from pipelines.errors import InvalidRequest, ModelError
from pipelines.events import Picture
from pipelines.families import FAMILIES, MODULES
from pipelines.families.autoencoder import TILE, read_autoencoder
from pipelines.loading import load
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.requests import Inpaint, Margins, Outpaint, Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.sources import Folder
from tests.tiny import make_folder

NETWORKS = {
    "sd": "unet",
    "sdxl": "unet",
    "sd3": "transformer",
    "flux": "transformer",
    "zimage": "transformer",
    "qwen": "transformer",
    "flux2": "transformer",
    "chroma": "transformer",
    "pixart": "transformer",
    "sana": "transformer",
}
KINDS = tuple(NETWORKS)


def settings(**options: Any) -> Sampling:
    return Sampling(**{"steps": 4, "guidance": 3.0, "seed": 11, **options})


def picture(family: Any, request: Any) -> np.ndarray:
    (made,) = [event.image for event in generate(family, request) if isinstance(event, Picture)]
    return np.asarray(made, int)


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ("kind", "options", "facts"),
    [
        ("sdxl", {}, {"channels": 4, "multiple": 8, "native": 64, "takes_mask": False, "embeds_guidance": False}),
        ("sdxl", {"inpainting": True}, {"takes_mask": True}),
        ("sdxl", {"told_guidance": True}, {"embeds_guidance": True}),
        ("sd3", {}, {"channels": 16, "multiple": 16, "native": 64, "takes_mask": False, "longest": 384}),
        ("sd3", {"inpainting": True}, {"takes_mask": True}),
        ("flux", {}, {"channels": 16, "multiple": 16, "native": 1024, "takes_mask": False, "embeds_guidance": True}),
        ("flux", {"schnell": True}, {"embeds_guidance": False}),
        ("flux", {"fill": True}, {"takes_mask": True, "embeds_guidance": True}),
        ("zimage", {}, {"channels": 16, "multiple": 16, "native": 1024, "embeds_guidance": False}),
        ("qwen", {}, {"channels": 16, "multiple": 16, "native": 1328, "embeds_guidance": False}),
        ("flux2", {}, {"channels": 32, "multiple": 16, "native": 1024, "embeds_guidance": False}),
        ("chroma", {}, {"channels": 16, "multiple": 16, "native": 1024, "embeds_guidance": False}),
        ("pixart", {}, {"channels": 4, "multiple": 16, "native": 64, "embeds_guidance": False}),
        ("pixart", {"alpha": True}, {"channels": 4, "multiple": 16, "native": 1024}),
        ("sana", {}, {"channels": 4, "multiple": 8, "native": 64, "takes_mask": False}),
    ],
)
def test_facts(models: Any, kind: str, options: dict[str, Any], facts: dict[str, Any]) -> None:
    found = models(kind, **options).family.facts
    assert {name: getattr(found, name) for name in facts} == facts
    assert found.downscale == (16 if kind == "flux2" else 8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whole_autoencoder", [False, True])
def test_half_precision(
    tmp_path: Path, photo: Image.Image, mask: Image.Image, kind: str, whole_autoencoder: bool
) -> None:
    """As on a GPU, with an autoencoder that is kept in float32 or not: nearly the same picture."""
    folder = make_folder(tmp_path / "model", kind)
    family, half = (load(folder, device="cpu", precision=precision) for precision in ("float32", "bfloat16"))
    if whole_autoencoder:
        half.vae = family.vae
    requests = (
        TextToImage(prompt="a red house", size=Size(width=64, height=80), sampling=settings()),
        Inpaint(prompt="a red house", image=photo, mask=mask, sampling=settings()),
        Outpaint(prompt="a red house", image=photo, margins=Margins(right=24), sampling=settings()),
    )
    for request in requests:
        assert np.abs(picture(half, request) - picture(family, request)).mean() < 6


@pytest.mark.parametrize(
    ("flag", "dtype", "kept"),
    [
        (True, torch.float16, torch.float32),
        (True, torch.bfloat16, torch.bfloat16),
        (False, torch.float16, torch.float16),
    ],
)
def test_an_autoencoder_that_overflows_is_kept_in_single_precision(
    tmp_path: Path, flag: bool, dtype: torch.dtype, kept: torch.dtype
) -> None:
    folder = make_folder(tmp_path / "model", "sd")
    edit(folder / "vae" / "config.json", force_upcast=flag, sample_size=4 * TILE)
    vae = read_autoencoder(Folder(folder), Placement(torch.device("cpu"), dtype))
    assert vae.dtype == kept
    assert (vae.tile_sample_min_size, vae.tile_latent_min_size) == (TILE, TILE // 8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_does_not_go_through_all_layers(models: Any, kind: str, monkeypatch: Any) -> None:
    """Modules do that to tell their type or device; in a large model it takes as long as a GPU's step."""
    family, walks, walk = models(kind).family, [], torch.nn.Module.named_modules
    size = Size(width=64, height=64)
    picture(family, TextToImage(prompt="a boat", size=size, sampling=settings()))

    def noted(module: Any, *rest: Any, **options: Any) -> Any:
        walks.append(module)
        return walk(module, *rest, **options)

    monkeypatch.setattr(torch.nn.Module, "named_modules", noted)
    counts = []
    for steps in (3, 6):
        walks.clear()
        picture(family, TextToImage(prompt="a boat", size=size, sampling=settings(steps=steps)))
        counts.append(sum(each is family.network for each in walks))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "qwen"])
def test_a_sparing_decode_and_single_queries_make_the_same_picture(models: Any, kind: str, monkeypatch: Any) -> None:
    """Without seams: in no sample more than rounding makes."""
    family = models(kind).family
    request = TextToImage(prompt="sea", size=Size(width=96, height=64), sampling=settings())
    whole = picture(family, request)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.families.autoencoder.SPARING_ABOVE", 64 * 64)
        assert np.abs(picture(family, request) - whole).max() <= 1
    family.thrift = 1
    assert family.at_once(64, 64) == 1
    family.thrift = 0
    assert family.at_once(64, 64) >= 2


@pytest.mark.parametrize("kind", ["flux", "zimage", "qwen", "flux2", "chroma"])
def test_a_clip_skip_that_means_nothing_is_refused(models: Any, kind: str) -> None:
    with pytest.raises(InvalidRequest, match="clip skip has to be 1"):
        next(generate(models(kind).family, TextToImage(size=Size(width=64, height=64), clip_skip=2)))


@pytest.mark.parametrize("kind", ["zimage", "qwen"])
def test_weights_that_mean_nothing_are_refused(models: Any, kind: str) -> None:
    """The network is deaf to them: however long the vectors of words are, the answer is the same."""
    family = models(kind).family
    size = Size(width=64, height=64)
    for prompt in ("a (red:1.3) tree", "a [red] tree"):
        with pytest.raises(InvalidRequest, match="all words weigh the same"):
            next(generate(family, TextToImage(prompt=prompt, size=size)))
    (said,) = family.encode_prompts([(Piece("a red tree"),)])
    x = torch.randn(16, 8, 8, generator=torch.Generator().manual_seed(0))
    level = family.path.shifted(64, None).at_timestep(500)
    with torch.inference_mode():
        one, other, third = (
            family.estimate([Query(x, level, dataclasses.replace(said, tokens=tokens))])[0]
            for tokens in (said.tokens, 1.5 * said.tokens, said.tokens.flip(-1))
        )
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(one, third, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_that_is_missing_is_named(tmp_path: Path, kind: str) -> None:
    folder = make_folder(tmp_path / "model", kind)
    index = json.loads((folder / "model_index.json").read_text())
    optional = {"text_encoder_3", "tokenizer_3"}
    for part in (
        name for name, value in index.items() if isinstance(value, list) and value[0] and name not in optional
    ):
        shutil.move(folder / part, tmp_path / "away")
        with pytest.raises(ModelError) as refused:
            load(folder, device="cpu")
        assert part in str(refused.value)
        assert "\n" not in str(refused.value)
        shutil.move(tmp_path / "away", folder / part)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_another_shape_are_said_in_one_sentence(tmp_path: Path, kind: str) -> None:
    folder = make_folder(tmp_path / "model", kind)
    edit(folder / NETWORKS[kind] / "config.json", in_channels=5)
    with pytest.raises(ModelError) as refused:
        load(folder, device="cpu")
    assert NETWORKS[kind] in str(refused.value) and "\n" not in str(refused.value)


def test_a_network_of_flux_with_other_channels_is_refused(tmp_path: Path) -> None:
    """Such as the one that is given edges or depth."""
    from tests.tiny import make_flux_pipeline

    pipeline = make_flux_pipeline(channels=128)
    pipeline.save_pretrained(tmp_path / "model")
    with pytest.raises(ModelError, match=r"takes 128 channels; this family knows 64 \(dev, schnell\) and 384 \(Fill\)"):
        load(tmp_path / "model", device="cpu")


def test_every_class_of_diffusers_that_is_named_exists() -> None:
    import diffusers

    assert all(hasattr(diffusers, kind) for kind in FAMILIES)
    assert set(MODULES) >= set(KINDS)


def test_clip_skip_beyond_the_layers_is_refused(models: Any) -> None:
    for kind in ("sdxl", "sd3"):
        with pytest.raises(InvalidRequest, match="text encoder has 3 layers, so clip skip can be 1 to 3"):
            next(generate(models(kind).family, TextToImage(size=Size(width=64, height=64), clip_skip=4)))

"""Where a model's parts are, and in what precision: as asked, told as it is, and of no weight for the picture.

The processor stands in for a GPU where hooks bring parts to their device: from it, to it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pipelines import memory, placement
from pipelines.errors import ModelError
from pipelines.events import Picture
from pipelines.families.adapter import SAVINGS
from pipelines.loading import load, open_source
from pipelines.offloading import WORDS, Turns
from pipelines.placement import WORK, Placement, dtype_of, sizes_of
from pipelines.requests import Control, Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.sources import Folder
from pipelines.sources.other_vae import OtherVae
from pipelines.sources.waiting import settled
from tests.original import save_original
from tests.pipelines.adapters.conftest import factors, kohya
from tests.pipelines.adapters.test_controlnet import make_controlnet
from tests.tiny import PIPELINES, make_folder

CPU, GPU = torch.device("cpu"), torch.device("cuda")
KINDS = tuple(PIPELINES)
FIXED = ("zimage",)
"""Of tiny ones, those that are mostly made of what is not kept in fewer bits: norms, and what is told the time."""


def request(prompt: str = "a red house", **more: Any) -> TextToImage:
    sampling = Sampling(steps=2, guidance=3.0, seed=5)
    return TextToImage(prompt=prompt, size=Size(width=64, height=64), sampling=sampling, **more)


def pictures(family: Any, wish: TextToImage) -> list[Picture]:
    return [event for event in generate(family, wish) if isinstance(event, Picture)]


def drawn(family: Any, wish: TextToImage | None = None) -> bytes:
    return pictures(family, wish or request())[0].image.tobytes()


def apart(one: bytes, other: bytes) -> int:
    """The largest difference of any sample."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def weights(family: Any) -> int:
    """Bytes of what the parts hold, but for the autoencoder's."""
    parts = [part for name, part in family.modules.items() if name != "vae"]
    return sum(each.nbytes for part in parts for each in part.parameters())


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor as a device with a memory of its own."""
    monkeypatch.setattr(placement, "APART", placement.APART | {"cpu"})


# Precision


@pytest.mark.parametrize(
    ("choice", "device", "half", "dtype"),
    [
        ("auto", CPU, torch.float16, torch.float32),
        ("auto", GPU, torch.float16, torch.float16),
        ("auto", GPU, torch.bfloat16, torch.bfloat16),
        ("float32", GPU, torch.float16, torch.float32),
        ("bfloat16", CPU, torch.float16, torch.bfloat16),
        ("float16", GPU, torch.bfloat16, torch.float16),
    ],
)
def test_a_precision_is_what_was_asked_for_or_suits(choice: str, device: Any, half: Any, dtype: Any) -> None:
    assert dtype_of(choice, device, half) == dtype


@pytest.mark.parametrize("kind", KINDS)
def test_another_precision_is_really_on(tmp_path: Path, kind: str) -> None:
    folder = make_folder(tmp_path / "model", kind)
    whole, half = (load(folder, device="cpu", precision=each) for each in ("float32", "bfloat16"))
    assert half.report["precision"] == "bfloat16"
    assert {settled(part).dtype for part in half.modules.values()} == {torch.bfloat16}
    assert 0 < apart(drawn(half), drawn(whole)) < 32


def test_an_unknown_precision_or_setting_is_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "model", "sd")
    with pytest.raises(ModelError, match="Unknown precision 'half': choose one of auto, float32, bfloat16, float16"):
        load(folder, precision="half")
    with pytest.raises(ModelError, match="Unknown memory setting 'tiny': choose one of auto, high, balanced, low, min"):
        load(folder, memory="tiny")


# What fits


def test_sizes_are_those_of_what_will_be_loaded(tmp_path: Path) -> None:
    """Also of a folder in which they lie twice, of a file, and of another autoencoder."""
    for kind, layout in (("sd", "sd1"), ("sdxl", "sdxl")):
        pipeline = PIPELINES[kind]()
        pipeline.save_pretrained(tmp_path / kind)
        pipeline.save_pretrained(tmp_path / kind, variant="fp16")
        file = save_original(pipeline, tmp_path / f"{kind}.safetensors", layout)
        for source in (Folder(tmp_path / kind), open_source(file)[1]):
            sizes = sizes_of(source, torch.float16)
            for part in ("unet", "vae", "text_encoder"):
                assert sizes[part] == 2 * numbers(getattr(pipeline, part))
    other = OtherVae(Folder(tmp_path / "sd"), tmp_path / "sdxl" / "vae")
    assert other.count("vae") == numbers(PIPELINES["sdxl"]().vae)
    assert sizes_of(Folder(tmp_path), torch.float16) == dict.fromkeys(placement.PARTS, 0)


def numbers(module: Any) -> int:
    return sum(each.numel() for each in module.parameters())


MB = 10**6
SIZES = {"unet": 500, "vae": 80, "text_encoder": 120}
"""Millions of numbers of the parts below."""


def a_source() -> Any:
    return SimpleNamespace(has=SIZES.__contains__, count=lambda part: SIZES[part] * MB)


@pytest.mark.parametrize(
    ("device", "dtype", "free", "chosen", "kept"),
    [
        (GPU, torch.float16, 1400, "high", None),  # twice 700
        (GPU, torch.float16, 1399, "balanced", None),
        (GPU, torch.float16, 1000, "balanced", None),  # the largest alone
        (GPU, torch.float16, 999, "low", None),
        (CPU, torch.float32, 2800, "high", None),
        (CPU, torch.float32, 2799, "low", torch.bfloat16),
        (CPU, torch.bfloat16, 1399, "low", None),  # is as small as it gets without a change
    ],
)
def test_auto_is_the_quickest_that_fits(
    monkeypatch: pytest.MonkeyPatch, device: Any, dtype: Any, free: int, chosen: str, kept: Any
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: free * MB + WORK)
    settled = Placement(device, dtype, memory="auto").settled(a_source(), torch.bfloat16)
    assert (settled.memory, settled.kept) == (chosen, kept)


def test_what_was_asked_for_is_not_weighed_against_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 0)
    for asked in ("high", "balanced", "low", "minimal"):
        assert Placement(GPU, torch.float16, memory=asked).settled(a_source(), torch.float16).memory == asked


def test_turns_mean_nothing_on_the_processor(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'balanced' moves parts to a device .* cpu is not: choose auto, high, low"):
        load(make_folder(tmp_path / "model", "sd"), device="cpu", memory="balanced")


# Fewer bits


@pytest.mark.parametrize("kind", KINDS)
def test_on_the_processor_weights_are_kept_in_fewer_bits(tmp_path: Path, kind: str) -> None:
    folder = make_folder(tmp_path / "model", kind)
    high, low, minimal = (load(folder, device="cpu", memory=each) for each in ("high", "low", "minimal"))
    whole = drawn(high)
    assert (low.report["placement"], minimal.report["placement"]) == (
        "low: weights kept in 16 bits",
        "minimal: weights kept in 8 bits",
    )
    for family, share, error in ((low, 0.5, 2), (minimal, 0.25, 40)):
        assert family.report["precision"] == "float32"
        assert apart(drawn(family), whole) <= error
        assert share < weights(family) / weights(high) < (1 if kind in FIXED else share + 0.3)
        assert drawn(family) == drawn(family)


@pytest.mark.parametrize("kind", ["sd", "flux"])
def test_weights_that_came_in_16_bits_lose_nothing(tmp_path: Path, kind: str) -> None:
    PIPELINES[kind]().to(torch.float16 if kind == "sd" else torch.bfloat16).save_pretrained(tmp_path)
    assert drawn(load(tmp_path, device="cpu", memory="low")) == drawn(load(tmp_path, device="cpu", memory="high"))


# Turns and groups


@pytest.mark.parametrize("kind", KINDS)
def test_parts_that_come_and_go_make_the_same_picture(tmp_path: Path, gpu: None, kind: str) -> None:
    folder = make_folder(tmp_path / "model", kind)
    whole = drawn(load(folder, device="cpu", memory="high"))
    for setting in ("balanced", "low"):
        family = load(folder, device="cpu", memory=setting)
        assert family.report["placement"] == f"{setting}: {WORDS[setting]}"
        assert drawn(family) == drawn(family) == whole
    minimal = load(folder, device="cpu", memory="minimal")
    assert minimal.report["placement"] == f"minimal: {WORDS['minimal']}"
    assert apart(drawn(minimal), whole) <= 40
    assert weights(minimal) < (1 if kind in FIXED else 0.55) * weights(load(folder, device="cpu"))


def test_one_at_a_time_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is a copy here."""
    monkeypatch.setattr("pipelines.offloading._moved", lambda tensor, device: tensor.clone())
    one, other, third = (torch.nn.Linear(2, 2) for _ in range(3))
    home = [(each.weight.data_ptr(), each.bias.data_ptr()) for each in (one, other, third)]
    turns = Turns([one, other], CPU)

    def away() -> list[bool]:
        now = [(each.weight.data_ptr(), each.bias.data_ptr()) for each in (one, other, third)]
        return [all(a != b for a, b in zip(*pair, strict=True)) for pair in zip(now, home, strict=True)]

    assert away() == [False, False, False]
    turns.bring(one)
    assert away() == [True, False, False]
    other(torch.ones(1, 2))  # who is called comes, too
    assert away() == [False, True, False]
    turns.bring(third)  # takes no turns
    assert away() == [False, True, False]
    turns.end()
    other(torch.ones(1, 2))
    assert away() == [False, False, False]


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
def test_adapters_work_on_parts_that_come_and_go(tmp_path: Path, gpu: None, kind: str) -> None:
    """A LoRA in the network and the text encoders, and a ControlNet."""
    folder, shelf = make_folder(tmp_path / "model", kind), tmp_path / "shelf"
    pipeline = PIPELINES[kind]()
    parts = {name: part for name, part in pipeline.components.items() if name.startswith(("unet", "text_encoder"))}
    for where in ("Lora", "ControlNet"):
        (shelf / where).mkdir(parents=True)
    save_file(kohya(factors(parts, lambda path: "attn" in path)), shelf / "Lora" / "ink.safetensors")
    lines = make_controlnet(pipeline.unet, 0).state_dict()
    save_file({name: each.contiguous() for name, each in lines.items()}, shelf / "ControlNet" / "lines.safetensors")
    control = Control(name="lines", image=Image.linear_gradient("L").resize((64, 64)).convert("RGB"))
    with_both = request("a red house <lora:ink:0.8>", controls=(control,))
    high = load(folder, device="cpu", memory="high", models=shelf)
    whole, plain = drawn(high, with_both), drawn(high)
    assert apart(whole, plain) > 8
    for setting in ("balanced", "low"):
        family = load(folder, device="cpu", memory=setting, models=shelf)
        assert drawn(family, with_both) == whole
        assert drawn(family) == plain
    minimal = load(folder, device="cpu", memory="minimal", models=shelf)
    assert apart(drawn(minimal, with_both), whole) < apart(whole, plain)


# Stepping down


def test_a_run_that_is_short_of_memory_goes_on_with_parts_that_come_and_go(
    tmp_path: Path, gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = load(make_folder(tmp_path / "model", "sd"), device="cpu", memory="high")
    whole = drawn(family)
    estimate, asked = family.estimate, []

    def short(queries: Any) -> Any:
        asked.append(family.parts.memory)
        if family.parts.memory in ("high", "balanced"):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return estimate(queries)

    monkeypatch.setattr(family, "estimate", short)
    (picture,) = pictures(family, request())
    assert asked[:4] == ["high", "high", "high", "balanced"] and set(asked[4:]) == {"low"}
    assert picture.spared == ", ".join(
        [*SAVINGS, "one part at a time on the device", "a block at a time on the device"]
    )
    assert apart(picture.image.tobytes(), whole) <= 1
    assert family.report["placement"] == "low: a block at a time on the device"
    (again,) = pictures(family, request())  # what has not fitted is not tried again
    assert again.spared == "" and set(asked[4:]) == {"low"}


def test_it_fails_where_the_least_is_too_much(tmp_path: Path, gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    family = load(make_folder(tmp_path / "model", "sd"), device="cpu", memory="low")

    def short(queries: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with monkeypatch.context() as patch:
        patch.setattr(family, "estimate", short)
        with pytest.raises(MemoryError):
            pictures(family, request())
    assert family.parts.memory == "minimal"
    assert pictures(family, request())[0].spared == ""

"""A picture is made again from its own file, bit for bit, or it is said what is missing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.adapters.used import Used
from pipelines.errors import InvalidRequest, ModelError, UnreadableImage
from pipelines.events import Picture
from pipelines.requests import (
    Guiding,
    Hires,
    ImageToImage,
    Inpaint,
    Margins,
    Outpaint,
    Request,
    Sampling,
    Size,
    TextToImage,
    Variation,
)
from studio import cli
from studio.library import Library, Recipe, open_picture
from studio.library.export import export
from studio.replaying import ingredients, verdict
from tests import original
from tests.studio.formats.files import png
from tests.tiny import make_sd_pipeline

EACH = 3
"""Pictures of each kind; with 13 it is more than fifty, which takes half a minute."""


def noise(seed: int, size: tuple[int, int] = (72, 64), mode: str = "RGB") -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size[::-1], 4), np.uint8)).convert(mode)


def spot(size: tuple[int, int] = (72, 64)) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, (8, 8, 40, 40))
    return mask


def sampling(seed: int) -> Sampling:
    samplers = ("euler_a", "dpmpp_2m_sde", "heun", "ddim", "dpmpp_sde", "lcm")
    return Sampling(steps=2 + seed % 3, seed=seed * 7919, sampler=samplers[seed % 6], guidance=1.0 + seed % 5)


KINDS: list[Callable[[int], Request]] = [
    lambda seed: TextToImage(
        prompt=f"a (red:1.{seed}) house [on|left] a hill", negative="night", sampling=sampling(seed),
        size=Size(width=64, height=72),
        variation=Variation(seed=seed, strength=0.3 * (seed % 2)), guiding=Guiding(stop=0.9),
        hires=Hires(scale=1.5) if seed % 3 == 0 else Hires(),
    ),
    lambda seed: ImageToImage(prompt="a boat", image=noise(seed, mode="RGBA" if seed % 2 else "RGB"),
                              strength=0.5, loops=1 + seed % 2, sampling=sampling(seed)),
    lambda seed: Inpaint(prompt="a tree", image=noise(seed), mask=spot(), feather=seed % 9, fill="surroundings",
                         graded=seed % 2 == 1, sampling=sampling(seed)),
    lambda seed: Outpaint(prompt="the sea", image=noise(seed, (64, 64)),
                          margins=Margins(left=8 * (1 + seed % 3), top=seed if seed % 2 == 0 else 8),
                          anchored=seed % 2 == 1, sampling=sampling(seed)),
]  # fmt: skip


@pytest.fixture(scope="module")
def family(sd_folder: Path) -> Any:
    from pipelines.loading import load

    return load(sd_folder, device="cpu", attention="auto")


def made(family: Any, request: Request) -> Image.Image:
    from pipelines.run import generate

    (picture,) = (event.image for event in generate(family, request) if isinstance(event, Picture))
    return picture


def keep(library: Library, family: Any, folder: Path, request: Request) -> Path:
    recipe = Recipe(request=request, model=str(folder), title="tiny", on=dict(family.report))
    return library.save(made(family, request), recipe).path


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_every_picture_comes_out_the_same_bit_for_bit(
    library: Library, family: Any, sd_folder: Path, kind: int
) -> None:
    paths = [keep(library, family, sd_folder, KINDS[kind](seed)) for seed in range(EACH)]
    for path in paths:
        wanted = ingredients(path, None)
        again = made(family, wanted.request)
        with Image.open(path) as picture:
            assert again.mode == picture.mode and again.tobytes() == picture.tobytes()


@pytest.fixture
def edit(library: Library, family: Any, sd_folder: Path) -> Iterator[Path]:
    yield keep(library, family, sd_folder, Inpaint(prompt="a tree", image=noise(1), mask=spot(), sampling=sampling(1)))


def test_replay_says_that_it_is_the_same(edit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("replay", "again"):
        assert cli.main([name, str(edit), "--out", str(tmp_path / "copies")]) == 0
        said = capsys.readouterr()
        assert said.err.strip() == "It is the same picture, pixel for pixel."
        assert Image.open(said.out.strip()).tobytes() == Image.open(edit).tobytes()


def test_a_copy_in_another_format_is_replayed_to_the_original(
    edit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = edit.parent / "copy.jpg"
    export(edit, copy)
    assert cli.main(["replay", str(copy), "--out", str(tmp_path / "copies")]) == 0
    said = capsys.readouterr()
    assert "pixel for pixel" in said.err
    assert Image.open(said.out.strip()).tobytes() == Image.open(edit).tobytes()


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Another recipe in the same picture."""
    with Image.open(path) as picture:
        picture.load()
        data = json.loads(picture.info["diffusion-studio"])
    change(data)
    chunks = PngInfo()
    chunks.add_itxt("diffusion-studio", json.dumps(data))
    picture.save(path, pnginfo=chunks)


def test_replay_says_that_it_is_another_and_why(edit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["replay", str(edit), "--out", str(edit.parent)]
    rewrite(edit, lambda data: data["request"]["sampling"].update(seed=5))
    assert cli.main(words) == 1
    assert "It came out otherwise: the model's files, or" in capsys.readouterr().err
    rewrite(edit, lambda data: data["on"].update(precision="float16"))
    assert cli.main(words) == 1
    assert "made elsewhere: precision was float16, is float32." in capsys.readouterr().err


def test_a_source_is_found_beside_the_file_in_the_library_or_as_a_result(
    library: Library, family: Any, sd_folder: Path, tmp_path: Path
) -> None:
    first = keep(
        library, family, sd_folder, TextToImage(prompt="a hill", sampling=sampling(2), size=Size(width=72, height=64))
    )
    request = ImageToImage(image=open_picture(first), sampling=sampling(3))
    second = keep(library, family, sd_folder, request)
    elsewhere = tmp_path / "desktop" / "mine.png"
    elsewhere.parent.mkdir()
    shutil.copy(second, elsewhere)
    with pytest.raises(
        UnreadableImage, match=r"mine\.png was made from a picture that is missing: put it back as inputs/"
    ):
        ingredients(elsewhere, None)
    assert ingredients(elsewhere, None, library).request.key == request.key
    shutil.rmtree(library.inputs)
    assert ingredients(elsewhere, None, library).request.key == request.key  # the result itself
    first.unlink()
    with pytest.raises(UnreadableImage, match="that is missing"):
        ingredients(second, None)


def test_a_source_that_was_changed_counts_as_missing(edit: Path, library: Library) -> None:
    for path in library.inputs.iterdir():
        if Image.open(path).mode == "RGB":
            noise(99).save(path)
    with pytest.raises(UnreadableImage, match="that is missing"):
        ingredients(edit, None)


def test_a_model_that_is_gone_is_named(edit: Path, sd_folder: Path) -> None:
    rewrite(edit, lambda data: data.update(model="/models/gone", title="Old friend"))
    with pytest.raises(ModelError, match="The model 'Old friend' that made it is missing: give its folder by --model"):
        ingredients(edit, None)
    assert ingredients(edit, str(sd_folder)).card.folder == sd_folder.resolve()


@pytest.mark.parametrize("change", [{"request": {}}, {"request": 5}, {"request": {"task": "inpaint", "dream": 1}}])
def test_a_recipe_that_makes_no_sense_is_refused(edit: Path, change: dict[str, Any]) -> None:
    rewrite(edit, lambda data: data.update(change))
    with pytest.raises(InvalidRequest):
        ingredients(edit, None)


def test_a_picture_of_another_program_is_made_with_the_model_that_is_given(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "a red house\nSteps: 2, Sampler: Euler a, CFG scale: 5, Seed: 3, Size: 64x72, Model: v1-5, Tiling: True"
    theirs = png(tmp_path / "theirs.png", {"parameters": text})
    words = ["replay", str(theirs), "--out", str(tmp_path / "out")]
    assert cli.main(words) == 2
    assert "A1111 made it with v1-5: say by --model which model" in capsys.readouterr().err
    assert cli.main([*words, "--model", str(sd_folder)]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("Tiling (True) has no counterpart here.\nThe seed is kept, but A1111 draws")
    request = Library(tmp_path / "out").request(Path(said.out.strip()))
    assert (request.prompt, request.sampling.seed, request.sampling.sampler) == ("a red house", 3, "euler_a")


def test_a_model_of_the_shelf_is_found_by_its_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is called otherwise by now; another file of its name does not draw in its stead."""
    shelf, out = tmp_path / "models", tmp_path / "out"
    file = shelf / "checkpoints" / "house.safetensors"
    write_model(file, 1)
    words = ["generate", "a house", "--models", str(shelf), "--out", str(out), "--steps", "1", "--seed", "3"]
    assert cli.main([*words, "--model", "house", "--width", "64", "--height", "64"]) == 0
    made = Path(capsys.readouterr().out.strip())
    mark = recipe_of(made)["file"]
    assert mark == {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}

    again = ["replay", str(made), "--models", str(shelf), "--out", str(tmp_path / "copies")]
    (shelf / "checkpoints" / "buildings").mkdir()
    moved = file.rename(shelf / "checkpoints" / "buildings" / "home.safetensors")
    shutil.copytree(file.with_suffix(""), moved.with_suffix(""))
    assert cli.main(again) == 0
    assert "pixel for pixel" in capsys.readouterr().err

    write_model(file, 2)
    assert cli.main(again) == 0
    assert "pixel for pixel" in capsys.readouterr().err
    moved.unlink()
    assert cli.main(again) == 2
    said = capsys.readouterr().err
    assert f"was another file than {file} is now" in said and mark["sha256"][:10] in said
    file.unlink()
    assert cli.main(again) == 2
    assert "The model 'house' that made it is missing" in capsys.readouterr().err


def write_model(file: Path, seed: int) -> None:
    """A tiny Stable Diffusion in one file, with its configurations beside it."""
    pipeline = make_sd_pipeline()
    torch.manual_seed(seed)
    pipeline.unet.conv_out.weight.data.normal_(std=0.1)
    original.save_original(pipeline, file, "sd1")


def test_an_adapter_that_is_another_file_by_now_is_told(tmp_path: Path, sd_folder: Path) -> None:
    """The recipe holds its name, weights and hash; what comes out otherwise is laid to it."""
    library = Library(tmp_path)
    ink = Used("lora", "ink", "a" * 64, network=0.8, text=0.5)
    request = TextToImage(prompt="a boat <lora:ink:0.5:0.8>")

    def saved(seed: int, *adapters: Used) -> Path:
        recipe = Recipe(request=request, model=str(sd_folder), title="", adapters=adapters)
        return library.save(noise(seed), recipe).path

    first = saved(1, ink)
    wanted = ingredients(first, None)
    assert recipe_of(first)["adapters"] == [
        {"kind": "lora", "name": "ink", "sha256": "a" * 64, "network": 0.8, "text": 0.5}
    ]
    assert verdict(saved(1, ink), wanted) is None
    assert "as the lora ink is another file" in str(verdict(saved(2, replace(ink, sha256="b" * 64)), wanted))
    assert "the model's files, or the programs" in str(verdict(saved(2, ink), wanted))


def recipe_of(path: Path) -> dict[str, Any]:
    with Image.open(path) as picture:
        return json.loads(picture.info["diffusion-studio"])

"""Grids and batches as a person starts them, with a tiny model."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
from PIL import Image

from studio import cli
from studio.library import Library


def noise(path: Path, size: tuple[int, int] = (64, 64)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = numpy.random.default_rng(len(path.name)).integers(0, 256, (*size[::-1], 3), dtype=numpy.uint8)
    Image.fromarray(pixels).save(path)
    return path


def made(capsys: pytest.CaptureFixture[str]) -> list[Path]:
    return [Path(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def common(sd_folder: Path, tmp_path: Path) -> list[str]:
    return ["--model", str(sd_folder), "--out", str(tmp_path / "out"), "--steps", "1", "--seed", "3"]


def test_a_grid_makes_each_cell_and_a_sheet(common: list[str], tmp_path: Path, capsys) -> None:
    assert cli.main(["generate", "a red house", "--x", "sampler: euler, heun", "--y", "seed: 1-2", *common]) == 0
    *cells, sheet = made(capsys)
    library = Library(tmp_path / "out")
    said = [library.request(path).sampling for path in cells]
    assert [(each.sampler, each.seed) for each in said] == [("euler", 1), ("heun", 1), ("euler", 2), ("heun", 2)]
    assert sheet.parent == tmp_path / "out" / "grids"
    pixels = numpy.asarray(Image.open(sheet))
    for path in cells:  # each is in the sheet, pixel for pixel
        cell = numpy.asarray(Image.open(path))
        spots = numpy.argwhere((pixels == cell[0, 0]).all(axis=2))
        assert any((pixels[y : y + 64, x : x + 64] == cell).all() for y, x in spots if y + 64 <= len(pixels))


def test_a_file_of_prompts(common: list[str], tmp_path: Path, capsys) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("\ufeffa red house\n\n# not this one\n  a blue boat  \n", encoding="utf-8")
    assert cli.main(["generate", "--prompts", str(file), *common]) == 0
    library = Library(tmp_path / "out")
    assert [library.request(path).prompt for path in made(capsys)] == ["a red house", "a blue boat"]


def test_a_folder_of_pictures_with_masks(common: list[str], tmp_path: Path, capsys) -> None:
    for name in ("b.png", "a.jpg"):
        noise(tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("none of it")
    for name, box in (("a", (0, 0, 32, 64)), ("b", (32, 0, 64, 64))):
        mask = Image.new("L", (64, 64))
        mask.paste(255, box)
        (tmp_path / "masks").mkdir(exist_ok=True)
        mask.save(tmp_path / "masks" / f"{name}.png")
    words = ["inpaint", str(tmp_path / "in"), "a tree", "--mask", str(tmp_path / "masks"), "--feather", "0"]
    assert cli.main([*words, *common]) == 0
    first, second = (numpy.asarray(Image.open(path)) for path in made(capsys))
    a, b = (numpy.asarray(Image.open(tmp_path / "in" / name)) for name in ("a.jpg", "b.png"))
    assert (first[:, 32:] == a[:, 32:]).all() and (first[:, :32] != a[:, :32]).any()
    assert (second[:, :32] == b[:, :32]).all() and (second[:, 32:] != b[:, 32:]).any()


def test_one_broken_picture_does_not_keep_the_others_back(common: list[str], tmp_path: Path, capsys) -> None:
    for name in ("1.png", "3.png"):
        noise(tmp_path / "in" / name)
    (tmp_path / "in" / "2.png").write_bytes(b"no picture")
    assert cli.main(["image-to-image", str(tmp_path / "in"), "a tree", *common]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2 and "2.png" in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["generate"], "generate needs PROMPT as well, or a file"),
        (["generate", "a", "--prompts", "b.txt"], "leave one of them out"),
        (["generate", "--prompts", "nowhere.txt"], "There is no file nowhere.txt"),
        (["generate", "a", "--x", "cake: 1"], "A grid cannot vary 'cake'"),
        (["generate", "a", "--x", "steps: 1, 2", "--count", "2"], "one picture a cell"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], sentence: str, common: list[str], capsys) -> None:
    assert cli.main([*words, *common]) == 2
    assert sentence in capsys.readouterr().err


def test_a_folder_without_pictures_and_a_picture_without_its_mask(common: list[str], tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.main(["image-to-image", str(tmp_path / "empty"), "a", *common]) == 2
    assert "has no PNG, JPEG or WebP" in capsys.readouterr().err
    noise(tmp_path / "in" / "x.png")
    noise(tmp_path / "masks" / "y.png")
    assert cli.main(["inpaint", str(tmp_path / "in"), "a", "--mask", str(tmp_path / "masks"), *common]) == 2
    assert "no mask for x.png" in capsys.readouterr().err

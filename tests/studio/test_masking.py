"""The masks of the command line, from the words that are typed to what is kept in the file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.depth import samples
from studio import arguments, cli
from studio.library import Library, open_picture
from studio.masking import masked
from tests.studio.library.test_deep import deep_file, noise

SIZE = (40, 32)


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """``photo.png`` in the present folder, half transparent in its left half, magenta at the bottom; its samples."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 200, (32, 40, 4), dtype=np.uint8)
    pixels[..., 3] = np.where(np.arange(40) < 20, 51, 255)
    pixels[28:, :, :3] = (250, 4, 250)
    Image.fromarray(pixels).save("photo.png")
    return pixels


def mask_of(*words: str) -> tuple[np.ndarray, str]:
    """The mask that the words ask for, and the mode of the picture that is then repainted."""
    picture, mask = masked(arguments.inpaint().parse_args(["photo.png", "x", *words]), open_picture("photo.png"))
    return np.asarray(mask).astype(int), picture.mode


def test_a_mask_comes_from_the_picture_itself(photo: np.ndarray) -> None:
    mask, mode = mask_of("--mask-alpha")
    np.testing.assert_array_equal(mask, np.where(np.arange(40) < 20, 204, 0) + 0 * mask)
    assert mode == "RGB"  # what is painted where it was clear can be seen
    mask, mode = mask_of("--mask-colour", "#ff00ff")
    assert mode == "RGBA" and (mask[28:] == 255).all() and not mask[:28].any()
    assert not mask_of("--mask-colour", "magenta", "--tolerance", "4")[0].any()
    np.testing.assert_array_equal(mask_of("--mask-colour", "#ff00ff", "--invert")[0], 255 - mask)


def test_a_mask_is_drawn_by_numbers(photo: np.ndarray) -> None:
    expected = np.zeros((32, 40), int)
    expected[8:18, 4:24] = 255
    np.testing.assert_array_equal(mask_of("--mask-box", "4,8,20,10")[0], expected)
    np.testing.assert_array_equal(mask_of("--mask-box", "10%, 25%, 50%, 10")[0], expected)
    corners = [[0.1, 0.25], [0.6, 18 / 32]]
    Path("strokes.json").write_text(json.dumps({"marks": [{"kind": "rectangle", "points": corners}]}))
    np.testing.assert_array_equal(mask_of("--mask-strokes", "strokes.json")[0], expected)
    Image.fromarray(expected.astype(np.uint8)).convert("1").save("mask.png")
    np.testing.assert_array_equal(mask_of("--mask", "mask.png")[0], expected)
    beyond = mask_of("--mask-box=-10,-10,20,20")[0]
    assert beyond[:10, :10].all() and beyond.sum() == 255 * 100


def test_sixteen_bits_go_through_the_command_line(
    sd_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file holds them with its proof, and is made again bit for bit from its recipe."""
    monkeypatch.chdir(tmp_path)
    values = noise(3, SIZE)
    Path("deep.png").write_bytes(deep_file(values))
    words = ["inpaint", "deep.png", "a tree", "--mask-box", "8,8,8,8", "--invert", "--feather", "2", "--seed", "3"]
    words += ["--area", "masked", "--padding", "4", "--steps", "1", "--model", str(sd_folder), "--out", "out"]
    assert cli.main(words) == 0
    path = Path(capsys.readouterr().out.strip())
    after = samples(open_picture(path))
    assert after.dtype == np.uint16
    np.testing.assert_array_equal(after[10:14, 10:14], values[10:14, 10:14])
    assert (after[:8] != values[:8]).mean() > 0.9
    proof = Library(Path("out")).recipe(path)["proof"]
    kept = np.zeros_like(values)
    kept[10:14, 10:14] = values[10:14, 10:14]
    assert proof["before"] == proof["after"] == hashlib.sha256(kept.tobytes()).hexdigest()
    assert proof["locked"] == pytest.approx(16 / 1280) and proof["repainted"] == pytest.approx(1 - 64 / 1280)
    request = Library(Path("out")).request(path)
    assert (request.area, request.padding) == ("masked", 4)  # type: ignore[attr-defined]
    assert cli.main(["again", str(path), "--out", "other"]) == 0
    copy = open_picture(capsys.readouterr().out.strip())
    np.testing.assert_array_equal(samples(copy), after)


def test_transparency_that_was_the_mask_is_filled(
    sd_folder: Path, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["inpaint", "photo.png", "a tree", "--mask-alpha", "--feather", "0", "--seed", "3", "--steps", "1"]
    assert cli.main([*words, "--model", str(sd_folder), "--out", "out"]) == 0
    made = Image.open(capsys.readouterr().out.strip())
    assert made.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(made)[:, 20:], photo[:, 20:, :3])
    assert (np.asarray(made)[:, :20] != photo[:, :20, :3]).any(-1).mean() > 0.9

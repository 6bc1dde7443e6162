"""From words on the command line to requests, and to pictures where that is quick."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from pipelines.errors import InvalidRequest
from pipelines.parts import Hires, Margins, Sampling, Variation
from studio import arguments, asking, cli
from studio.library import Library
from studio.models import Models


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.frombytes("RGB", (80, 64), os.urandom(80 * 64 * 3)).save(path)
    return path


@pytest.fixture
def ask(sd_folder: Path, picture: Path):
    """``ask(command, *words)``: the request that these words make; PICTURE stands for a file of 80x64 pixels."""

    def request(command: str, *words: str):
        said = [str(picture) if word == "PICTURE" else word for word in words]
        options = arguments.COMMANDS[command]().parse_args([*said, "--model", str(sd_folder)])
        return ASK[command](options, Models().card(options.model))

    return request


ASK = {
    "generate": asking.text_to_image,
    "image-to-image": asking.image_to_image,
    "inpaint": asking.inpaint,
    "outpaint": asking.outpaint,
}


def test_a_second_walk_is_asked_for_by_its_options(ask) -> None:
    words = [
        "--hires-scale",
        "2",
        "--hires-steps",
        "9",
        "--hires-prompt",
        "a (red:1.2) boat",
        "--hires-sampler",
        "euler",
    ]
    request = ask("generate", "a boat", *words, "--hires-upscale", "latents", "--hires-strength", "0.3")
    assert request.hires == Hires(
        scale=2.0, steps=9, prompt="a (red:1.2) boat", sampler="euler", upscale="latents", strength=0.3
    )
    assert ask("generate", "a boat").hires == Hires()


def test_guidance_may_pass_through_scales(ask) -> None:
    assert ask("generate", "a boat", "--guidance-scales", "3, 8,1").guiding.scales == (3.0, 8.0, 1.0)
    with pytest.raises(InvalidRequest, match="--guidance-scales must be a number, but is 'high'"):
        ask("generate", "a boat", "--guidance-scales", "3,high")


def test_image_to_image_has_its_settings(ask) -> None:
    words = ["--strength", "0.4", "--full-steps", "--width", "96", "--height", "72", "--resize", "crop", "--loops", "3"]
    request = ask("image-to-image", "PICTURE", "a boat", *words, "--steps", "7")
    assert (request.strength, request.full_steps, request.width, request.height) == (0.4, True, 96, 72)
    assert (request.resize, request.loops, request.sampling.steps, request.image.size) == ("crop", 3, 7, (80, 64))
    usual = ask("image-to-image", "PICTURE", "a boat")
    assert (usual.strength, usual.full_steps, usual.width, usual.resize) == (0.6, False, 0, "stretch")


@pytest.mark.parametrize(
    ("words", "margins"),
    [
        (["--left", "25%", "--bottom", "8"], Margins(left=20, bottom=8)),
        (["--to", "100x64"], Margins(left=10, right=10)),
        (["--to", "100x84", "--anchor", "top left"], Margins(right=20, bottom=20)),
        (["--aspect", "2:1"], Margins(left=24, right=24)),
        (["--aspect", "1:1", "--anchor", "bottom"], Margins(top=16)),
        (["--zoom", "1.5"], Margins(left=20, right=20, top=16, bottom=16)),
        ([], Margins()),
    ],
)
def test_how_far_a_canvas_grows_can_be_said_in_many_ways(ask, words: list[str], margins: Margins) -> None:
    assert ask("outpaint", "PICTURE", "the sea", *words).margins == margins


def test_outpaint_has_its_settings(ask) -> None:
    words = ["--left", "64", "--anchored", "--origin=-64,8", "--rolls", "0", "--fill", "edge", "--strength", "0.9"]
    request = ask("outpaint", "PICTURE", "the sea", *words, "--blend", "none")
    assert (request.anchored, request.origin, request.rolls) == (True, (-64, 8), 0)
    assert (request.fill, request.strength, request.blend) == ("edge", 0.9, "none")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--zoom", "2", "--left", "8"], "The new canvas is given twice, by --zoom and --left: leave all but one"),
        (["--to", "99x99", "--aspect", "1:1"], "given twice, by --to and --aspect"),
        (["--anchor", "top"], "--anchor places the picture on a canvas: give --to, --aspect or --zoom as well"),
        (["--to", "large"], "--to must be a width and a height such as 1024x768, but is 'large'"),
        (["--aspect", "wide"], "--aspect must be a width to a height such as 16:9, but is 'wide'"),
        (["--origin", "here"], "--origin must be two whole numbers such as -128,0, but is 'here'"),
        (["--to", "70x64"], "A canvas can only grow: the picture is 80x64, so 70x64 is too small"),
        (["--fill", "patches"], r"Unknown fill 'patches' \(did you mean patch\?\)"),
    ],
)
def test_a_canvas_that_cannot_be_is_refused_in_a_sentence(ask, words: list[str], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        ask("outpaint", "PICTURE", "the sea", *words)


def test_settings_of_one_task_are_no_options_of_another(ask) -> None:
    with pytest.raises(InvalidRequest, match="has no option '--hires-scale'"):
        ask("outpaint", "PICTURE", "the sea", "--hires-scale", "2")


def test_a_variation_is_near_its_picture(sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--out", str(tmp_path / "out"), "--model", str(sd_folder)]
    assert cli.main(["generate", "a boat", "--seed", "5", "--steps", "2", *common]) == 0
    first = Path(capsys.readouterr().out.strip())
    made = {}
    for how, seed in (("subtle", "1"), ("strong", "1"), ("0.15", "1"), ("1", "1")):
        assert cli.main(["vary", str(first), "--how", how, "--seed", seed, *common]) == 0
        made[how] = Path(capsys.readouterr().out.strip())
    library = Library(tmp_path / "out")
    request = library.request(made["subtle"])
    assert request.variation == Variation(seed=1, strength=0.15)
    assert request.sampling == Sampling(**{**vars(library.request(first).sampling)})
    pixels = {how: Image.open(path).tobytes() for how, path in made.items()}
    assert pixels["subtle"] == pixels["0.15"] != pixels["strong"] != pixels["1"]


def test_image_to_image_and_outpainting_from_the_command_line(
    sd_folder: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--steps", "2", "--out", str(tmp_path / "out"), "--model", str(sd_folder)]
    assert cli.main(["image-to-image", str(picture), "a boat", "--width", "96", "--height", "64", *common]) == 0
    assert Image.open(capsys.readouterr().out.strip()).size == (96, 64)
    assert cli.main(["outpaint", str(picture), "a boat", "--to", "160x64", "--overlap", "4", *common]) == 0
    made = Image.open(capsys.readouterr().out.strip())
    assert made.size == (160, 64)
    inner = (44, 0, 116, 64)  # 40 pixels on either side, and 4 that may be blended
    assert made.crop(inner).tobytes() == Image.open(picture).crop((4, 0, 76, 64)).tobytes()


def test_a_plan_is_shown_and_nothing_is_made(
    sd_folder: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--out", str(tmp_path / "out"), "--model", str(sd_folder)]
    assert cli.main(["outpaint", str(picture), "a boat", "--left", "40", "--bottom", "60", "--plan", *common]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == [
        "1. bottom 32 → 80x96, seen in one piece of 80x64",
        "2. bottom 28 → 80x124, seen in one piece of 80x64",
        "3. left 24 → 104x124, seen in one piece of 64x124",
        "4. left 16 → 120x124, seen in one piece of 64x124",
    ]
    assert said[4].startswith("about ") and said[4].endswith(" s")
    assert not (tmp_path / "out").exists()
    assert cli.main(["outpaint", str(picture), "a boat", "--plan", *common]) == 2
    assert "All margins are 0" in capsys.readouterr().err

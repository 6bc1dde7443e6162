"""Grids of variants: values as A1111's users write them, every combination once, and the pixels of the sheets."""

from __future__ import annotations

from itertools import product

import numpy
import pytest
from PIL import Image

from pipelines.errors import InvalidRequest
from pipelines.requests import Guiding, ImageToImage, Sampling, Size, TextToImage
from studio.grids import SETTINGS, Axis, spread
from studio.grids.saving import save
from studio.grids.sheet import LONGEST, sheets

RED = TextToImage(prompt="a red house, red roof", size=Size(width=64, height=64))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("steps: 8, 12,20", [8, 12, 20]),
        ("steps: 1-5", [1, 2, 3, 4, 5]),
        ("steps: 5-1", [5, 4, 3, 2, 1]),
        ("steps: 1-10 (+3)", [1, 4, 7, 10]),
        ("steps: 10-1 (-3)", [10, 7, 4, 1]),
        ("Steps: 4-20 [5], 50", [4, 8, 12, 16, 20, 50]),
        ("guidance: 0-1 [5]", [0, 0.25, 0.5, 0.75, 1]),
        ("guidance: 0.1-0.4 (+0.1)", [0.1, 0.2, 0.3, 0.4]),
        ("strength: -1-1", [-1, 0, 1]),
        ("guidance rescale: 0.5", [0.5]),
        ("sampler: Euler a, dpmpp_2m", ["euler_a", "dpmpp_2m"]),
        ("size: 256x256, 512x256", [(256, 256), (512, 256)]),
        ('prompt: red, "deep, dark blue"', ["red", "deep, dark blue"]),
        ("full-steps: on, off", [True, False]),
    ],
)
def test_values_are_read_as_they_are_written(text: str, values: list[object]) -> None:
    assert list(Axis.read(text).values) == values


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps", "a setting, a colon and values"),
        ("shteps: 1", "did you mean steps"),
        ("steps:", "no values"),
        ("steps: few", "must be a whole number, but is 'few'"),
        ("guidance: 0.1-1", "needs a step"),
        ("steps: 1-5 (-1)", "never ends"),
        ("steps: 1-5 (+0)", "never ends"),
        ("steps: 1-1000000000", "100 are the most"),
        ("steps: 1-1000000000 [9999]", "100 are the most"),
        ("sampler: cake", "Unknown sampler 'cake'"),
        ("full-steps: perhaps", "Unknown switch"),
    ],
)
def test_what_is_no_axis_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence.replace("(", r"\(")):
        Axis.read(text)


def test_every_combination_comes_once_across_then_down_then_sheet_after_sheet() -> None:
    grid = spread(RED, [Axis.read("steps: 1-3"), Axis.read("guidance: 2, 4"), Axis.read("prompt: red, blue")])
    said = [(each.prompt, each.sampling.guidance, each.sampling.steps) for each in grid.requests]
    prompts = ("a red house, red roof", "a blue house, blue roof")
    assert said == list(product(prompts, (2.0, 4.0), (1, 2, 3)))
    assert grid.shape == (3, 2, 2)


def test_parts_of_a_request_are_varied_and_the_rest_stays() -> None:
    request = TextToImage(prompt="a", guiding=Guiding(stop=0.5), sampling=Sampling(seed=7))
    grid = spread(request, [Axis.read("guidance_rescale: 0, 1"), Axis.read("size: 64x128, 128x64")])
    assert [(r.guiding.rescale, r.guiding.stop, r.size.width, r.sampling.seed) for r in grid.requests] == [
        (0, 0.5, 64, 7),
        (1, 0.5, 64, 7),
        (0, 0.5, 128, 7),
        (1, 0.5, 128, 7),
    ]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_each_setting_is_one_of_some_request(name: str) -> None:
    from pipelines.requests import Inpaint, Outpaint

    kinds = (TextToImage, ImageToImage, Inpaint, Outpaint)
    assert any(SETTINGS[name].of in kind.__dataclass_fields__ for kind in kinds)


def test_a_grid_that_cannot_be_made_is_refused() -> None:
    steps, words = Axis.read("steps: 1-21"), Axis.read("guidance: 1-20")
    for axes, sentence in (
        ([steps, words], "420 cells"),
        ([Axis.read("steps: 1"), Axis.read("steps: 2")], "steps twice"),
        ([Axis.read("feather: 1")], "text_to_image has no setting feather"),
        ([Axis.read("prompt: green, blue")], "'green' is not in the prompt text"),
        ([], "one to 3 axes"),
    ):
        with pytest.raises(InvalidRequest, match=sentence):
            spread(RED, axes)
    with pytest.raises(InvalidRequest, match="one picture a cell"):
        spread(TextToImage(count=2), [Axis.read("steps: 1, 2")])
    with pytest.raises(InvalidRequest, match="steps"):
        spread(RED, [Axis.read("steps: 0, 1")])  # what no request may be, no cell may be


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, colour)


def test_a_sheet_shows_every_picture_whole_in_its_place() -> None:
    grid = spread(RED, [Axis.read("steps: 1-3"), Axis.read("guidance: 2, 4")])
    colours = [(250, 10 * number, 5) for number in range(6)]
    (sheet,) = sheets(grid.labels, [plain(colour) for colour in colours])
    pixels = numpy.asarray(sheet)
    corners = []
    for colour in colours:
        rows, columns = numpy.nonzero((pixels == colour).all(axis=2))
        assert len(rows) == 64 * 48  # every pixel of it, and none of another's
        corners.append((rows.min(), columns.min()))
    assert corners == sorted(corners) and len({row for row, _ in corners}) == 2
    labelled = pixels[: corners[0][0]]
    assert (labelled < 128).any()  # something is written above


def test_a_cell_that_was_not_made_stays_blank_and_sheets_follow_the_third_axis() -> None:
    grid = spread(RED, [Axis.read("steps: 1, 2"), Axis.read("guidance: 2"), Axis.read("seed: 1, 2")])
    first, second = sheets(grid.labels, [plain((255, 0, 0)), None, None, plain((0, 255, 0))])
    assert [sum((numpy.asarray(sheet) == colour).all(axis=2).sum() for colour in [(255, 0, 0), (0, 255, 0)]) for sheet
            in (first, second)] == [64 * 48, 64 * 48]  # fmt: skip


def test_a_sheet_of_large_pictures_is_made_smaller() -> None:
    grid = spread(RED, [Axis.read("steps: 1-10")])
    (sheet,) = sheets(grid.labels, [plain((9, 9, 9), (2048, 128))] * 10)
    assert max(sheet.size) <= LONGEST


def test_sheets_are_files_that_say_that_a_model_made_them(tmp_path) -> None:
    grid = spread(RED, [Axis.read("steps: 1, 2")])
    (path,) = save(grid, [plain((1, 2, 3)), plain((3, 2, 1))], tmp_path)
    with Image.open(path) as picture:
        assert "trainedAlgorithmicMedia" in picture.info["XML:com.adobe.xmp"]
    assert path.parent.name == "grids"

"""A grid as it is typed, its sheet, and an outpainting's rounds, through their doors."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from pipelines.requests import Sampling, Size, TextToImage
from studio.services import Studio
from tests.studio.api.test_doors import client, end, submit
from tests.studio.fakes import make_worker

__all__ = ["client"]

SMALL = Size(width=64, height=72)


def submit_grid(studio: Studio, labels: Sequence[Sequence[str]], seeds: Sequence[int]) -> str:
    """A picture of another colour for each seed."""
    requests = [TextToImage(size=SMALL, sampling=Sampling(steps=2, seed=seed)) for seed in seeds]
    return studio.jobs.submit(requests, studio.model, labels)


def sheet(client: TestClient, job: str, number: int = 1) -> numpy.ndarray:
    answer = client.get(f"/api/jobs/{job}/sheet?number={number}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png" and "attachment" in answer.headers["content-disposition"]
    return numpy.asarray(Image.open(io.BytesIO(answer.content)))


def colour(studio: Studio, picture: dict[str, str]) -> tuple[int, ...]:
    """The one colour of a picture, from its file."""
    path = studio.library.path_of(picture["id"])
    assert path is not None
    with Image.open(path) as opened:
        ((_, found),) = opened.convert("RGB").getcolors()
    return tuple(found)


def places(pixels: numpy.ndarray, colour: tuple[int, ...]) -> tuple[int, int, int]:
    """How many pixels have a colour, and the first row and column where it is."""
    rows, columns = numpy.nonzero((pixels == colour).all(axis=2))
    return (len(rows), int(rows.min()), int(columns.min())) if len(rows) else (0, 0, 0)


def test_a_sheet_shows_each_picture_of_the_library_whole_in_its_cell(studio: Studio, client: TestClient) -> None:
    job = submit_grid(studio, [["Seed 1", "Seed 60"], ["up", "down"]], [1, 60, 120, 180])
    view = end(client, job)
    assert view["grid"] == [["Seed 1", "Seed 60"], ["up", "down"]]
    found = [places(sheet(client, job), colour(studio, each)) for each in view["pictures"]]
    assert [count for count, *_ in found] == [64 * 72] * 4
    (_, top, left), (_, top2, right), (_, low, left2), (_, low2, right2) = found
    assert top == top2 < low == low2 and left == left2 < right == right2


def test_a_third_axis_has_a_sheet_each_and_what_is_gone_stays_blank(studio: Studio, client: TestClient) -> None:
    job = submit_grid(studio, [["a"], ["b"], ["one", "two"]], [1, 120])
    first, second = end(client, job)["pictures"]
    colours = colour(studio, first), colour(studio, second)
    studio.library.trash(first["id"])
    assert places(sheet(client, job, 1), colours[0])[0] == 0
    assert places(sheet(client, job, 2), colours[1])[0] == 64 * 72


def test_the_labels_are_there_after_a_restart(studio: Studio, client: TestClient) -> None:
    job = submit_grid(studio, [["a", "b"]], [1, 2])
    end(client, job)
    studio.__exit__(None, None, None)
    with Studio(studio.settings, make_worker()) as again:
        view = again.jobs.view(job)
        assert view is not None and view["grid"] == [["a", "b"]] and len(view["pictures"]) == 2


def test_what_has_no_sheet_is_refused(studio: Studio, client: TestClient) -> None:
    plain, grid = submit(studio), submit_grid(studio, [["a", "b"]], [1, 2])
    end(client, plain)
    end(client, grid)
    studio.jobs.pause()
    waiting = submit_grid(studio, [["a", "b"]], [1, 2])
    for door, status, sentence in (
        (f"{plain}/sheet", 404, "no grid"),
        (f"{waiting}/sheet", 409, "not finished"),
        (f"{grid}/sheet?number=2", 404, "has 1 sheets"),
        (f"{grid}/sheet?number=0", 422, "number"),
        ("nothing/sheet", 404, "no such job"),
    ):
        answer = client.get(f"/api/jobs/{door}")
        assert answer.status_code == status and sentence in answer.json()["message"]


@pytest.mark.parametrize(
    ("size", "rounds"),
    [
        ("width=64&height=64&right=16", [({"right": 16}, 80, 64, 1)]),  # 5,120 pixels: less than 2.25 times 64²
        (
            "width=64&height=64&left=40&right=64",  # strips of at most 32, in turns
            [
                ({"left": 24}, 88, 64, 1),
                ({"right": 32}, 120, 64, 1),
                ({"left": 16}, 136, 64, 1),
                ({"right": 32}, 168, 64, 1),
            ],
        ),
        ("width=64&height=64", []),
    ],
)
def test_the_rounds_of_an_outpainting(client: TestClient, size: str, rounds: list[tuple[object, ...]]) -> None:
    """The model is of 64 pixels, so it paints 32 at a time beyond what it can see at once."""
    answer = client.get(f"/api/rounds?{size}")
    assert [(each["added"], each["width"], each["height"], each["windows"]) for each in answer.json()] == rounds


@pytest.mark.parametrize(
    "size", ["width=0&height=64", "width=64", "width=64&height=64&left=-1", "width=9&height=99999"]
)
def test_what_cannot_be_extended_is_refused(client: TestClient, size: str) -> None:
    answer = client.get(f"/api/rounds?{size}")
    assert answer.status_code in (400, 422) and answer.json()["message"].endswith(".")


def test_what_is_typed_for_a_grid_is_told_back(client: TestClient) -> None:
    axes = [["Across", "steps", "1-2"], ["Down", "", ""], ["Sheet", "", ""]]
    line = client.post("/api/wish", json={"axes": axes, "prompts": ""})
    assert line.json() == {"text": "A grid of 2: Steps 1, Steps 2", "problem": False}
    for wrong in (
        {"axes": axes * 2, "prompts": ""},
        {"axes": [["Across"]], "prompts": ""},
        {"axes": axes, "prompts": 1},
    ):
        answer = client.post("/api/wish", json=wrong)
        assert answer.status_code == 422 and "not understood" in answer.json()["message"]

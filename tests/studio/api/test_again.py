"""A picture's own settings once more, with the fake engine behind the doors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from pipelines.requests import MAX_SEED, Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage, Variation
from studio.library import Recipe
from studio.remaking import next_seeds
from studio.services import Studio
from tests.studio.api.test_doors import client, end

__all__ = ["client"]

SMALL = {"size": Size(width=64, height=72), "sampling": Sampling(steps=2, seed=40)}


def make(studio: Studio, client: TestClient, request: Request) -> list[str]:
    """The ids of the pictures that come of a request."""
    view = end(client, studio.jobs.submit([request], studio.model))
    assert view["state"] == "done"
    return [each["id"] for each in view["pictures"]]


def ask(studio: Studio, client: TestClient, door: str) -> list[Any]:
    """The requests in the files that a door brings about."""
    answer = client.post(f"/api/pictures/{door}")
    assert answer.status_code == 200, answer.text
    return [request_of(studio, each["id"]) for each in end(client, answer.json()["job"])["pictures"]]


def request_of(studio: Studio, id: str) -> Any:
    path = studio.library.path_of(id)
    assert path is not None
    return studio.library.request(path)


def test_again_takes_the_seeds_that_come_next_and_nothing_else_changes(studio: Studio, client: TestClient) -> None:
    first = make(studio, client, TextToImage(prompt="a boat", count=3, **SMALL))  # seeds 40, 41, 42
    made = ask(studio, client, f"{first[0]}/again?count=2")
    assert [each.sampling.seed for each in made] == [43, 44]
    assert {each.prompt for each in made} == {"a boat"}
    assert {(each.size.width, each.size.height, each.sampling.steps) for each in made} == {(64, 72, 2)}
    assert [each.sampling.seed for each in ask(studio, client, f"{first[1]}/again")] == [45]


def test_again_twice_at_once_makes_different_pictures(studio: Studio, client: TestClient) -> None:
    [first] = make(studio, client, TextToImage(prompt="a boat", **SMALL))
    studio.jobs.pause()
    jobs = [client.post(f"/api/pictures/{first}/again?count=2").json()["job"] for _ in range(2)]
    studio.jobs.resume()
    seeds = [each["seed"] for job in jobs for each in end(client, job)["pictures"]]
    assert seeds == [41, 42, 43, 44]


@pytest.mark.parametrize(
    ("seed", "count", "taken", "expected"),
    [
        (5, 1, (), 6),
        (5, 2, (6, 8), 9),
        (5, 3, (6, 10, 20), 7),
        (MAX_SEED, 1, (), 0),
        (MAX_SEED - 1, 2, (), MAX_SEED),
        (MAX_SEED, 2, (0,), 1),
    ],
)
def test_the_next_free_seeds(seed: int, count: int, taken: tuple[int, ...], expected: int) -> None:
    request = TextToImage(sampling=Sampling(seed=seed))
    assert next_seeds(request, count, taken).sampling.seed == expected


def test_variations_keep_the_seed_and_turn_its_noise(studio: Studio, client: TestClient) -> None:
    [first] = make(studio, client, TextToImage(prompt="a boat", **SMALL))
    seen = {}
    for how, strength in (("subtle", 0.15), ("strong", 0.4)):
        made = ask(studio, client, f"{first}/vary?how={how}&count=2")
        assert [each.sampling.seed for each in made] == [40, 40]
        assert [each.variation.strength for each in made] == [strength] * 2
        assert made[1].variation.seed == (made[0].variation.seed + 1) % (MAX_SEED + 1)
        seen[how] = made[0].variation.seed
    assert seen["subtle"] != seen["strong"]  # both are drawn


def test_again_of_a_variation_is_another_variation(studio: Studio, client: TestClient) -> None:
    variation = Variation(seed=3, strength=0.4)
    [first] = make(studio, client, TextToImage(prompt="a boat", variation=variation, **SMALL))
    [made] = ask(studio, client, f"{first}/again")
    assert (made.sampling.seed, made.variation.strength) == (40, 0.4)
    assert made.variation.seed != 3


def test_a_picture_from_a_prompt_is_enlarged_by_a_second_walk(studio: Studio, client: TestClient) -> None:
    [first] = make(studio, client, TextToImage(prompt="a boat", **SMALL))
    [made] = ask(studio, client, f"{first}/enlarge")
    assert (made.task, made.size, made.hires.scale, made.sampling.seed) == ("text_to_image", SMALL["size"], 2, 40)


def test_any_other_picture_is_enlarged_as_it_came_out(studio: Studio, client: TestClient) -> None:
    image, mask = Image.new("RGB", (72, 64), "navy"), Image.new("L", (72, 64), 255)
    request = Inpaint(prompt="a boat", negative="rain", image=image, mask=mask, sampling=SMALL["sampling"])
    [first] = make(studio, client, request)
    [made] = ask(studio, client, f"{first}/enlarge")
    assert (made.task, made.width, made.height) == ("image_to_image", 144, 128)
    assert (made.prompt, made.negative, made.sampling) == ("a boat", "rain", request.sampling)
    path = studio.library.path_of(first)
    assert path is not None
    with Image.open(path) as before:
        assert made.image.tobytes() == before.tobytes()


def test_what_cannot_be_made_again_is_refused_in_a_sentence(
    studio: Studio, client: TestClient, tmp_path: Path, model_folder: Path
) -> None:
    kept = studio.library.keep(Image.new("RGB", (64, 64)))
    wide = studio.library.save(
        Image.new("RGB", (2056, 64)), Recipe(request=TextToImage(), model=str(model_folder), title="Shape")
    )
    gone = studio.library.save(
        Image.new("RGB", (64, 64)), Recipe(request=TextToImage(), model=str(tmp_path / "gone"), title="Gone")
    )
    bare = studio.library.outputs / "2026-01-01_000000.000_seed-1_x_0123456789ab.png"
    Image.new("RGB", (64, 64)).save(bare)
    refusals = {
        f"{kept.id}/again": (400, "came from outside"),
        f"{wide.id}/enlarge": (400, "would be 4112x128"),
        f"{gone.id}/vary": (409, "model that made this picture is not there"),
        "0123456789ab/again": (400, "holds no recipe"),
        "ffffffffffff/again": (404, "does not have this picture"),
        f"{wide.id}/again?count=0": (422, "count"),
        f"{wide.id}/again?count=65": (422, "count"),
        f"{wide.id}/vary?how=wildly": (422, "how"),
    }
    for door, (status, words) in refusals.items():
        answer = client.post(f"/api/pictures/{door}")
        assert (answer.status_code, words in answer.json()["message"]) == (status, True), (door, answer.text)
        assert answer.json()["message"].endswith(".")
    assert studio.jobs.all()["jobs"] == []


def test_what_is_told_of_a_job_is_what_was_asked(studio: Studio, client: TestClient) -> None:
    image = Image.new("RGB", (72, 64), "navy")
    margins = Margins(left=8, bottom=16)
    request = Outpaint(prompt="the sea <b>", image=image, margins=margins, sampling=SMALL["sampling"])
    view = end(client, studio.jobs.submit([request], studio.model))
    assert view["margins"] == {"left": 8, "top": 0, "right": 0, "bottom": 16}
    assert (view["prompt"], view["seed"], view["width"]) == ("the sea <b>", 40, 0)
    answer = client.get(f"/api/pictures/{view['source']}")
    assert answer.status_code == 200

"""What a request is worded like: each picture by its own seed, once, from files as they are at that moment."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines.errors import InvalidRequest
from pipelines.requests import Inpaint, Request, Sampling, TextToImage, Variation
from studio.wording import numbered, settled, word
from studio.wordlists import Style, write_styles


def wish(prompt: str, count: int = 1, seed: int = 7, **more: Any) -> TextToImage:
    return TextToImage(prompt=prompt, count=count, sampling=Sampling(seed=seed), **more)


def alone(requests: tuple[Request, ...]) -> list[Request]:
    """Every picture of these requests by itself."""
    return [each.alone(index) for each in requests for index in range(each.count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lists = tmp_path / "wildcards"
    (lists / "deep").mkdir(parents=True)
    (lists / "thing.txt").write_text("a house\na tree\n__deep/sea__\n")
    (lists / "deep/sea.txt").write_text("a {calm|wild} sea\n")
    write_styles(
        tmp_path, [Style("old", "an old {photo|print} of {prompt}", "colour"), Style("loud", "very loud, __thing__")]
    )
    return tmp_path


@pytest.mark.parametrize("prompt", ["", "a (red:1.3) house", "[sun|moon] AND rain", "<lora:x:1> snake_case"])
def test_what_holds_no_choice_stays_one_request(tmp_path: Path, prompt: str) -> None:
    request = wish(prompt, count=5, negative="rain")
    assert word(request, tmp_path / "nowhere").requests == (request,)


@pytest.mark.parametrize("prompt", ["a {red|blue} house", "{1::__thing__|a hill} {by|at} night", "plain"])
def test_each_picture_is_worded_as_if_it_were_made_alone(folder: Path, prompt: str) -> None:
    request = wish(prompt, count=24, seed=2**32 - 5, negative="{rain|__thing__}")
    made = alone(word(request, folder, ["old", "loud"]).requests)
    by_itself = [word(request.alone(index), folder, ["old", "loud"]).requests for index in range(24)]
    assert made == [single for (single,) in by_itself]
    assert [each.sampling.seed for each in made] == [request.seed_of(index) for index in range(24)]
    assert len({each.prompt for each in made}) > 1 and len({each.negative for each in made}) > 1


def test_neighbours_that_are_worded_alike_share_a_run(folder: Path) -> None:
    requests = word(wish("a {red|blue} house", count=24), folder).requests
    assert 1 < len(requests) < 24
    words = [each.prompt for each in requests]
    assert all(one != other for one, other in pairwise(words))
    assert [first for _, first in numbered(requests)] == [
        sum(each.count for each in requests[:place]) for place in range(len(requests))
    ]


def test_variations_of_one_picture_have_its_words(folder: Path) -> None:
    request = wish("__thing__ {a|b|c}", count=9, variation=Variation(seed=3, strength=0.2))
    (only,) = word(request, folder).requests
    assert only == replace(request, prompt=only.prompt) and "{" not in only.prompt


def test_a_task_with_pictures_keeps_them(folder: Path) -> None:
    image, mask = Image.new("RGB", (16, 8), "teal"), Image.new("L", (16, 8), 255)
    request = Inpaint(prompt="{a|b}", count=6, image=image, mask=mask, strength=0.5)
    for each in alone(word(request, folder).requests):
        assert isinstance(each, Inpaint) and each.image is image and each.mask is mask and each.strength == 0.5


def test_styles_are_put_on_in_order_and_their_choices_made(folder: Path) -> None:
    (worn,) = word(wish("a boat", negative="rain"), folder, ["loud", "old"]).requests
    assert worn.prompt.startswith(("an old photo of a boat, very loud, a ", "an old print of a boat, very loud, a "))
    assert worn.negative == "rain, colour"
    (other,) = word(wish("a boat", negative="rain"), folder, ["old", "loud"]).requests
    assert other.prompt.split(" of ")[1].startswith("a boat, very loud, a ")


def test_what_is_settled_is_not_worded_again() -> None:
    request = wish("a {red|blue} (house", count=3)
    wording = settled([request])
    assert wording.requests == (request,)
    assert [hint[:24] for hint in wording.hints] == ["A ( has no partner and i"]


def test_files_are_read_anew_each_time(folder: Path) -> None:
    first = word(wish("__thing__"), folder).requests
    (folder / "wildcards/thing.txt").write_text("a boat\n")
    second = word(wish("__thing__"), folder).requests
    assert first[0].prompt != second[0].prompt == "a boat"
    write_styles(folder, [Style("new", "in oil")])
    assert word(wish("x"), folder, ["new"]).requests[0].prompt == "x, in oil"


def test_what_cannot_be_read_is_said_where_it_matters_and_only_there(folder: Path) -> None:
    (folder / "wildcards/broken.txt").write_bytes(b"\xff\xfe")
    assert word(wish("a house"), folder).hints == ()
    hints = word(wish("__thing__ __broken__"), folder).hints
    assert "broken.txt is left out, because it is not UTF-8" in hints[0]
    assert hints[1].startswith("There is no list broken") and len(hints) == 2


def test_a_misspelt_list_is_read_as_it_stands_and_said_once(folder: Path) -> None:
    wording = word(wish("__thign__ {a|b}", count=8, negative="__thign__"), folder)
    assert all(each.prompt.startswith("__thign__ ") for each in wording.requests)
    assert wording.hints == ("There is no list thign, so __thign__ is read as it stands: did you mean __thing__?",)


@pytest.mark.parametrize("prepare", ["nowhere", "empty"])
def test_no_lists_and_no_styles_are_no_error(tmp_path: Path, prepare: str) -> None:
    if prepare == "empty":
        (tmp_path / "nowhere/wildcards").mkdir(parents=True)
        (tmp_path / "nowhere/styles.csv").write_text("")
    assert word(wish("a house"), tmp_path / "nowhere").hints == ()
    assert word(wish("__x__"), tmp_path / "nowhere").requests[0].prompt == "__x__"
    with pytest.raises(InvalidRequest, match=r"^There is no style 'old': .*styles\.csv"):
        word(wish("x"), tmp_path / "nowhere", ["old"])


def test_an_unknown_style_is_refused_in_one_sentence(folder: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"^There is no style 'Old': did you mean 'old'\?$"):
        word(wish("x"), folder, ["loud", "Old"])
    with pytest.raises(InvalidRequest, match=r"^There is no style 'zzz': choose one of old, loud\.$"):
        word(wish("x"), folder, ["zzz"])
    (folder / "styles.csv").write_bytes(b"name,prompt\n\xff")
    with pytest.raises(InvalidRequest, match=r"^There is no style 'old': .*is not UTF-8 text \(line 2\)"):
        word(wish("x"), folder, ["old"])


def test_words_that_grow_too_long_are_refused(folder: Path) -> None:
    (folder / "wildcards/long.txt").write_text("word " * 1000)
    with pytest.raises(InvalidRequest, match="shorten it to 4,000"):
        word(wish("__long__"), folder)

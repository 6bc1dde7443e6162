"""The prompt language: what each form means, and that nothing a person types can break it."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InvalidRequest
from pipelines.events import Picture
from pipelines.families.emphasis import emphasize
from pipelines.prompt import Piece, Tag, parse, pieces, tags
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate


def said(source: str, step: int = 1, steps: int = 10) -> list[tuple[str, float]]:
    (part,) = parse(source).parts
    return [(piece.text, round(piece.weight, 6)) for piece in pieces(part, step, steps)]


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        ("a red house", [("a red house", 1)]),
        ("a (red) house", [("a ", 1), ("red", 1.1), (" house", 1)]),
        ("((red))", [("red", 1.21)]),
        ("[red]", [("red", round(1 / 1.1, 6))]),
        ("(red:1.3)", [("red", 1.3)]),
        ("(red: .5 )", [("red", 0.5)]),
        ("(a (red:2) house:0.5)", [("a ", 0.5), ("red", 1), (" house", 0.5)]),
        ("(one)(two)", [("onetwo", 1.1)]),
        ("([(x)])", [("x", 1.1)]),
        (r"\(red\) \[x\] \\", [(r"(red) [x] \ ".strip(), 1)]),
        ("at 12:30", [("at 12:30", 1)]),
        ("(at 12:30 h)", [("at 12:30 h", 1.1)]),
        ("[a:b:c]", [("a:b:c", round(1 / 1.1, 6))]),
        ("ANDY BREAKS a BANANA", [("ANDY BREAKS a BANANA", 1)]),
        ("", [("", 1)]),
    ],
)
def test_attention(source: str, meaning) -> None:
    assert said(source) == meaning
    assert not parse(source).hints


@pytest.mark.parametrize("source", ["(red", "red)", "[red", "red]", "(red]", "a ) b ( c"])
def test_brackets_without_a_partner_are_read_literally_and_hinted_at(source: str) -> None:
    assert said(source) == [(source, 1)]
    assert parse(source).hints
    assert all("no partner" in hint for hint in parse(source).hints)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("[a:b:0.4]", "aaaabbbbbb"),
        ("[a:b:3]", "aaabbbbbbb"),
        ("[a:0.5]", ".....aaaaa"),
        ("[a::0.5]", "aaaaa....."),
        ("[a|b]", "ababababab"),
        ("[a|b|]", "ab.ab.ab.a"),
        ("[[a|b]:c:6]", "abababcccc"),
        ("[a:b:0.0]", "bbbbbbbbbb"),
        ("[a:b:1.0]", "aaaaaaaaaa"),
    ],
)
def test_words_that_change_from_step_to_step(source: str, words: str) -> None:
    assert "".join(said(source, step)[0][0] or "." for step in range(1, 11)) == words


def test_sides_of_an_and_have_weights() -> None:
    parts = parse("a meadow :1.2 AND (the AND sea) AND a boat: -0.5").parts
    assert [part.weight for part in parts] == [1.2, 1.0, -0.5]
    assert ["".join(piece.text for piece in pieces(part, 1, 1)).strip() for part in parts] == [
        "a meadow",
        "the AND sea",
        "a boat",
    ]


def test_an_escaped_colon_is_no_weight() -> None:
    assert [part.weight for part in parse(r"at 12\:30 AND a boat").parts] == [1.0, 1.0]


def test_weights_stay_within_reason() -> None:
    assert said("(boat:70000)") == [("boat", 10.0)]
    assert said("((boat:9):9)") == [("boat", 10.0)]
    assert parse("a AND b :-1e3 AND c :-500").parts[-1].weight == -10
    assert "500 is read as -10" in parse("a AND c :-500").hints[0]


def test_break_starts_a_chunk() -> None:
    (part,) = parse("a BREAK (b)").parts
    assert pieces(part, 1, 1) == (Piece("a "), Piece(" ", 1.0, True), Piece("b", 1.1))


def test_tags_are_taken_out_and_kept() -> None:
    prompt = parse("a (hill <lora:my style:0.8>) <lora:other> <lora:bad:x>")
    assert tags(prompt) == (Tag("lora", "my style", 0.8), Tag("lora", "other", 1.0))
    assert "'x' is no number" in prompt.hints[0]
    assert said("a <lora:x:1> b") == [("a  b", 1)]


@given(st.text(alphabet="ab :0.4()[]|\\<>ANDBREK\n", max_size=60), st.integers(1, 9))
def test_nothing_breaks_it(source: str, step: int) -> None:
    for part in parse(source).parts:
        assert pieces(part, step, 9)


@given(st.text(max_size=80).filter(lambda text: not re.search("AND|BREAK", text)))
def test_escaped_text_is_said_as_it_stands(text: str) -> None:
    escaped = re.sub(r"([()\[\]<>|:\\])", r"\\\1", text)
    assert said(escaped) == [(text, 1)]
    assert not parse(escaped).hints


def test_a_flood_of_brackets_is_read_at_once() -> None:
    assert parse("(" * 2000 + "x" + ")" * 2000).hints
    assert parse("[a|" * 1300).hints


def test_emphasis_scales_tokens_and_keeps_the_mean() -> None:
    encoded = torch.randn(5, 8, generator=torch.Generator().manual_seed(0)) + 1
    assert emphasize(encoded, [1.0] * 5) is encoded
    scaled = emphasize(encoded, [1.0, 2.0, 1.0, 0.5, 1.0])
    assert float(scaled.mean()) == pytest.approx(float(encoded.mean()), rel=1e-5)
    ratio = (scaled / encoded).mean(1)
    torch.testing.assert_close(ratio / ratio[0], torch.tensor([1.0, 2.0, 1.0, 0.5, 1.0]))


def picture(models, prompt: str, negative: str = "", guidance: float = 3.0) -> bytes:
    sampling = Sampling(steps=4, guidance=guidance, seed=5)
    request = TextToImage(prompt=prompt, negative=negative, size=Size(width=64, height=64), sampling=sampling)
    (made,) = [event for event in generate(models().family, request) if isinstance(event, Picture)]
    return made.image.tobytes()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a (tree:1.0) hill", "a tree hill"),
        ("a [tree:boat:1.0] hill", "a tree hill"),
        ("a [tree:boat:0] hill", "a boat hill"),
        ("tree AND boat :0", "tree"),
        (r"a \(tree\)", r"a \(tree\)"),
    ],
)
def test_two_ways_to_say_the_same_make_the_same_picture(models, one: str, other: str) -> None:
    assert picture(models, one) == picture(models, other)


@pytest.mark.parametrize(
    "other",
    ["a (tree:1.5) hill", "a [tree:boat:0.5] hill", "a [tree|boat] hill", "a tree AND a hill", "a tree BREAK hill"],
)
def test_each_form_changes_the_picture(models, other: str) -> None:
    assert picture(models, other) != picture(models, "a tree hill")


def test_the_negative_prompt_speaks_the_same_language(models) -> None:
    assert picture(models, "hill", "(tree:1.5)") != picture(models, "hill", "tree")
    assert picture(models, "hill", "sea :0.2 AND boat :2") != picture(models, "hill", "sea AND boat")


def test_a_tag_that_cannot_be_honoured_is_refused(models) -> None:
    with pytest.raises(InvalidRequest, match="<lora:style> cannot be switched on"):
        picture(models, "a hill <lora:style:0.5>")

"""What is shown of a prompt is what the model is given: token by token, weight by weight, step by step."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipelines.expansion import hints as expansion_hints
from pipelines.prompt import joined, parse, pieces
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.sight import CutWord, Side, describe, look
from pipelines.tokenizer import read_words_tokenizer
from tests.tiny import make_folder, make_qwen_tokenizer, make_t5_tokenizer, make_tokenizer

LONG = "a red house on the hill, " * 15
PROMPTS = [
    "",
    "a red house",
    "a (red:1.3) [house] ((tree:0.5) boat:1.5)",
    "a red BREAK (blue:0.7) house BREAK",
    "BREAK a hill",
    "a red house :1.2 AND a [boat|tree] :-0.5",
    "a [red:blue:0.4] house",
    "[a|the] [boat::3] sea",
    "untaught words, größe 日本 1024 <|endoftext|>",
    LONG,
    f"({LONG}:1.3) BREAK [{LONG}:sea:0.5] AND boat",
]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return make_tokenizer()


def numbers(side: Side) -> list[list[tuple[int, float]]]:
    return [[(token.number, token.weight) for token in chunk.tokens] for chunk in side.chunks]


@pytest.mark.parametrize("source", PROMPTS)
def test_every_step_is_shown_once_with_its_sides(models: Any, source: str) -> None:
    family, prompt, steps = models().family, parse(source), 10
    seen = look(prompt, family.tokenizer, steps)
    at = {step: each for each in seen.stretches for step in range(each.first, each.last + 1)}
    assert list(at) == list(range(1, steps + 1))
    for step in range(1, steps + 1):
        for part, side in zip(prompt.parts, at[step].sides, strict=True):
            assert side.weight == part.weight
    neighbours = zip(seen.stretches, seen.stretches[1:], strict=False)
    assert all(one.sides != other.sides for one, other in neighbours)


@pytest.mark.parametrize("source", PROMPTS)
def test_it_is_what_a_run_gives_the_text_encoder(models: Any, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family, steps, negative = models().family, 4, "(sea:1.2) boat AND [hill|tree] :0.5"
    given: set[tuple[int, ...]] = set()
    encoder = family.text_encoder

    def spy(tokens: Any) -> Any:
        given.add(tuple(tokens[0].tolist()))
        return encoder(tokens)

    monkeypatch.setattr(family, "text_encoder", spy)
    request = TextToImage(
        prompt=source, negative=negative, size=Size(width=64, height=64), sampling=Sampling(steps=steps, guidance=3.0)
    )
    with closing(generate(family, request)) as events:
        next(events)
    shown = {
        tuple(number for number, _ in chunk)
        for prompt in (parse(source), joined(parse(negative)))
        for stretch in look(prompt, family.tokenizer, steps).stretches
        for side in stretch.sides
        for chunk in numbers(side)
    }
    start, end, pad = (getattr(family.tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad"))
    padded = {(start, *chunk, end, *[pad] * (75 - len(chunk))) for chunk in shown}
    assert padded <= given <= padded | {(start, end, *[pad] * 75)}  # shorter wordings are filled up with empty chunks


def test_joined_is_how_negative_prompts_are_read() -> None:
    (part,) = joined(parse("sea :0.2 AND (boat:2)")).parts
    said = [(piece.text.strip(), piece.weight) for piece in pieces(part, 1, 1)]
    assert [each for each in said if each[0]] == [("sea", 0.2), ("boat", 2.0)]
    assert joined(parse("a (")).hints == parse("a (").hints


@pytest.mark.parametrize(
    ("source", "ranges"),
    [
        ("a red house", [(1, 10)]),
        ("a [red:blue:0.4] house", [(1, 4), (5, 10)]),
        ("[a:5] [b:5]", [(1, 5), (6, 10)]),
        ("[a|b|b]", [(1, 1), (2, 3), (4, 4), (5, 6), (7, 7), (8, 9), (10, 10)]),
        ("[a|a] AND sea", [(1, 10)]),
        ("hill AND [sea:2]", [(1, 2), (3, 10)]),
    ],
)
def test_steps_that_say_the_same_go_together(tokenizer: Any, source: str, ranges: list[tuple[int, int]]) -> None:
    assert [(each.first, each.last) for each in look(parse(source), tokenizer, 10).stretches] == ranges


def test_places_are_counted(tokenizer: Any) -> None:
    (stretch,) = look(parse(LONG + " BREAK sea"), tokenizer, 3).stretches
    assert [(chunk.used, chunk.room) for chunk in stretch.sides[0].chunks] == [(75, 75), (30, 75), (1, 75)]
    (stretch,) = look(parse(""), tokenizer, 3).stretches
    assert [chunk.used for chunk in stretch.sides[0].chunks] == [0]


def test_words_in_pieces_are_told_once(tokenizer: Any) -> None:
    seen = look(parse("xylo (red:1.2) boat, xylo [ö|ö] 日"), tokenizer, 2)
    assert seen.cut[:2] == (CutWord("xylo", ("x", "y", "l", "o")), CutWord("ö", ("Ã", "¶")))
    assert seen.cut[2].word == "日"
    assert look(parse("a red boat on the hill, 12"), tokenizer, 2).cut == ()


def test_a_word_may_be_cut_by_the_end_of_a_chunk(tokenizer: Any) -> None:
    seen = look(parse("red " * 74 + "xy"), tokenizer, 1)
    assert [chunk.used for chunk in seen.stretches[0].sides[0].chunks] == [75, 1]
    assert seen.cut == (CutWord("xy", ("x", "y")),)


def test_hints_of_both_readers_come_along(tokenizer: Any) -> None:
    source = "a {red ( house"
    hints = look(parse(source), tokenizer, 1, expansion_hints(source)).hints
    assert [hint[:25] for hint in hints] == ["A { has no partner and is", "A ( has no partner and is"]


def test_it_can_be_read(tokenizer: Any) -> None:
    source = "a (red:1.3) [(xy:0.5):boat:0.4] house BREAK [sea|sea] AND ) [hill|night]:0.5"
    assert describe(look(parse(source), tokenizer, 5)).splitlines() == [
        "Step 1:",
        "  Side 1 of 2, weight 1:",
        "    Chunk 1, 5 of 75 places: a red(×1.3) x·y(×0.5) house",
        "    Chunk 2, 1 of 75 places: sea",
        "  Side 2 of 2, weight 0.5:",
        "    2 of 75 places: ) hill",
        "Step 2:",
        "  Side 1 of 2, weight 1:",
        "    Chunk 1, 5 of 75 places: a red(×1.3) x·y(×0.5) house",
        "    Chunk 2, 1 of 75 places: sea",
        "  Side 2 of 2, weight 0.5:",
        "    2 of 75 places: ) night",
        "Steps 3, 5:",
        "  Side 1 of 2, weight 1:",
        "    Chunk 1, 4 of 75 places: a red(×1.3) boat house",
        "    Chunk 2, 1 of 75 places: sea",
        "  Side 2 of 2, weight 0.5:",
        "    2 of 75 places: ) hill",
        "Step 4:",
        "  Side 1 of 2, weight 1:",
        "    Chunk 1, 4 of 75 places: a red(×1.3) boat house",
        "    Chunk 2, 1 of 75 places: sea",
        "  Side 2 of 2, weight 0.5:",
        "    2 of 75 places: ) night",
        "Words that the model sees in pieces: xy (x·y)",
        r"Note: A ) has no partner and is read as it stands; write \) if it is meant so.",
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a red house", "3 of 75 places: a red house"),
        ("", "0 of 75 places: (nothing)"),
        ("(red:1.25)", "1 of 75 places: red(×1.25)"),
    ],
)
def test_a_plain_prompt_is_told_plainly(tokenizer: Any, source: str, said: str) -> None:
    assert describe(look(parse(source), tokenizer, 20)).splitlines()[0] == f"    {said}"


def test_a_model_that_reads_one_sequence_is_said_to_read_no_further() -> None:
    """T5: what is cut is what its own tokenizer cuts at this length, and is told in a hint."""
    tokenizer = make_t5_tokenizer()
    tokenizer.model_max_length = 8
    seen = look(parse("a (red:1.3) house BREAK on the hill, xy at night"), tokenizer, 2)
    (chunk,) = seen.stretches[0].sides[0].chunks
    whole = "a red house on the hill, xy at night"
    cut = tokenizer(whole, truncation=True, max_length=8).input_ids
    assert [token.number for token in chunk.tokens] == cut[:-1]
    assert (chunk.used, chunk.room) == (7, 7)
    assert describe(seen).splitlines() == [
        "    7 of 7 places: a red(×1.3) house on the hill·,",
        "Words that the model sees in pieces: hill, (hill·,)",
        "Note: The model reads 7 tokens, and this prompt has 13: it does not see 'xy at night'.",
    ]
    tokenizer.model_max_length = 512
    assert look(parse(whole), tokenizer, 2).hints == ()


def test_words_that_are_marked_where_they_begin_are_told_apart() -> None:
    seen = look(parse("a (red:1.3) house, xy (bo:0.5)at"), make_qwen_tokenizer(), 1)
    assert describe(seen).splitlines()[0].endswith("of 4095 places: a red(×1.3) house·, ·x·y boat")


@pytest.mark.parametrize(
    ("kind", "options", "room", "chunks"),
    [
        ("sd", {}, 75, 2),
        ("sdxl", {}, 75, 2),
        ("sd3", {}, 75, 2),
        ("flux", {}, 511, 1),
        ("flux", {"schnell": True}, 255, 1),
        ("zimage", {}, 500, 1),
        ("qwen", {}, 1024, 1),
        ("chroma", {}, 511, 1),
        ("pixart", {}, 299, 1),
        ("pixart", {"alpha": True}, 119, 1),
        ("sana", {}, 298, 1),
    ],
)
def test_the_tokenizer_of_a_folder_is_that_of_its_words(
    tmp_path: Path, kind: str, options: dict[str, Any], room: int, chunks: int
) -> None:
    tokenizer = read_words_tokenizer(make_folder(tmp_path / "model", kind, **options))
    (side,) = look(parse(("a red house on the hill " * 15).strip()), tokenizer, 1).stretches[0].sides
    assert [chunk.room for chunk in side.chunks] == [room] * chunks
    assert sum(chunk.used for chunk in side.chunks) == 90


def test_it_needs_no_torch() -> None:
    code = "import sys, pipelines.sight, pipelines.expansion; print('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

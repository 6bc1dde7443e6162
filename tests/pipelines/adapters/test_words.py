"""Learnt words, as the text encoder is given them and as people are told of them; no torch is needed for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pipelines.adapters.words import Words
from pipelines.controls import Control, ImagePrompt
from pipelines.prompt import Piece, Tag, chunk_tokens, parse, tags, token_weights
from pipelines.requests import TextToImage
from pipelines.sight import look
from studio.looking import seen
from tests.tiny import make_tokenizer

WORDS = Words({"zork": 2, "bad-hand": 1, "zork-2": 1})


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a zork house", [(), (-1, -2), ()]),
        ("a zork-2 house", [(), (-4,), ()]),
        ("Bad-Hand, <zork>", [(-3,), (), (-1, -2)]),
        ("embedding:zork", [(-1, -2)]),
        ("zorks azork zork_", [()]),
    ],
)
def test_names_are_found_as_words_of_their_own(text: str, tokens: list[tuple[int, ...]]) -> None:
    said = WORDS.spelled([Piece(text, 1.3)])
    assert [piece.tokens for piece in said] == tokens
    assert all(piece.weight == 1.3 for piece in said)


def test_a_break_stays_before_the_first_part_alone() -> None:
    said = WORDS.spelled([Piece("house"), Piece("zork boat", starts_chunk=True)])
    assert [(piece.text, piece.starts_chunk) for piece in said] == [("house", False), ("zork", True), (" boat", False)]
    assert WORDS.spelled([Piece("", starts_chunk=True)]) == (Piece("", starts_chunk=True),)


def test_what_is_seen_of_them() -> None:
    (stretch,) = look(parse("a (zork:1.5) bad-hand"), make_tokenizer(), 1, words=WORDS).stretches
    shown = [(token.text, token.weight) for token in stretch.sides[0].chunks[0].tokens]
    assert shown == [("a", 1), ("zork#1", 1.5), ("zork#2", 1.5), ("bad-hand", 1)]


def test_people_are_told_what_is_on(tmp_path: Path) -> None:
    (tmp_path / "embeddings").mkdir()
    save_file({"emb_params": torch.zeros(3, 8)}, tmp_path / "embeddings" / "zork.safetensors")
    request = TextToImage(
        prompt="a red house <lora:ink:0.5:0.8> <lora:zork>",
        negative="zork",
        controls=(Control(image=Image.new("RGB", (16, 16)), name="lines", weight=0.5, end=0.8),),
        image_prompts=(ImagePrompt(image=Image.new("RGB", (16, 16)), name="likeness", weight=0.7),),
    )
    assert [line for line in seen(request, make_tokenizer(), tmp_path).splitlines() if line.startswith("On")] == [
        "On: LoRA ink at 0.8, the text encoders at 0.5",
        "On: LoRA zork at 1",
        "On: embedding zork, 3 places",
        "On: ControlNet lines at 0.5, from 0 to 0.8 of the steps",
        "On: IP-Adapter likeness at 0.7",
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<lora:my style:0.8>", Tag("lora", "my style", 0.8)),
        ("<lora:a:0.5:1.2>", Tag("lora", "a", 0.5, 1.2)),
        ("<lora:a:unet=0.3>", Tag("lora", "a", 1.0, 0.3)),
        ("<lora:a:te=0.4:unet=0.3>", Tag("lora", "a", 0.4, 0.3)),
        ("<lora:a:unet=0.3:te=0.4>", Tag("lora", "a", 0.4, 0.3)),
    ],
)
def test_weights_of_a_tag(source: str, found: Tag) -> None:
    """The text encoders' first, then the network's, or by their names: as A1111 has it."""
    assert tags(parse(f"a house {source}, red")) == (found,)


@pytest.mark.parametrize("source", ["<lora:a:much>", "<lora:a:1:x=2>", "<lora:a:dyn=3>"])
def test_a_tag_with_another_weight_is_text(source: str) -> None:
    prompt = parse(f"a house {source}")
    assert not tags(prompt) and "is read as it stands" in prompt.hints[0]


def test_no_torch_is_needed() -> None:
    code = "import studio.looking, pipelines.controls, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_the_vectors_of_a_word_stay_in_one_chunk() -> None:
    """Where there is no room for all of them they begin the next one, as in A1111."""
    words, tokenizer = Words({"zork": 4}), make_tokenizer()
    for before, lengths in ((71, [75]), (72, [72, 4]), (74, [74, 4]), (75, [75, 4])):
        runs = token_weights(tokenizer, words.spelled([Piece("red " * before), Piece("zork")]))
        chunks = chunk_tokens(runs, 75)
        assert [len(chunk) for chunk in chunks] == lengths
        assert [token for token, _ in chunks[-1]][-4:] == [-1, -2, -3, -4]

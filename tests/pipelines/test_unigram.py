"""T5's vocabulary, and files of its kind, read without SentencePiece."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ModelError
from pipelines.sources.kinds import CONFIGS
from pipelines.tokenizer import read_tokenizer
from pipelines.unigram import read_unigrams

VOCABULARY = CONFIGS / "t5" / "spiece.model"
KNOWN = Path(__file__).with_name("t5_ids.json")
"""Texts, and the numbers that SentencePiece 0.2.3 itself gives for them by ``VOCABULARY``:

    SentencePieceProcessor(model_file="assets/models/t5/spiece.model").encode(text)
"""


def test_the_vocabulary_is_the_published_one() -> None:
    """The file of google/t5-v1_1-xxl and of everything that was made of it."""
    digest = hashlib.sha256(VOCABULARY.read_bytes()).hexdigest()
    assert digest == "d60acb128cf7b7f2536e8f38a5b18a05535c9e14c7a355904270e15b0945ea86"
    pieces, charsmap = read_unigrams(VOCABULARY.read_bytes())
    assert (len(pieces), [text for text, _ in pieces[:4]], len(charsmap)) == (
        32000,
        ["<pad>", "</s>", "<unk>", "▁"],
        237539,
    )


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return read_tokenizer(CONFIGS, "t5")


def test_it_numbers_texts_as_sentencepiece_does(tokenizer: Any) -> None:
    for text, numbers in json.loads(KNOWN.read_text(encoding="utf-8")).items():
        assert tokenizer(text).input_ids == [*numbers, 1], text
    published = [13959, 1566, 12, 2968, 10, 37, 629, 19, 1627, 5, 1]  # in T5's own documentation
    assert tokenizer("translate English to German: The house is wonderful.").input_ids == published


def test_its_tokens_for_gaps_and_its_room_are_t5s_own(tokenizer: Any) -> None:
    assert (len(tokenizer), tokenizer.model_max_length) == (32100, 512)
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    assert tokenizer("<extra_id_0> <extra_id_99>").input_ids == [32099, 32000, 1]
    assert tokenizer.decode(tokenizer("größe, né?").input_ids, skip_special_tokens=True) == "größe, né?"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_folder_may_have_nothing_but_the_vocabulary(tmp_path: Path, tokenizer: Any, as_json: bool) -> None:
    """As PixArt's have; neither SentencePiece nor torch is needed for it, nor for the same as JSON, as Flux has it."""
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    shutil.copy(VOCABULARY, folder)
    if as_json:
        tokenizer.save_pretrained(folder)
        (folder / "spiece.model").unlink()
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5TokenizerFast", "model_max_length": 120}')
    code = (
        "import sys; from pathlib import Path; from pipelines.tokenizer import read_tokenizer;"
        f"read = read_tokenizer(Path({str(tmp_path)!r}));"
        "print(read('a photo').input_ids, read.model_max_length, {'torch', 'sentencepiece'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[3, 9, 1202, 1] 120 set()"


@pytest.mark.parametrize("length", [0, 1, 9, 1000, 400_000])
def test_a_vocabulary_that_is_damaged_is_refused(tmp_path: Path, length: int) -> None:
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
    (tmp_path / "tokenizer" / "spiece.model").write_bytes(VOCABULARY.read_bytes()[:length])
    with pytest.raises(ModelError, match=r"tokenizer cannot be read: it is no vocabulary of SentencePiece"):
        read_tokenizer(tmp_path)


@pytest.mark.parametrize(
    "data", [b"version https://git-lfs", b"\x0a\xff\xff", b"\xff" * 40, b"<html>", b"\x0a\x02a\x00"]
)
def test_what_is_no_vocabulary_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no vocabulary"):
        read_unigrams(data)


def test_a_vocabulary_that_is_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
    with pytest.raises(ModelError, match=r"cannot be read: .*No such file .*spiece\.model"):
        read_tokenizer(tmp_path)

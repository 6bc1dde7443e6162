"""Tokenizers for files that have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ModelError
from pipelines.sources.kinds import KINDS
from pipelines.sources.vocabulary import clip_tokenizer, find_tokenizer
from tests.tiny import make_t5_tokenizer, make_tokenizer


def test_clips_vocabulary_is_the_published_one() -> None:
    """The numbers that CLIP's own tokenizer gives, in its paper's repository and in every model's folder."""
    tokenizer = clip_tokenizer()
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokenizer("Hello, WORLD!").input_ids == [49406, 3306, 267, 1002, 256, 49407]
    assert (len(tokenizer), tokenizer.model_max_length) == (49408, 77)
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (49406, 49407, 49407)
    assert tokenizer.decode(tokenizer("🙂 Ünïcödé").input_ids, skip_special_tokens=True).strip() == "🙂 ünïcödé"
    assert clip_tokenizer("!").pad_token_id == 0


@pytest.mark.parametrize(
    ("kind", "part", "pad"),
    [("sd1", "tokenizer", 49407), ("sd2", "tokenizer", 0), ("sdxl", "tokenizer", 49407), ("sdxl", "tokenizer_2", 0)],
)
def test_prompts_are_filled_up_as_each_model_was_trained(tmp_path: Path, kind: str, part: str, pad: int) -> None:
    assert find_tokenizer(tmp_path / "x.safetensors", KINDS[kind], part).pad_token_id == pad


def test_a_tokenizer_beside_the_file_goes_first(tmp_path: Path) -> None:
    make_tokenizer().save_pretrained(tmp_path / "x" / "tokenizer")
    assert len(find_tokenizer(tmp_path / "x.safetensors", KINDS["sd1"], "tokenizer")) < 1000
    with pytest.raises(ModelError, match="A Stable Diffusion 1 model has no tokenizer_2"):
        find_tokenizer(tmp_path / "x.safetensors", KINDS["sd1"], "tokenizer_2")


@pytest.mark.parametrize(("kind", "part"), [("flux_dev", "tokenizer_2"), ("sd35_large", "tokenizer_3")])
def test_t5s_tokenizer_is_ours_unless_there_is_one_beside_the_file(tmp_path: Path, kind: str, part: str) -> None:
    file = tmp_path / "x.safetensors"
    assert len(find_tokenizer(file, KINDS[kind], part)) == 32100
    make_t5_tokenizer().save_pretrained(tmp_path / "x" / part)
    assert len(find_tokenizer(file, KINDS[kind], part)) == len(make_t5_tokenizer())
    (tmp_path / "x" / part / "tokenizer_config.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        find_tokenizer(file, KINDS[kind], part)

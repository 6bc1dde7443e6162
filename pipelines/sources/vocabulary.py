"""Tokenizers for models that come without: CLIP's and T5's vocabularies are ours to give.  Imports no torch."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.presets import find_preset
from pipelines.sources.configs import config_of
from pipelines.sources.identify import identify, refuse_useless
from pipelines.sources.kinds import CONFIGS, Kind
from pipelines.tokenizer import ROOM, is_clip, read_tokenizer, read_words_tokenizer

MERGES = CONFIGS / "clip" / "bpe_simple_vocab_16e6.txt.gz"
"""CLIP's vocabulary as its authors publish it: the pairs that are merged, the most frequent first."""

TOKENS = 49408
"""256 letters, the same at a word's end, a token for each merge, and the two special ones."""

START, END = "<|startoftext|>", "<|endoftext|>"


def find_tokenizer(model: Path, kind: Kind, part: str) -> Any:
    """The tokenizer of a model in a single file: in the folder of the file's name beside it, else our own.

    ModelError where such a model has none, or that beside it cannot be read.
    """
    own = model.with_suffix("") / part
    if own.is_dir():
        return read_tokenizer(own.parent, part)
    config = CONFIGS / kind.configs / part / "tokenizer_config.json"
    if not config.is_file():
        raise ModelError(f"A {kind.title} model has no {part}.")
    facts = json.loads(config.read_text(encoding="utf-8"))
    if facts["tokenizer_class"] == "CLIPTokenizer":
        return clip_tokenizer(facts["pad_token"])
    return read_tokenizer(CONFIGS, "t5")


def read_words(model: Path) -> Any:
    """The tokenizer that reads most of a model's words, as far as its encoder reads; of a folder or of a file."""
    if model.is_dir():
        return read_words_tokenizer(model)
    contents = identify(model)
    refuse_useless(contents)
    network = config_of(contents, contents.kind.network)
    preset = find_preset(contents.kind.pipeline, network=network, name=model.stem)
    tokenizer = find_tokenizer(model, contents.kind, preset.reads)
    if preset.room and not is_clip(tokenizer):
        tokenizer.model_max_length = preset.room + 1
    return tokenizer


def clip_tokenizer(pad: str = END) -> Any:
    """CLIP's tokenizer, made of its published vocabulary; ``pad``: the token that fills a short prompt up."""
    from transformers import CLIPTokenizer

    vocabulary, merges = _clip()
    tokenizer = CLIPTokenizer(
        vocab=dict(vocabulary), merges=list(merges), pad_token=pad, unk_token=END, model_max_length=ROOM
    )
    if len(tokenizer) != len(vocabulary):  # transformers makes do with less where it does not understand
        raise ModelError(f"CLIP's vocabulary was read as {len(tokenizer)} tokens instead of {len(vocabulary)}.")
    return tokenizer


@cache
def _clip() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """The vocabulary, token → number, and the merges."""
    lines = gzip.decompress(MERGES.read_bytes()).decode("utf-8").split("\n")
    letters = _letters()
    count = TOKENS - 2 * len(letters) - 2
    merges = [(first, second) for first, second in (line.split() for line in lines[1 : count + 1])]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), START, END]
    return {token: number for number, token in enumerate(tokens)}, merges


def _letters() -> list[str]:
    """A letter for each byte, in CLIP's order: those that can be seen stand for themselves, others for 256 and on."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [*map(chr, seen), *(chr(256 + number) for number in range(256 - len(seen)))]

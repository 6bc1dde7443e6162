"""Tokenizers for models that come without: CLIP's is ours to give, T5's has to be on this machine.  Without torch."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.presets import find_preset
from pipelines.shelf import Shelf
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
    """The tokenizer of a model in a single file; ModelError, saying what to put where, if there is none.

    It is in the folder of the file's name beside it; else CLIP's is our own, and T5's beside the file, in any model in
    diffusers' layout on the shelf, or in the cache of Hugging Face.
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
    folder = next(_t5_tokenizers(model), None)
    if folder is None:
        raise ModelError(
            f"{model} needs the tokenizer of T5, which is not on this machine: "
            f"put the folder {part} of any copy of the model in diffusers' layout there as {own}."
        )
    return read_tokenizer(folder.parent, folder.name)


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


def _t5_tokenizers(model: Path) -> Iterator[Path]:
    """The folders on this machine that hold T5's tokenizer, the nearest first."""
    places = [model.parent, *(item.path for item in Shelf.around(model).items("checkpoint") if item.path.is_dir())]
    for place in (*places, *sorted(hub_cache().glob("models--*/snapshots/*"))):
        for config in sorted(place.glob("tokenizer*/tokenizer_config.json")):
            if _is_t5(config):
                yield config.parent


def hub_cache() -> Path:
    """The folder in which Hugging Face's libraries keep what they fetch; they are not imported for it."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub")


def _is_t5(config: Path) -> bool:
    try:
        return str(json.loads(config.read_text(encoding="utf-8")).get("tokenizer_class", "")).startswith("T5")
    except (OSError, ValueError, AttributeError):
        return False

"""A model's tokenizer alone, to look at prompts with; the networks and torch stay where they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.presets import find_preset
from pipelines.prompt import Piece
from pipelines.unigram import read_unigrams

ROOM = 77  # tokens that CLIP reads at once, its start and end among them
T5_ROOM = 512  # tokens that T5 was trained on at once
GAPS = 100  # tokens behind T5's vocabulary that stand for gaps in its training, the last of them called the first
LEAST = 64  # tokens of a vocabulary; where it is missing, transformers makes do with the special ones


def read_words_tokenizer(model: Path) -> Any:
    """The tokenizer that reads most of the words of the model in a diffusers folder, as far as its encoder reads."""
    index, network = _json(model / "model_index.json"), _json(model / "transformer" / "config.json")
    preset = find_preset(
        str(index.get("_class_name")), network=network or _json(model / "unet" / "config.json"), name=model.name
    )
    tokenizer = read_tokenizer(model, preset.reads if (model / preset.reads).is_dir() else "tokenizer")
    if preset.room and not is_clip(tokenizer):
        tokenizer.model_max_length = preset.room + 1
    return tokenizer


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is none to be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def read_tokenizer(model: Path, part: str = "tokenizer") -> Any:
    """A tokenizer of the model in a diffusers folder, CLIP's or another; ModelError where it cannot be read."""
    folder = model / part
    if not folder.is_dir():
        raise ModelError(f"The model in {model} has no {part}, so it cannot read a prompt.")
    try:
        tokenizer = _read(folder)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError(f"The tokenizer in {folder} cannot be read: {reason}") from error
    known = len(tokenizer) - len(getattr(tokenizer, "all_special_ids", ()))
    if known < LEAST:
        raise ModelError(f"The tokenizer in {folder} knows only {len(tokenizer)} tokens: its vocabulary is missing.")
    if is_clip(tokenizer):
        tokenizer.model_max_length = min(tokenizer.model_max_length, ROOM)
    return tokenizer


def _read(folder: Path) -> Any:
    """By CLIP's class, unless the tokenizer says that it is of another."""
    config = _json(folder / "tokenizer_config.json")
    said = str(config.get("tokenizer_class") or "CLIPTokenizer")
    if said.startswith("CLIP"):
        from transformers import CLIPTokenizer

        return CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    if said.startswith("T5"):
        return _read_t5(folder, config.get("model_max_length", T5_ROOM))
    from transformers import AutoTokenizer  # brings torch along, which the others can do without

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _read_t5(folder: Path, room: int) -> Any:
    """T5's tokenizer as JSON, or its vocabulary as SentencePiece writes it, which many folders have nothing but."""
    from transformers import T5Tokenizer

    if (folder / "tokenizer.json").is_file():
        return T5Tokenizer.from_pretrained(folder, local_files_only=True)
    pieces, charsmap = read_unigrams((folder / "spiece.model").read_bytes())
    gaps = [(f"<extra_id_{number}>", 0.0) for number in reversed(range(GAPS))]
    return T5Tokenizer(
        vocab=[*pieces, *gaps], _spm_precompiled_charsmap=charsmap, extra_ids=GAPS, model_max_length=room
    )


def sequence_weights(tokenizer: Any, said: Sequence[Piece]) -> list[tuple[int, float]]:
    """The tokens of a wording read in one piece, each with the weight of the words that it ends in.

    So T5 and language models read it; a BREAK means nothing to them, and a weight does not part a word.
    """
    weights = [piece.weight for piece in said for _ in piece.text]
    text = "".join(piece.text for piece in said)
    read = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    ends = (end for _, end in read.offset_mapping)
    return [(number, weights[max(end, 1) - 1]) for number, end in zip(read.input_ids, ends, strict=True)]


def is_clip(tokenizer: Any) -> bool:
    """Whether a tokenizer is CLIP's, whose encoder is given chunks; others are given one sequence, up to a limit."""
    return type(tokenizer).__name__.startswith("CLIP")

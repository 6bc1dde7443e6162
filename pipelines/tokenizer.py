"""A model's tokenizer alone, to look at prompts with; the networks and torch stay where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.errors import ModelError

ROOM = 77  # tokens that CLIP reads at once, its start and end among them


def read_tokenizer(model: Path, part: str = "tokenizer") -> Any:
    """A CLIP tokenizer of the model in a diffusers folder; ModelError where it cannot be read."""
    from transformers import CLIPTokenizer

    folder = model / part
    if not folder.is_dir():
        raise ModelError(f"The model in {model} has no {part}, so it cannot read a prompt.")
    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError(f"The tokenizer in {folder} cannot be read: {reason}") from error
    if len(tokenizer) < 256:  # its vocabulary is missing, and transformers makes do with the special tokens
        raise ModelError(f"The tokenizer in {folder} knows only {len(tokenizer)} tokens: its vocabulary is missing.")
    tokenizer.model_max_length = min(tokenizer.model_max_length, ROOM)
    return tokenizer

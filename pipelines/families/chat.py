"""Reading a prompt with a language model: as something that a person says in a chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pipelines.prompt import Piece
from pipelines.tokenizer import sequence_weights


class Frame(NamedTuple):
    """What stands before and after the words of a prompt."""

    before: str
    after: str


MARK = "\N{WHITE SQUARE}"


def frame_of(tokenizer: Any, thinking: bool = True) -> Frame:
    """The chat template of a tokenizer, around what a person says, before an answer with ``thinking`` or without."""
    said = [{"role": "user", "content": MARK}]
    options = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": thinking}
    before, _, after = tokenizer.apply_chat_template(said, **options).partition(MARK)
    return Frame(before, after)


class Said(NamedTuple):
    """Token numbers; ``lead``: how many of them stand before the words."""

    numbers: list[int]
    lead: int


def framed(tokenizer: Any, frame: Frame, prompt: Sequence[Piece], room: int) -> Said:
    """A wording in its frame, in at most ``room`` tokens; words that do not fit are left out, and so are weights."""
    before, after = (tokenizer(part, add_special_tokens=False).input_ids for part in frame)
    words = sequence_weights(tokenizer, prompt)[: max(room - len(before) - len(after), 0)]
    return Said([*before, *(number for number, _ in words), *after], len(before))


def read(encoder: Any, said: Said, layers: Sequence[int], device: torch.device) -> Tensor:
    """What these layers of a language model say to each token, side by side: [n, width · layers]."""
    return _read(encoder, said.numbers, [1] * len(said.numbers), layers, device)


def read_filled(
    encoder: Any, said: Said, layers: Sequence[int], device: torch.device, room: int, filling: int
) -> Tensor:
    """The same, filled up to ``room`` tokens with ones that are not seen by the others, but see them."""
    padding = room - len(said.numbers)
    seen = [1] * len(said.numbers) + [0] * padding
    return _read(encoder, said.numbers + [filling] * padding, seen, layers, device)


def _read(
    encoder: Any, tokens: Sequence[int], seen: Sequence[int], layers: Sequence[int], device: torch.device
) -> Tensor:
    numbers, mask = torch.tensor([tokens], device=device), torch.tensor([seen], device=device)
    answer = encoder(input_ids=numbers, attention_mask=mask, output_hidden_states=True)
    return torch.cat([answer.hidden_states[layer][0] for layer in layers], dim=-1)

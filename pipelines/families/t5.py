"""Reading a prompt with T5: one sequence of tokens up to a limit, with weights; what is beyond it is not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pipelines.families.emphasis import emphasize
from pipelines.prompt import Piece
from pipelines.tokenizer import sequence_weights


def read(tokenizer: Any, encoder: Any, prompt: Sequence[Piece], room: int, device: torch.device) -> Tensor:
    """What the encoder says to ``room`` tokens of a wording, its end among them: (room, width)."""
    said = sequence_weights(tokenizer, prompt)[: room - 1]
    padding = room - 1 - len(said)
    numbers = [*(token for token, _ in said), tokenizer.eos_token_id, *[tokenizer.pad_token_id] * padding]
    encoded = encoder(torch.tensor([numbers], device=device))[0][0]
    return emphasize(encoded, [*(weight for _, weight in said), *[1.0] * (padding + 1)])


def read_alone(tokenizer: Any, encoder: Any, prompt: Sequence[Piece], room: int, device: torch.device) -> Tensor:
    """The same without what would fill it up, but for one token that the others do not see: (length, width)."""
    said = sequence_weights(tokenizer, prompt)[: room - 1]
    numbers = [*(token for token, _ in said), tokenizer.eos_token_id]
    seen = [1] * len(numbers)
    if len(numbers) < room:
        numbers, seen = [*numbers, tokenizer.pad_token_id], [*seen, 0]
    tokens, mask = torch.tensor([numbers], device=device), torch.tensor([seen], device=device)
    encoded = encoder(tokens, attention_mask=mask)[0][0]
    return emphasize(encoded, [*(weight for _, weight in said), *[1.0] * (len(numbers) - len(said))])


def read_bare(tokenizer: Any, encoder: Any, prompt: Sequence[Piece], room: int, device: torch.device) -> Tensor:
    """The same without anything that would fill it up: (length, width)."""
    said = sequence_weights(tokenizer, prompt)[: room - 1]
    numbers = torch.tensor([[*(token for token, _ in said), tokenizer.eos_token_id]], device=device)
    return emphasize(encoder(numbers)[0][0], [*(weight for _, weight in said), 1.0])

"""Reading a prompt with CLIP's text encoders: wordings of any length, in chunks, with weights.

A chunk is what the encoder sees at once, 75 tokens between a start and an end; chunks are laid one behind another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pipelines.errors import InvalidRequest
from pipelines.families.emphasis import emphasize
from pipelines.prompt import Piece, chunk_tokens, token_weights

Chunk = Sequence[tuple[int, float]]
"""Tokens with their weights, without start and end."""


class Reading(NamedTuple):
    """What an encoder says: ``tokens`` (…, length, width), and ``pooled`` (…, width), one vector for all of them."""

    tokens: Tensor
    pooled: Tensor | None = None


Read = Callable[[Tensor], Reading]
"""Token numbers (1, length) → what the encoder says to them, (1, …)."""


def chunks_of(tokenizers: Sequence[Any], prompts: Sequence[Sequence[Piece]]) -> list[list[list[Chunk]]]:
    """For each wording and each tokenizer its chunks; as many for all, shorter ones are filled up with empty ones."""
    texts = [[chunk_tokens(token_weights(each, said), room_of(each)) for each in tokenizers] for said in prompts]
    longest = max(len(chunks) for wording in texts for chunks in wording)
    return [[[*chunks, *[[]] * (longest - len(chunks))] for chunks in wording] for wording in texts]


def room_of(tokenizer: Any) -> int:
    """How many tokens a chunk has room for."""
    return int(tokenizer.model_max_length) - 2


def read_chunks(tokenizer: Any, chunks: Sequence[Chunk], device: torch.device, read: Read) -> Reading:
    """What an encoder says to some chunks, weighted; the pooled vector is that of the first."""
    readings = [read(numbered(tokenizer, chunk, device)) for chunk in chunks]
    weighted = [_weighted(tokenizer, chunk, said.tokens[0]) for chunk, said in zip(chunks, readings, strict=True)]
    pooled = readings[0].pooled
    return Reading(torch.cat(weighted), None if pooled is None else pooled[0])


def numbered(tokenizer: Any, chunk: Chunk, device: torch.device) -> Tensor:
    """The token numbers (1, length) of a chunk with its start, its end and what fills it up."""
    start, end, pad = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    padding = [pad] * (room_of(tokenizer) - len(chunk))
    return torch.tensor([[start, *(token for token, _ in chunk), end, *padding]], device=device)


def _weighted(tokenizer: Any, chunk: Chunk, encoded: Tensor) -> Tensor:
    padding = [1.0] * (room_of(tokenizer) - len(chunk))
    return emphasize(encoded, [1.0, *(weight for _, weight in chunk), 1.0, *padding])


def at_last(encoder: Any, tokens: Tensor, clip_skip: int) -> Reading:
    """The layer ``clip_skip`` from the end, 1 for the last, normalised as the last is: how Stable Diffusion 1 reads."""
    if clip_skip == 1:
        return Reading(encoder(tokens)[0])
    check_skip(clip_skip, encoder.config.num_hidden_layers)
    hidden = encoder(tokens, output_hidden_states=True).hidden_states[-clip_skip]
    return Reading(getattr(encoder, "text_model", encoder).final_layer_norm(hidden))


def before_last(encoder: Any, tokens: Tensor, clip_skip: int) -> Reading:
    """The layer before the last, or as many more before it, as it is; and the pooled vector: how SDXL and SD3 read."""
    check_skip(clip_skip, encoder.config.num_hidden_layers)
    said = encoder(tokens, output_hidden_states=True)
    return Reading(said.hidden_states[-clip_skip - 1], said[0])


def check_skip(clip_skip: int, layers: int) -> None:
    """Refuse to skip more layers than there are."""
    if clip_skip > layers:
        raise InvalidRequest(f"This model's text encoder has {layers} layers, so clip skip can be 1 to {layers}.")

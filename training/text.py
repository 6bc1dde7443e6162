"""Words to numbers to meaning: the tokenizer, and the small transformer that reads a prompt.

Both are of the kinds that Stable Diffusion uses, only smaller, so every program that knows its layout can load them.
"""

from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from tokenizers.pre_tokenizers import ByteLevel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from training.captions import vocabulary
from training.recipe import SHIPPED

START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 77  # tokens of a prompt, start and end included
WIDTH, LAYERS = SHIPPED.words, SHIPPED.layers  # of the text encoder
WORD_END = "</w>"


def learn_merges(words: list[str]) -> list[tuple[str, str]]:
    """Byte-pair encoding: merge the commonest neighbours, again and again, until every word is one piece."""
    pieces = [[*word[:-1], word[-1] + WORD_END] for word in words]
    merges = []
    while any(len(word) > 1 for word in pieces):
        pairs = Counter(pair for word in pieces for pair in pairwise(word))
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        pieces = [_merge(word, best) for word in pieces]
    return merges


def _merge(word: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in word:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def new_tokenizer() -> CLIPTokenizer:
    """A tokenizer that knows every word of the captions whole, and any other text by its bytes."""
    merges = learn_merges(vocabulary())
    letters = sorted(ByteLevel.alphabet())
    pieces = [*letters, *(letter + WORD_END for letter in letters), *("".join(pair) for pair in merges), START, END]
    table = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = CLIPTokenizer(vocab=table, merges=merges, model_max_length=LENGTH)
    assert len(tokenizer) == len(table), "the tokenizer did not take our table"
    return tokenizer


def new_text_encoder(tokenizer: CLIPTokenizer, width: int = WIDTH, layers: int = LAYERS) -> CLIPTextModel:
    """A transformer that turns 77 tokens into 77 vectors for the denoiser to look at."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 48,
        max_position_embeddings=LENGTH,
        projection_dim=width,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def numbered(tokenizer: CLIPTokenizer, prompts: list[str]) -> np.ndarray:
    """Prompts as token numbers [n, 77], two bytes each, filled up with end tokens as every such pipeline does."""
    batch = tokenizer(prompts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="np")
    return batch.input_ids.astype(np.uint16)


def tokens(tokenizer: CLIPTokenizer, prompts: list[str]) -> Tensor:
    """Prompts as token numbers [n, 77] for the text encoder."""
    return torch.from_numpy(numbered(tokenizer, prompts).astype(np.int64))

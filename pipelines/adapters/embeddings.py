"""Textual inversion (Gal et al. 2022, arXiv:2208.01618): words that were learnt, given to the text encoder as vectors.

The tokenizer knows nothing of them.  In a wording they stand as numbers below 0, and the encoder's first layer answers
to those with the vectors, for the time of a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from pipelines.adapters.lora import sha256_of
from pipelines.errors import ModelError
from pipelines.sources.header import Header, read_header

OF_PART = {"text_encoder": "clip_l", "text_encoder_2": "clip_g"}
"""What files for several text encoders call the vectors of each."""

ALONE = ("emb_params", "*", "string_to_param.*")
"""What A1111's files for one text encoder call them; diffusers' have one tensor, by the name of the word."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """A learnt word; ``vectors``: by the text encoder's part of the model, (n, width) each, n the same for all."""

    name: str
    path: Path
    sha256: str
    vectors: Mapping[str, Tensor]

    @property
    def length(self) -> int:
        """How many places it takes in a prompt."""
        return len(next(iter(self.vectors.values())))


def read_embedding(path: Path, widths: Mapping[str, int]) -> Embedding:
    """Read a file for a model whose text encoders are so wide; ModelError, in one sentence, where it does not fit."""
    header = read_header(path)
    vectors = {}
    with safe_open(path, "pt") as file:
        for part, name in tensor_names(header, widths).items():
            tensor = file.get_tensor(name)
            vectors[part] = tensor.reshape(-1, tensor.shape[-1]) if tensor.ndim else tensor
    for part, width in widths.items():
        if vectors[part].ndim != 2 or vectors[part].shape[1] != width:
            raise ModelError(
                f"The embedding {path.name} cannot be read by this model, whose words are {width} numbers long: "
                f"it has {' x '.join(map(str, vectors[part].shape)) or 'one number'}, so it is for another kind."
            )
    if len({len(each) for each in vectors.values()}) > 1:
        raise ModelError(f"The embedding {path.name} has not as many vectors for one text encoder as for the other.")
    return Embedding(path.stem, path, sha256_of(path), vectors)


def tensor_names(header: Header, parts: Iterable[str]) -> dict[str, str]:
    """Which tensor of a file has the vectors for each of these text encoders; ModelError where one has none."""
    there = list(header.tensors)
    own = {part: OF_PART.get(part, part) for part in parts}
    if len(own) == 1:
        (part,) = own
        alone = [name for name in (*ALONE, own[part]) if name in there] or (there if len(there) == 1 else [])
        own[part] = alone[0] if alone else own[part]
    missing = [name for name in own.values() if name not in there]
    if missing:
        raise ModelError(
            f"The embedding {header.path.name} cannot be read by this model: it lacks {' and '.join(missing)} and has "
            f"{', '.join(there[:4]) or 'nothing'}, so it is for another kind."
        )
    return own


@contextmanager
def spoken(encoder: Any, vectors: Tensor) -> Iterator[None]:
    """Have a text encoder answer to numbers below 0 with these vectors (n, width) while this lasts."""
    asked: list[Tensor] = []

    def before(layer: Any, given: tuple[Tensor]) -> tuple[Tensor]:
        asked[:] = given
        return (given[0].clamp(min=0),)

    def after(layer: Any, given: Any, answer: Tensor) -> Tensor:
        own = vectors.to(answer)[(-1 - asked[0]).clamp(min=0)]
        return torch.where((asked[0] < 0)[..., None], own, answer)

    words = encoder.get_input_embeddings()
    hooks = words.register_forward_pre_hook(before), words.register_forward_hook(after)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()

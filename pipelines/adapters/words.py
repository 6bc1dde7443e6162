"""What a prompt says of adapters: tags, and learnt words with the numbers that stand for them.  Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipelines.prompt import Piece
from pipelines.shelf import Shelf
from pipelines.sources.header import read_header

LORA_KINDS = ("lora", "lyco")
"""The kinds of a tag that switches a LoRA on; A1111 once had a second one for those with more than plain matrices."""


class Words:
    """Names that stand for numbers below 0; the k-th vector of all is -1 - k."""

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self.tokens: dict[str, tuple[int, ...]] = {}
        for name, length in lengths.items():
            before = sum(map(len, self.tokens.values()))
            self.tokens[name.lower()] = tuple(-1 - place for place in range(before, before + length))

    def text_of(self, token: int) -> str:
        """The name that a number below 0 is of, and which part of it, if there are several."""
        name, own = next((name, own) for name, own in self.tokens.items() if token in own)
        return name if len(own) == 1 else f"{name}#{own.index(token) + 1}"

    def spelled(self, said: Sequence[Piece]) -> tuple[Piece, ...]:
        """A wording with each of the names as its numbers; without any it stays as it is."""
        return tuple(part for piece in said for part in self._parts(piece)) if self.tokens else tuple(said)

    def _parts(self, piece: Piece) -> Iterator[Piece]:
        starts_chunk = piece.starts_chunk
        for place, text in enumerate(name_pattern(self.tokens).split(piece.text)):
            if text:
                tokens = self.tokens[text.lower()] if place % 2 else ()
                yield replace(piece, text=text, tokens=tokens, starts_chunk=starts_chunk)
                starts_chunk = False
        if starts_chunk:  # there was nothing in it
            yield piece


def name_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the names as a word of its own, in any case, as ``name``, ``<name>`` or ``embedding:name``.

    Of two that fit the longer is meant.
    """
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:embedding:|<(?=[^<>]*>))?({either})(?!\w)>?", re.IGNORECASE)


def words_on(shelf: Shelf, texts: Iterable[str]) -> Words:
    """The embeddings of a shelf that are named in these texts, their lengths by their files' headers.

    ModelError for a file that cannot be read.
    """
    lengths = {}
    for name in names_in(texts, shelf):
        shapes = [tensor.shape for tensor in read_header(shelf.find("embedding", name)).tensors.values()]
        lengths[name.rpartition("/")[2]] = max((shape[0] for shape in shapes if len(shape) == 2), default=1)
    return Words(lengths)


def names_in(texts: Iterable[str], shelf: Shelf) -> tuple[str, ...]:
    """The names on the shelf of the embeddings that these texts name, in order, each once."""
    names = {item.stem.lower(): item.name for item in shelf.items("embedding") if item.readable}
    if not names:
        return ()
    pattern = name_pattern(names)
    return tuple(dict.fromkeys(names[found.lower()] for text in texts for found in pattern.findall(text)))

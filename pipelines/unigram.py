"""A vocabulary as SentencePiece writes it, such as T5's, read without that library.

The file is a protocol buffer: pieces of words, how likely each is, and how letters are made alike before they are cut
(https://github.com/google/sentencepiece, sentencepiece_model.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

PIECES, NORMALIZER = 1, 3  # of the model
TEXT, SCORE = 1, 2  # of a piece
CHARSMAP = 2  # of the normalizer


class Unigrams(NamedTuple):
    """What a vocabulary holds: pieces, each with the logarithm of its likelihood, and the map that letters go through.

    A token's number is its place.
    """

    pieces: list[tuple[str, float]]
    charsmap: bytes


def read_unigrams(data: bytes) -> Unigrams:
    """What is in a ``spiece.model``; ValueError where it is none, or damaged."""
    pieces, charsmap = [], b""
    try:
        for number, content in _fields(data):
            if number == PIECES:
                piece = dict(_fields(content))
                pieces.append((piece[TEXT].decode("utf-8"), struct.unpack("<f", piece[SCORE])[0]))
            elif number == NORMALIZER:
                charsmap = dict(_fields(content)).get(CHARSMAP, b"")
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeDecodeError, struct.error) as error:
        raise ValueError("it is no vocabulary of SentencePiece, or a damaged one") from error
    if not pieces or not charsmap:
        raise ValueError("it is no vocabulary of SentencePiece, or a damaged one")
    return Unigrams(pieces, charsmap)


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: each its number and its content, an int where it is written as one, else bytes."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        way = key & 7
        if way == 0:
            content, at = _number(message, at)
            yield key >> 3, content
            continue
        size, at = _number(message, at) if way == 2 else ({1: 8, 5: 4}[way], at)
        if at + size > len(message):
            raise IndexError(size)
        yield key >> 3, message[at : at + size]
        at += size


def _number(message: bytes, at: int) -> tuple[int, int]:
    """A number of as many bytes as it takes, seven bits in each, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[at]
        value, at = value | (byte & 0x7F) << shift, at + 1
        if byte < 0x80:
            return value, at
        shift += 7

"""What a GGUF file says of itself before its numbers begin, as ``header.py`` has it.  Imports no torch.

In such files other programs keep networks in fewer bits: each row of a matrix in blocks of so many numbers, with what
they are multiplied by.  The format: "GGUF", its version, how many tensors and notes there are; the notes; of each
tensor the name, the sides, the last one first, the type and the place; all little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

MAGIC = b"GGUF"


class Block(NamedTuple):
    """How many ``numbers`` stand in how many ``bytes``; ``code``: what the format calls that."""

    code: int
    numbers: int
    bytes: int


PLAIN = {"F32": Block(0, 1, 4), "F16": Block(1, 1, 2), "BF16": Block(30, 1, 2)}
BLOCKS = {
    "Q4_0": Block(2, 32, 18),
    "Q4_1": Block(3, 32, 20),
    "Q5_0": Block(6, 32, 22),
    "Q5_1": Block(7, 32, 24),
    "Q8_0": Block(8, 32, 34),
    "Q2_K": Block(10, 256, 84),
    "Q3_K": Block(11, 256, 110),
    "Q4_K": Block(12, 256, 144),
    "Q5_K": Block(13, 256, 176),
    "Q6_K": Block(14, 256, 210),
}
"""The types that are read here, those of plain numbers and the others."""

NAMES = {block.code: name for name, block in {**PLAIN, **BLOCKS}.items()}
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Types of notes, as ``struct`` has them; 8 is a text, 9 a list."""

TEXT, LIST = 8, 9
ALIGNMENT = "general.alignment"


class Entry(NamedTuple):
    """A tensor: ``dtype`` of `PLAIN` or `BLOCKS`; ``start``, ``size``: of its bytes in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int


def parse(data: bytes) -> tuple[dict[str, Entry], dict[str, str]]:
    """The tensors and the notes of the file that begins with ``data``; ValueError or struct.error for a damaged one."""
    cursor = _Cursor(data, len(MAGIC))
    version, count, notes = cursor.number("I"), cursor.number("Q"), cursor.number("Q")
    if version not in (2, 3):
        raise ValueError(f"its version is {version}")
    told: dict[str, Any] = {}
    for _ in range(notes):
        name = cursor.text()
        told[name] = cursor.value(cursor.number("I"))
    raw = {cursor.text(): cursor.tensor() for _ in range(count)}
    step = told.get(ALIGNMENT, 32)
    if type(step) is not int or step < 1:
        raise ValueError("its tensors begin nowhere")
    start = -(-cursor.place // step) * step
    metadata = {name: str(value) for name, value in told.items()}
    return {name: _entry(name, start, *each) for name, each in raw.items()}, metadata


def _entry(name: str, start: int, sides: tuple[int, ...], code: int, offset: int) -> Entry:
    dtype = NAMES.get(code)
    if dtype is None:
        raise ValueError(f"{name[:80]!r} has numbers of type {code}, which is not read here")
    block: Mapping[str, Block] = {**PLAIN, **BLOCKS}
    numbers, size = block[dtype].numbers, block[dtype].bytes
    if sides[:1] and sides[0] % numbers:
        raise ValueError(f"{name[:80]!r} has no whole blocks in a row")
    return Entry(dtype, sides[::-1], start + offset, prod(sides) // numbers * size)


class _Cursor:
    """A place in bytes, and what is read there."""

    def __init__(self, data: bytes, place: int) -> None:
        self.place = place
        self._data = data

    def number(self, kind: str) -> Any:
        (value,) = struct.unpack_from("<" + kind, self._data, self.place)
        self.place += struct.calcsize("<" + kind)
        return value

    def text(self) -> str:
        length = self.number("Q")
        end = self.place + length
        if end > len(self._data):
            raise ValueError("a text in it has no end")
        piece, self.place = self._data[self.place : end], end
        return piece.decode("utf-8")

    def value(self, kind: int) -> Any:
        """A note of this type; of a list only how long it is."""
        if kind == TEXT:
            return self.text()
        if kind != LIST:
            return self.number(NUMBERS[kind])
        of, count = self.number("I"), self.number("Q")
        if of in NUMBERS:
            self.place += count * struct.calcsize("<" + NUMBERS[of])
        elif of == TEXT:
            for _ in range(count):
                self.text()
        else:
            raise ValueError("it has lists of lists")
        return count

    def tensor(self) -> tuple[tuple[int, ...], int, int]:
        """Sides, type and place."""
        sides = tuple(self.number("Q") for _ in range(self.number("I")))
        return sides, self.number("I"), self.number("Q")

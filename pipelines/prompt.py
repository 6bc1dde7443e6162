r"""The prompt language, as users of A1111 write it.

    prompt  = part { "AND" part }                          parts are guided towards side by side
    part    = { item } [ ":" number ]                      the number is the part's weight, if there is an AND
    item    = text | escape | "BREAK" | tag | group
    group   = "(" { item } [ ":" number ] ")"              attention times 1.1, or times the number
            | "[" { item } "]"                             attention divided by 1.1
            | "[" { item } ":" { item } ":" when "]"       the first until when, the second from then on
            | "[" { item } ":" when "]"                    nothing until when
            | "[" { item } "|" { item } { "|" … } "]"      one each step, in turns
    when    = a share of the steps, with a point in it (0.4), or a number of steps (8)
    tag     = "<" kind ":" name [ ":" number [ ":" number ] ] ">"
    escape  = "\" and one of  ( ) [ ] < > | : \

What does not fit is read literally and said in a hint; nothing written here can fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

MORE, LESS = 1.1, 1 / 1.1
MOST = 10.0  # of a weight, either way
PAIRS = {"(": ")", "[": "]"}
DEEPEST = 40  # brackets within brackets; deeper ones are read literally
NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*")
TOKEN = re.compile(
    r"\\[()\[\]<>|:\\]|<\w+:[^<>:]+(?::[^<>:]*){0,2}>|\bBREAK\b|\bAND\b|[()\[\]|:]|[^()\[\]|:\\<AB]+|.", re.DOTALL
)


@dataclass(frozen=True)
class Text:
    """Words as they stand."""

    text: str


@dataclass(frozen=True)
class Weighted:
    """``items`` with their attention times ``factor``."""

    items: tuple[Item, ...]
    factor: float


@dataclass(frozen=True)
class Switch:
    """``before`` until ``when``, ``after`` from then on: a share of the steps if ``relative``, else their number."""

    before: tuple[Item, ...]
    after: tuple[Item, ...]
    when: float
    relative: bool


@dataclass(frozen=True)
class Turns:
    """One of ``options`` each step."""

    options: tuple[tuple[Item, ...], ...]


@dataclass(frozen=True)
class Break:
    """What follows starts a new chunk of tokens."""


@dataclass(frozen=True)
class Tag:
    """Something to switch on, such as ``<lora:name:0.8>``; ``network``: its weight there, if that is another."""

    kind: str
    name: str
    weight: float
    network: float | None = None


Item = Text | Weighted | Switch | Turns | Break | Tag


@dataclass(frozen=True)
class Part:
    """One side of an AND."""

    items: tuple[Item, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Prompt:
    """A whole prompt; ``hints``: what was read literally, a sentence each."""

    parts: tuple[Part, ...]
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """Words of one weight; ``starts_chunk``: a BREAK stands before them; ``tokens``: read in their place, if any."""

    text: str
    weight: float = 1.0
    starts_chunk: bool = False
    tokens: tuple[int, ...] = ()


def parse(source: str) -> Prompt:
    """Read a prompt; whatever it is, there is a reading."""
    reader = _Reader(source)
    ranges = reader.split(0, len(reader.tokens), "AND")
    parts = tuple(reader.part(*each) for each in ranges) if len(ranges) > 1 else (Part(reader.items(*ranges[0])),)
    return Prompt(parts, tuple(dict.fromkeys(reader.hints)))


def pieces(part: Part, step: int, steps: int) -> tuple[Piece, ...]:
    """What a part says in ``step`` (from 1) of ``steps``: neighbours of one weight are joined."""
    found: list[Piece] = []
    starts_chunk = False
    for item, product in _spoken(part.items, 1.0, step, steps):
        weight = min(max(product, -MOST), MOST)
        if isinstance(item, Break):
            starts_chunk = True
        elif found and not starts_chunk and found[-1].weight == weight:
            found[-1] = replace(found[-1], text=found[-1].text + item.text)
        else:
            found.append(Piece(item.text, weight, starts_chunk))
            starts_chunk = False
    return tuple(found) or (Piece(""),)


def joined(prompt: Prompt) -> Prompt:
    """The sides of an AND said in one wording, their weights as attention: how a negative prompt is read."""
    return replace(prompt, parts=(Part(tuple(Weighted(part.items, part.weight) for part in prompt.parts)),))


def token_weights(tokenizer: Any, said: Sequence[Piece]) -> list[list[tuple[int, float]]]:
    """The tokens of each run of pieces, with their weights; a BREAK begins one, and so do vectors that would be cut."""
    runs: list[list[tuple[int, float]]] = [[]]
    for piece in said:
        used = len(runs[-1]) % (tokenizer.model_max_length - 2) if piece.tokens else 0
        if piece.starts_chunk or (used and used + len(piece.tokens) > tokenizer.model_max_length - 2):
            runs.append([])
        tokens = piece.tokens or tokenizer(piece.text, add_special_tokens=False, verbose=False).input_ids
        runs[-1] += [(token, piece.weight) for token in tokens]
    return runs


def chunk_tokens(runs: Sequence[list[tuple[int, float]]], room: int) -> list[list[tuple[int, float]]]:
    """Tokens in chunks of at most ``room``; each run begins a new one, and there is at least one."""
    return [run[i : i + room] for run in runs for i in range(0, max(len(run), 1), room)]


def tags(prompt: Prompt) -> tuple[Tag, ...]:
    """Every tag, wherever it stands."""

    def within(items: tuple[Item, ...]) -> list[Tag]:
        found = []
        for item in items:
            if isinstance(item, Tag):
                found.append(item)
            for inner in _inside(item):
                found += within(inner)
        return found

    return tuple(tag for part in prompt.parts for tag in within(part.items))


def _inside(item: Item) -> tuple[tuple[Item, ...], ...]:
    if isinstance(item, Weighted):
        return (item.items,)
    if isinstance(item, Switch):
        return item.before, item.after
    return item.options if isinstance(item, Turns) else ()


def _spoken(items: tuple[Item, ...], weight: float, step: int, steps: int) -> Iterator[tuple[Text | Break, float]]:
    """Texts and breaks with their weight, in order."""
    for item in items:
        if isinstance(item, Text | Break):
            yield item, weight
        elif isinstance(item, Weighted):
            yield from _spoken(item.items, weight * item.factor, step, steps)
        elif isinstance(item, Turns):
            yield from _spoken(item.options[(step - 1) % len(item.options)], weight, step, steps)
        elif isinstance(item, Switch):
            until = item.when * steps if item.relative else item.when
            yield from _spoken(item.before if step <= until else item.after, weight, step, steps)


class _Reader:
    """Tokens, the brackets among them that belong together, and recursive descent over ranges of both."""

    def __init__(self, source: str) -> None:
        self.tokens = TOKEN.findall(source)
        self.hints: list[str] = []
        self.closers = self._match()

    def _match(self) -> dict[int, int]:
        """Each opening bracket's place → its closing one's; brackets without a partner are left out, and hinted at."""
        open_at: list[int] = []
        closers = {}
        for place, token in enumerate(self.tokens):
            if token in PAIRS and len(open_at) < DEEPEST:
                open_at.append(place)
            elif open_at and PAIRS[self.tokens[open_at[-1]]] == token:
                closers[open_at.pop()] = place
            elif token in (*PAIRS, *PAIRS.values()):
                self._hint(token)
        for place in open_at:
            self._hint(self.tokens[place])
        return closers

    def _hint(self, token: str) -> None:
        self.hints.append(f"A {token} has no partner and is read as it stands; write \\{token} if it is meant so.")

    def split(self, low: int, high: int, separator: str) -> list[tuple[int, int]]:
        """The ranges between separators that stand in no brackets."""
        ranges, start, place = [], low, low
        while place < high:
            if self.tokens[place] == separator:
                ranges.append((start, place))
                start = place + 1
            place = self.closers.get(place, place) + 1
        return [*ranges, (start, high)]

    def part(self, low: int, high: int) -> Part:
        """A side of an AND, with its weight where one stands at its end: ``a meadow :1.2``."""
        weight, end = self._weight_at_end(low, high)
        return Part(self.items(low, end), 1.0 if weight is None else weight)

    def items(self, low: int, high: int) -> tuple[Item, ...]:
        """What the tokens from ``low`` to before ``high`` say."""
        found: list[Item] = []
        place = low
        while place < high:
            item = self._item(place)
            if isinstance(item, Text) and found and isinstance(found[-1], Text):
                found[-1] = Text(found[-1].text + item.text)
            else:
                found.append(item)
            place = self.closers.get(place, place) + 1
        return tuple(found)

    def _item(self, place: int) -> Item:
        token = self.tokens[place]
        if place in self.closers:
            return (self._round if token == "(" else self._square)(place + 1, self.closers[place])
        if token == "BREAK":
            return Break()
        if token[0] == "<" and len(token) > 1:
            return self._tag(token)
        return Text(token[1:] if token[0] == "\\" and len(token) > 1 else token)

    def _round(self, low: int, high: int) -> Item:
        """``(x)`` or ``(x:1.3)``."""
        weight, end = self._weight_at_end(low, high)
        return Weighted(self.items(low, end), MORE if weight is None else weight)

    def _weight_at_end(self, low: int, high: int) -> tuple[float | None, int]:
        """The number behind a last colon, kept within reason, and where the rest ends."""
        number = self._number(high - 1) if high - low >= 2 and self.tokens[high - 2] == ":" else None
        if number is None:
            return None, high
        if abs(number) > MOST:
            self.hints.append(f"The weight {number:g} is read as {math.copysign(MOST, number):g}: more means nothing.")
        return min(max(number, -MOST), MOST), high - 2

    def _square(self, low: int, high: int) -> Item:
        """``[x]``, ``[x|y]``, ``[x:when]`` or ``[x:y:when]``."""
        turns = self.split(low, high, "|")
        if len(turns) > 1:
            return Turns(tuple(self.items(*each) for each in turns))
        *texts, last = self.split(low, high, ":")
        when = self._number(last[0]) if last[1] - last[0] == 1 else None
        if when is None or when < 0 or len(texts) not in (1, 2):
            return Weighted(self.items(low, high), LESS)
        before = self.items(*texts[0]) if len(texts) == 2 else ()
        return Switch(before, self.items(*texts[-1]), when, relative="." in self.tokens[last[0]])

    def _number(self, place: int) -> float | None:
        found = NUMBER.fullmatch(self.tokens[place])
        return float(found[1]) if found else None

    def _tag(self, token: str) -> Item:
        kind, name, *words = token[1:-1].split(":")
        weights = {"te": 1.0}
        for usual, word in zip(("te", "unet"), words, strict=False):
            label, _, value = word.rpartition("=")
            number = NUMBER.fullmatch(value)
            if number is None or label not in ("", "te", "unet"):
                self.hints.append(f"{token} is read as it stands: its weight {word!r} is no number.")
                return Text(token)
            weights[label or usual] = float(number[1])
        return Tag(kind, name, weights["te"], weights.get("unet"))

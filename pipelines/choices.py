"""Reading a dynamic prompt: words, choices and names of lists.  `expansion` has the grammar and makes the choices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

SLOT = "{prompt}"
NAME = r"(?:[^\W_]|[-/]|_(?!_))+"
TOKEN = re.compile(rf"\\[{{}}|\\()\[\]<>:]|{SLOT}|__{NAME}__|[{{}}|\[\]]|[^{{}}|\[\]\\_]+|.", re.DOTALL)
WEIGHT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)::")
SEVERAL = re.compile(r"\s*\d*(?:-\d*)?\$\$")  # how other programs ask for more than one option
DEEPEST = 40  # choices within choices, or lists within lists


@dataclass(frozen=True)
class Choice:
    """One of ``options``; ``weights`` in millionths."""

    options: tuple[tuple[Node, ...], ...]
    weights: tuple[int, ...]


@dataclass(frozen=True)
class Line:
    """A line of the list ``name``."""

    name: str


Node = str | Choice | Line


@dataclass(frozen=True)
class Template:
    """A whole text; ``hints``: what was read literally or may not be meant so, a sentence each."""

    nodes: tuple[Node, ...]
    hints: tuple[str, ...] = ()


def read(text: str) -> Template:
    """Read a dynamic prompt; whatever it is, there is a reading."""
    reader = _Reader(text)
    return Template(reader.read(0, len(reader.tokens)), tuple(dict.fromkeys(reader.hints)))


def names(text: str) -> Iterator[str]:
    """The lists that a text names, in order; long lists hold many lines, and most of those name none."""
    tokens = TOKEN.findall(text) if "__" in text else ()
    return (token[2:-2] for token in tokens if token.startswith("__"))


def is_name(text: str) -> bool:
    """Whether a list can be called so."""
    return re.fullmatch(NAME, text) is not None


class _Reader:
    """Tokens, the brackets among them that belong together, and recursive descent over ranges of both."""

    def __init__(self, source: str) -> None:
        self.tokens: list[str] = TOKEN.findall(source)
        self.hints: list[str] = []
        self.closers = self._match()

    def _match(self) -> dict[int, int]:
        """Each opening bracket's place → its closing one's; a square one has to close within its braces."""
        closers, open_at, braces = {}, [-1], [-1]
        for place, token in enumerate(self.tokens):
            if token == "[" or (token == "{" and len(braces) <= DEEPEST):
                (braces if token == "{" else open_at).append(place)
            elif token == "]" and open_at[-1] > braces[-1]:
                closers[open_at.pop()] = place
            elif token == "}" and len(braces) > 1:
                opener = braces.pop()
                closers[opener] = place
                while open_at[-1] > opener:
                    open_at.pop()
            elif token in ("{", "}"):
                self._lonely(token)
        for _ in braces[1:]:
            self._lonely("{")
        return closers

    def _lonely(self, brace: str) -> None:
        self.hints.append(f"A {brace} has no partner and is read as it stands; write \\{brace} if it is meant so.")

    def read(self, low: int, high: int) -> tuple[Node, ...]:
        """What the tokens from ``low`` to before ``high`` say."""
        found: list[Node] = []
        place = low
        while place < high:
            token = self.tokens[place]
            if token == "{" and place in self.closers:
                found.append(self._choice(place, self.closers[place]))
                place = self.closers[place]
            elif token.startswith("__"):
                found.append(Line(token[2:-2]))
            else:
                found.append(token[1:] if token in (r"\{", r"\}") else token)
            place += 1
        return tuple(found)

    def _choice(self, low: int, high: int) -> Node:
        """The choice from its opening brace to its closing one; as it stands if no option of it has any weight."""
        source = "".join(self.tokens[low : high + 1])
        ranges = self._split(low + 1, high)
        weights = tuple(self._weight(*each) for each in ranges)
        if not any(weights):
            self.hints.append(f"{source} is read as it stands: every weight in it is 0, so give one option more.")
            return source
        if len(ranges) == 1:
            self.hints.append(f"{source} has one option only, which is taken; write \\{{ and \\}} if braces are meant.")
        if SEVERAL.match(source[1:]):
            self.hints.append(f"{source} takes one option, not several: what stands before its $$ is read as words.")
        return Choice(tuple(self.read(*each) for each in ranges), weights)

    def _split(self, low: int, high: int) -> list[tuple[int, int]]:
        """The ranges between bars that stand in no brackets."""
        ranges, start, place = [], low, low
        while place < high:
            if self.tokens[place] == "|":
                ranges.append((start, place))
                start = place + 1
            place = self.closers.get(place, place) + 1
        return [*ranges, (start, high)]

    def _weight(self, low: int, high: int) -> int:
        """The weight in millionths that an option begins with, taken off it."""
        found = WEIGHT.match(self.tokens[low]) if low < high else None
        if found is None:
            return 10**6
        self.tokens[low] = self.tokens[low][found.end() :]
        return int(Decimal(found[1]) * 10**6)

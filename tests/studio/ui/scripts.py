"""Reading the page's scripts: which strings stand in them, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PIECE = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<pattern>(?:(?<=[(,=:!&|?;]\ )|(?<=[(,=:!&|?;]))/(?:[^/\\\n[]|\\.|\[(?:[^]\\\n]|\\.)*])+/[a-z]*)
  | (?P<name>[\w$]+)
  | (?P<mark>.)
    """,
    re.DOTALL | re.VERBOSE,
)
CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
OPENING, CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Text:
    """A string; what is put into a template is {} in it.

    ``call`` and ``argument``: of which call it is which argument, counted from 0; ``key``: of which property it is the
    value; ``target``: to which name it is assigned.  Brackets that only hold things together do not count.
    """

    value: str
    call: str = ""
    argument: int = 0
    key: str = ""
    target: str = ""


@dataclass
class Bracket:
    """What was opened and is not closed yet."""

    mark: str
    place: Text
    begins: bool = True


def texts(code: str) -> Iterator[Text]:
    """Every string of a script in its place."""
    tokens, (open_, before) = list(pieces(code)), ([Bracket("", Text(""))], ("mark", ";"))
    for at, (kind, value) in enumerate(tokens):
        top = open_[-1]
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        if kind == "text" and not (top.mark == "{" and top.begins and following == ":"):
            yield Text(value, top.place.call, top.place.argument, top.place.key, top.place.target)
        if kind == "mark" and value in OPENING:
            open_.append(Bracket(value, inside(value, before, top.place)))
        elif kind == "mark" and value in CLOSING and len(open_) > 1:
            open_.pop()
        else:
            top.place = after(top, kind, value, before, following)
        top.begins = value in ",;"
        before = (kind, value)


def inside(mark: str, before: tuple[str, str], place: Text) -> Text:
    """Where one is behind an opening bracket."""
    called = before[1] if before[0] == "name" and before[1] not in ("return", "if", "await") else ""
    if mark == "(" and called:
        return Text("", call=called)
    return place if mark == "(" else Text("")


def after(top: Bracket, kind: str, value: str, before: tuple[str, str], following: str) -> Text:
    """Where one is behind something that is no bracket."""
    place = top.place
    if value == "," and kind == "mark":
        return Text("", place.call, place.argument + 1)
    if value == ";" and kind == "mark":
        return Text("")
    if top.mark == "{" and top.begins and following == ":":
        return Text("", key=value)
    if value == "=" and before[0] == "name":
        return Text("", place.call, place.argument, place.key, before[1])
    return place


def pieces(code: str) -> Iterator[tuple[str, str]]:
    """The tokens of a script, comments left out; a template comes before what is put into it."""
    found: list[tuple[str, str]] = []
    run(code, 0, found, until="")
    yield from found


def run(code: str, at: int, found: list[tuple[str, str]], until: str) -> int:
    """Take tokens up to a bracket that closes what was opened elsewhere; where that ends."""
    depth = 0
    while at < len(code):
        if code[at] == until and not depth:
            return at + 1
        if code[at] == "`":
            at = template(code, at + 1, found)
            continue
        depth += (code[at] == "{") - (code[at] == "}")
        piece = PIECE.match(code, at)
        assert piece
        at = piece.end()
        if piece.lastgroup == "text":
            found.append(("text", piece[0][1:-1]))
        elif piece.lastgroup != "skip":
            found.append((str(piece.lastgroup), piece[0]))
    return at


def template(code: str, at: int, found: list[tuple[str, str]]) -> int:
    """Take a template, from behind its first mark; where it ends."""
    place, chunks = len(found), []
    found.append(("text", ""))
    while True:
        chunk = CHUNK.match(code, at)
        assert chunk
        chunks.append(chunk[0])
        if code[chunk.end()] == "`":
            found[place] = ("text", "{}".join(chunks))
            return chunk.end() + 1
        found.append(("mark", "("))
        at = run(code, chunk.end() + 2, found, until="}")
        found.append(("mark", ")"))

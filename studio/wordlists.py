"""A person's own lists of words and styles, in the layout that users of A1111 have.

    wildcards/**/*.txt    one alternative a line; lines that begin with # and empty ones are left out
    styles.csv            name,prompt,negative_prompt

Both are UTF-8, with or without a byte order mark.  What cannot be read is left out and said in a sentence; nothing that
stands in a file can make reading fail.
"""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.choices import is_name
from pipelines.errors import OutputError

COLUMNS = ("name", "prompt", "negative_prompt")


@dataclass(frozen=True)
class Wordlists:
    """``lists``: name → lines, for `pipelines.expansion`.  ``hints``: what was left out, a sentence each."""

    lists: Mapping[str, tuple[str, ...]]
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Style:
    """Words to put around a prompt, or after it; see `pipelines.expansion.wear`."""

    name: str
    prompt: str
    negative: str = ""


@dataclass(frozen=True)
class Styles:
    """``styles`` in the file's order, each name once.  ``hints``: what was left out, a sentence each."""

    styles: tuple[Style, ...] = ()
    hints: tuple[str, ...] = ()

    def named(self, name: str) -> Style | None:
        """The style of that name, if there is one."""
        return next((style for style in self.styles if style.name == name), None)


def read_wordlists(folder: Path) -> Wordlists:
    """Every list under ``folder``/wildcards; a list's name is its path there, with / and without .txt."""
    root = folder / "wildcards"
    lists: dict[str, tuple[str, ...]] = {}
    hints: list[str] = []
    for path in sorted(path for path in root.rglob("*.txt") if path.is_file()):
        name = unicodedata.normalize("NFC", path.relative_to(root).with_suffix("").as_posix())
        try:
            lines = _lines(path)
        except _Unreadable as reason:
            hints.append(str(reason))
            continue
        if is_name(name):
            lists[name] = lines
        else:
            hints.append(f"{path} is left out: give it a name of letters, digits, - and single _ that prompts can use.")
    return Wordlists(lists, tuple(hints))


def read_styles(folder: Path) -> Styles:
    """The styles of ``folder``/styles.csv; none where there is no such file.  Of two with one name the later counts."""
    path = folder / "styles.csv"
    if not path.exists():
        return Styles()
    found: dict[str, Style] = {}
    hints: list[str] = []
    try:
        for line, row in _rows(path):
            if not row["name"]:
                hints.append(f"{path} has a style without a name on line {line}, which is left out: name it.")
            elif row["name"] in found:
                hints.append(f"{path} has two styles {row['name']!r}; the one on line {line} counts: rename one.")
            if row["name"]:
                found[row["name"]] = Style(*(row[column] for column in COLUMNS))
    except _Unreadable as reason:
        hints.append(str(reason))
    return Styles(tuple(found.values()), tuple(hints))


def write_styles(folder: Path, styles: Iterable[Style]) -> None:
    """Write ``folder``/styles.csv whole or not at all; OutputError if it cannot be written."""
    path = folder / "styles.csv"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8-sig", newline="") as file:  # the mark is for spreadsheets
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            rows.writerows((style.name, style.prompt, style.negative) for style in styles)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise OutputError(f"The styles cannot be written to {path}: {error.strerror}.") from error


class _Unreadable(Exception):
    """One sentence on a file that is left out."""


def _text(path: Path) -> str:
    r"""A file's text with \n at the ends of its lines; a null character, which no text has, counts as not UTF-8."""
    try:
        data = path.read_bytes()
        text, place = data.decode("utf-8-sig"), data.find(b"\0")
    except OSError as error:
        raise _Unreadable(f"{path} cannot be read and is left out: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        text, place = "", error.start
    if place >= 0:
        line = data[:place].count(b"\n") + 1
        raise _Unreadable(f"{path} is left out, because it is not UTF-8 text (line {line}): save it as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(path: Path) -> tuple[str, ...]:
    lines = (line.strip() for line in _text(path).split("\n"))
    return tuple(line for line in lines if line and not line.startswith("#"))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row after the header as column → cell, with its line; short rows have empty cells at their end."""
    rows = csv.reader(io.StringIO(_text(path), newline="\n"), strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        if not {"name", "prompt"} <= set(header):
            raise _Unreadable(f"{path} is left out: its first line should be {','.join(COLUMNS)}.")
        for row in rows:
            cells = dict.fromkeys(COLUMNS, "") | dict(zip(header, row, strict=False))
            if any(cells.values()):
                yield rows.line_num, cells | {"name": cells["name"].strip()}
    except csv.Error as error:
        raise _Unreadable(f"{path} cannot be read beyond line {rows.line_num}: {error}.") from error

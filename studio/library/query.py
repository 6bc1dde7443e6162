"""What is asked of the library, and what it answers."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pipelines.checks import check_whole
from pipelines.errors import InvalidRequest
from pipelines.requests import MAX_SEED, TASKS

MOST = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which pictures are meant; what is left out is not asked.

    ``words``: each occurs in the prompt or the negative prompt, whatever the case.  ``model``: a part of its name or of
    its reference.  ``since`` and ``until``: days where the person is, both included.  ``pixels``: SHA-256 of the
    picture; ``source``: of the one that it was made from.  ``ids``: one of these.  ``trashed``: those thrown away,
    instead of the others.  ``limit`` and ``offset``: so many of them, after so many; a limit of 0 is none.
    ``after``: only what comes after a picture, given by its time and id, whether it is still there or not.
    """

    id: str = ""
    ids: tuple[str, ...] = ()
    words: str = ""
    model: str = ""
    since: date | None = None
    until: date | None = None
    seed: int | None = None
    task: str = ""
    starred: bool = False
    tag: str = ""
    collection: str = ""
    pixels: str = ""
    source: str = ""
    trashed: bool = False
    limit: int = 0
    offset: int = 0
    after: tuple[float, str] | None = None

    def __post_init__(self) -> None:
        if self.task and self.task not in TASKS:
            raise InvalidRequest(f"Unknown task {self.task!r}: choose one of {', '.join(TASKS)}.")
        if self.seed is not None:
            check_whole("seed", self.seed, 0, MAX_SEED)
        check_whole("limit", self.limit, 0, MOST)
        check_whole("offset", self.offset, 0, MOST)

    def sql(self) -> tuple[str, list[Any]]:
        """The statement and its values.  A picture's parent is the oldest with the pixels that it was made from."""
        tests, values = self._where()
        parent = "SELECT q.id FROM pictures q WHERE q.pixels = p.source AND p.source != '' AND q.id != p.id"
        sql = f"""
            SELECT p.*, ({parent} ORDER BY q.time, q.id LIMIT 1) AS parent
            FROM pictures p
            WHERE {tests}
            ORDER BY time DESC, id LIMIT ? OFFSET ?
        """
        return sql, [*values, self.limit or -1, self.offset]

    def counting(self) -> tuple[str, list[Any]]:
        """The statement that counts them all, wherever they begin and end, and its values."""
        tests, values = replace(self, after=None)._where()
        return f"SELECT count(*) FROM pictures WHERE {tests}", values

    def _where(self) -> tuple[str, list[Any]]:
        tests = [("trashed = ?", [self.trashed]), *self._tests()]
        return " AND ".join(["readable", *(test for test, _ in tests)]), [each for _, some in tests for each in some]

    def _tests(self) -> list[tuple[str, list[Any]]]:
        """What has to hold of a row, with the values that are compared."""
        tests: list[tuple[str, list[Any]]] = [("instr(words, ?) > 0", [word]) for word in self.words.casefold().split()]
        if self.model:
            tests.append(("instr(called, ?) > 0", [self.model.casefold()]))
        if self.since:
            tests.append(("time >= ?", [_midnight(self.since)]))
        if self.until:
            tests.append(("time < ?", [_midnight(self.until + timedelta(days=1))]))
        if self.tag:
            tests.append(("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)", [self.tag]))
        if self.ids:
            tests.append((f"id IN ({', '.join('?' * len(self.ids))})", [*self.ids]))
        if self.after:
            tests.append(("time <= ? AND (time < ? OR id > ?)", [self.after[0], *self.after]))
        exact = {"id": self.id, "seed": self.seed, "task": self.task, "collection": self.collection}
        exact |= {"pixels": self.pixels, "source": self.source}
        tests += [(f"{name} = ?", [value]) for name, value in exact.items() if value not in ("", None)]
        return tests + ([("star = ?", [True])] if self.starred else [])


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A picture in the library.

    ``time``: when it was made, where the person is.  ``model``: its reference; ``title``: its name.  ``pixels``:
    SHA-256 of the picture.  ``source``: that of the picture it was made from, empty where there was none.
    ``source_type``: how it came to be, as an IPTC term.  ``parent``: the id of the picture that it was made from.
    """

    id: str
    path: Path
    time: datetime
    prompt: str
    negative: str
    model: str
    title: str
    task: str
    sampler: str
    seed: int
    width: int
    height: int
    pixels: str
    source: str
    source_type: str
    parent: str | None
    star: bool
    tags: tuple[str, ...]
    collection: str
    trashed: bool


def entry(row: sqlite3.Row, outputs: Path) -> Entry:
    """A row of the index as what it stands for."""
    names = Entry.__dataclass_fields__.keys()
    values = {name: row[name] for name in names}
    values |= {"path": outputs / row["path"], "time": datetime.fromtimestamp(row["time"]).astimezone()}
    values |= {"star": bool(row["star"]), "trashed": bool(row["trashed"]), "tags": tuple(json.loads(row["tags"]))}
    return Entry(**values)


def _midnight(day: date) -> float:
    """When a day begins, where the person is, in seconds since 1970."""
    return datetime.combine(day, time()).timestamp()

"""The index: an SQLite file over the pictures, so that one in ten thousand is found at once.

The files are the truth.  Whenever it is asked, the index looks at which files are there, reads those that are new or
changed, and forgets those that are gone; thrown away, it is made again, the same.  Where it cannot be written, it is
made in memory.  A file that cannot be read has a row that nobody is shown, so that it is not tried again each time.

Going through ten thousand files takes a tenth of a second.  Who asks often does it at a glance: then only the folders'
own times are looked at, which change whenever a file comes, goes, or is put in another's place.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any, NamedTuple, TypeVar

from pipelines.checks import check_whole
from pipelines.parts import MAX_SEED
from studio.formats.xmp import MADE
from studio.library import recipe as recipes
from studio.library import said as sayings
from studio.library.query import Entry, Query, entry

VERSION = 2
FILE = re.compile(r".*_([0-9a-f]{12})\.png")
COLUMNS = (
    "id", "path", "stamp", "trashed", "readable", "time", "prompt", "negative", "words", "called", "model", "title",
    "task", "sampler", "seed", "width", "height", "pixels", "source", "source_type", "star", "tags", "collection",
)  # fmt: skip
Found = TypeVar("Found")
DAY = 86_400.0
BUSY = 10.0
"""Seconds that one process waits for another to finish writing."""

GLANCE = 30.0
"""Seconds after which a glance is not enough: what is written over in place leaves its folder as it was."""

COARSE = 2.0
"""Seconds within which a folder may change twice without showing it (FAT counts by two)."""

SOON = 0.5
"""Seconds for which a glance is enough at a folder that may have done so."""


class Place(NamedTuple):
    """Where a picture's file is, and a stamp that differs whenever the file, or what is said of it, does."""

    path: str
    trashed: bool
    stamp: str


class Index:
    """Over the results in ``outputs`` and in its trash."""

    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self.trash = outputs / ".trash"
        self.said = outputs / ".studio" / "said"
        self.file = outputs / ".studio" / "library.sqlite"

    def find(self, query: Query, glance: bool = False) -> list[Entry]:
        """The pictures that a query is about, newest first."""
        sql, values = query.sql()
        return [entry(row, self.outputs) for row in self.ask(sql, values, glance)]

    def count(self, query: Query, glance: bool = False) -> int:
        """How many pictures a query is about, wherever it begins and ends."""
        return int(self.ask(*query.counting(), glance)[0][0])

    def ask(self, sql: str, values: Sequence[Any] = (), glance: bool = False) -> list[sqlite3.Row]:
        """What a statement finds.  ``glance``: the files are gone through only where their folders have changed."""
        return self._ask(lambda database: database.execute(sql, values).fetchall(), glance)

    def known(self, id: str) -> Path | None:
        """Where a picture was when the index was asked last; None where it was not, or where there is no index."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._opened("ro")) as database:
            row = database.execute("SELECT path FROM pictures WHERE id = ?", (id,)).fetchone()
            return self.outputs / row[0] if row else None
        return None

    def _opened(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.file.absolute().as_uri()}?mode={mode}", timeout=BUSY, uri=True)

    def is_made(self, pixels: str) -> bool:
        """Whether a picture with these pixels is here that a model made wholly."""
        sql = "SELECT 1 FROM pictures WHERE pixels = ? AND source_type = ?"
        return self._ask(lambda database: database.execute(sql, (pixels, MADE)).fetchone()) is not None

    def rebuild(self) -> int:
        """Forget everything and read all files anew; how many pictures there are."""
        self._forget()
        return int(
            self._ask(lambda database: database.execute("SELECT count(*) FROM pictures WHERE readable").fetchone()[0])
        )

    def _ask(self, act: Callable[[sqlite3.Connection], Found], glance: bool = False) -> Found:
        """What is found in the database as the files are now, by a connection of its own: threads and processes ask.

        Damaged, the database is made anew; where there is no folder for it, or none that can be written, in memory.
        """
        if self.outputs.is_dir():
            for _ in range(2):
                try:
                    self.file.parent.mkdir(exist_ok=True)
                    return self._within(self.file, act, glance)
                except (sqlite3.OperationalError, OSError):
                    break
                except sqlite3.DatabaseError:
                    self._forget()
        return self._within(":memory:", act)

    def _within(self, file: Path | str, act: Callable[[sqlite3.Connection], Found], glance: bool = False) -> Found:
        with contextlib.closing(sqlite3.connect(file, timeout=BUSY)) as database:
            _prepare(database)
            now = time.time()
            changed = self._changes()
            if not (glance and _is_seen(database, changed, now)):
                self._follow(database)
                database.execute("INSERT OR REPLACE INTO followed VALUES (0, ?, ?)", (repr(changed), now))
                database.commit()
            return act(database)

    def folders(self) -> str:
        """What differs once a file has come to the library, its trash or what is said of it, or has gone."""
        return " ".join(map(str, self._changes()))

    def _changes(self) -> list[int]:
        return [_changed(folder) for folder in (self.outputs, self.trash, self.said)]

    def _forget(self) -> None:
        """Throw the database away, with the files that SQLite keeps beside it; a row is made of each file again."""
        for each in self.file.parent.glob(f"{self.file.name}*"):
            with contextlib.suppress(OSError):
                each.unlink()

    def _follow(self, database: sqlite3.Connection) -> None:
        places = self._places()
        known = dict(database.execute("SELECT id, stamp FROM pictures"))
        gone = [(id,) for id in known.keys() - places.keys()]
        new = [self._row(id, place) for id, place in places.items() if known.get(id) != place.stamp]
        if gone:
            database.executemany("DELETE FROM pictures WHERE id = ?", gone)
        if new:
            marks = ", ".join("?" * len(COLUMNS))
            database.executemany(f"INSERT OR REPLACE INTO pictures ({', '.join(COLUMNS)}) VALUES ({marks})", new)

    def _places(self) -> dict[str, Place]:
        """All results by id: in the trash only where not outside of it too."""
        said = {file.name: f"{stat.st_mtime_ns}.{stat.st_ino}" for file, stat in _files(self.said)}
        found = {}
        for folder, trashed in ((self.trash, True), (self.outputs, False)):
            for file, stat in _files(folder):
                name = FILE.fullmatch(file.name)
                if name and S_ISREG(stat.st_mode) and _is_text(file.name):
                    about = said.get(f"{name[1]}.json", "")
                    stamp = f"{stat.st_mtime_ns} {stat.st_size} {trashed:d} {about} {file.name}"
                    found[name[1]] = Place(file.path, trashed, stamp)
        return found

    def _row(self, id: str, place: Place) -> tuple[Any, ...]:
        try:
            read = _kept(_read(Path(place.path)))
        except Exception:  # one broken file is no reason to find nothing
            read = {}
        said = sayings.read(self.said / f"{id}.json")
        row = dict.fromkeys(COLUMNS, "") | {"seed": 0, "width": 0, "height": 0, "time": 0.0} | read
        row |= {"id": id, "path": Path(place.path).relative_to(self.outputs).as_posix(), "stamp": place.stamp}
        row |= {"trashed": place.trashed, "readable": bool(read)}
        row |= {"star": said.star, "tags": json.dumps(said.tags, ensure_ascii=False), "collection": said.collection}
        return tuple(row[name] for name in COLUMNS)


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables, anew where they are of another version."""
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA journal_mode = WAL")
    if database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        database.execute("DROP TABLE IF EXISTS pictures")
        database.execute("DROP TABLE IF EXISTS followed")
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute(f"CREATE TABLE IF NOT EXISTS pictures ({', '.join(COLUMNS)}, PRIMARY KEY (id))")
    database.execute("CREATE TABLE IF NOT EXISTS followed (one PRIMARY KEY, stamp, time)")
    database.execute("CREATE INDEX IF NOT EXISTS by_pixels ON pictures (pixels)")
    database.execute("CREATE INDEX IF NOT EXISTS by_source ON pictures (source)")
    database.execute("CREATE INDEX IF NOT EXISTS by_time ON pictures (time DESC, id)")


def _is_seen(database: sqlite3.Connection, changed: list[int], now: float) -> bool:
    """Whether all files were gone through since their folders ``changed``, and not too long ago.

    A file may come in the same moment as another that was seen: folders that had just changed are not trusted for long.
    """
    seen = database.execute("SELECT stamp, time FROM followed").fetchone()
    if not seen or seen["stamp"] != repr(changed):
        return False
    settled = seen["time"] - max(changed) / 1e9 > COARSE
    return 0 <= now - seen["time"] < (GLANCE if settled else SOON)


def _read(path: Path) -> dict[str, Any]:
    """What a result's own file says, by the names of columns."""
    recipe, (width, height) = recipes.head(path)
    request = recipe["request"]
    words = f"{request['prompt']}\n{request['negative']}".casefold()
    source_type = recipe.get("source_type") or recipes.source_type(request["task"], False)
    return {
        "time": datetime.fromisoformat(recipe["created"]).timestamp(),
        "prompt": str(request["prompt"]),
        "negative": str(request["negative"]),
        "words": words,
        "called": f"{recipe['model']} {recipe['title']}".casefold(),
        "model": str(recipe["model"]),
        "title": str(recipe["title"]),
        "task": str(request["task"]),
        "sampler": str(request["sampling"]["sampler"]),
        "seed": int(request["sampling"]["seed"]),
        "width": width,
        "height": height,
        "pixels": str(recipe.get("pixels") or recipes.pixels(path)),
        "source": recipes.source_key(request),
        "source_type": str(source_type),
    }


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """The same row; an error where it has what the database, or a calendar, has not."""
    check_whole("seed", row["seed"], 0, MAX_SEED)
    datetime.fromtimestamp(row["time"] + DAY).astimezone()
    if not all(_is_text(value) for value in row.values() if isinstance(value, str)):
        raise ValueError("half a character")
    return row


def _is_text(text: str) -> bool:
    """Whether a text is one: names of files, and JSON, may hold halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _changed(folder: Path) -> int:
    """When a file came to a folder last, or went, in nanoseconds; 0 where there is no folder."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _files(folder: Path) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """What is in a folder that may not exist; links are not followed, and what vanishes meanwhile is left out."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for each in entries:
            with contextlib.suppress(FileNotFoundError):
                yield each, each.stat(follow_symlinks=False)

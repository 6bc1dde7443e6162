"""The jobs on disk: SQL and nothing else.

One SQLite file beside the pictures.  Every change is one transaction that is forced to the disk (a write-ahead log,
synchronous=FULL) before anybody hears of it; there are only a few in the life of a job.  The file stays locked as long
as it is open, so two studios never work off one queue, and the lock goes with the process, however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.errors import OutputError
from studio.jobs.job import Job, Result

MIGRATIONS = (
    """
    CREATE TABLE queue (paused INTEGER NOT NULL);
    INSERT INTO queue VALUES (0);
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        place INTEGER NOT NULL,
        model TEXT NOT NULL,
        requests TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'queued',
        message TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0,
        stopping INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE pictures (
        job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        mark TEXT NOT NULL,
        id TEXT UNIQUE,
        seed INTEGER,
        prompt TEXT,
        width INTEGER,
        height INTEGER,
        PRIMARY KEY (job, number)
    ) STRICT;
    """,
    "ALTER TABLE jobs ADD COLUMN grid TEXT;",
)
"""What makes each version of the file from the one before; SQLite's user_version counts those that were applied.

``mark``: written before the picture's file, and in the file's recipe; a picture without an id has no file, or one that
a crash has parted from its row.
"""

BUSY = 2.0
"""Seconds to wait for another studio that is just closing."""


class Store:
    """One open file of jobs.  Not for several threads at a time: whoever uses it takes turns.

    OutputError where the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()

    def _open(self) -> None:
        self._sql = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._sql.execute(f"PRAGMA {pragma}")
            self._migrate()
        except BaseException:
            self._sql.close()
            raise

    def _migrate(self) -> None:
        (version,) = self._sql.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise OutputError(f"{self.path} was written by a newer studio: update this one, or move the file away.")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._sql.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")

    def close(self) -> None:
        """Let the file go."""
        self._sql.close()

    def jobs(self) -> list[Job]:
        """All jobs, in the order of the queue."""
        columns = "id, model, requests, state, message, attempts, deaths, stopping, seconds, grid"
        with self._explained():
            jobs = {row[0]: Job(*row) for row in self._sql.execute(f"SELECT {columns} FROM jobs ORDER BY place")}
            made = "SELECT job, number, id, seed, prompt, width, height FROM pictures WHERE id IS NOT NULL"
            for job, number, *result in self._sql.execute(made):
                jobs[job].pictures[number] = Result(*result)
        return list(jobs.values())

    def add(self, job: Job) -> None:
        """A new job, at the end."""
        with self._whole():
            values = (job.id, job.model, job.requests, job.grid)
            place = "(SELECT ifnull(max(place), 0) + 1 FROM jobs)"
            sql = f"INSERT INTO jobs (id, place, model, requests, grid) VALUES (?, {place}, ?, ?, ?)"
            self._sql.execute(sql, values)

    def change(self, id: str, values: Mapping[str, Any]) -> None:
        """Set columns of one job."""
        with self._whole():
            self._set(id, values)

    def order(self, ids: Sequence[str]) -> None:
        """Let these jobs stand in this order, behind all others."""
        with self._whole():
            (last,) = self._sql.execute("SELECT ifnull(max(place), 0) FROM jobs").fetchone()
            places = [(place, id) for place, id in enumerate(ids, last + 1)]
            self._sql.executemany("UPDATE jobs SET place = ? WHERE id = ?", places)

    def mark(self, id: str, number: int, mark: str) -> None:
        """A picture of a job is about to be written, with this mark in its recipe."""
        with self._whole():
            self._sql.execute(
                "INSERT OR REPLACE INTO pictures (job, number, mark) VALUES (?, ?, ?)", (id, number, mark)
            )

    def marks(self, id: str) -> dict[str, int]:
        """Marks of pictures that may have been written, though no row says so, with their numbers."""
        with self._explained():
            return dict(self._sql.execute("SELECT mark, number FROM pictures WHERE job = ? AND id IS NULL", (id,)))

    def keep(self, id: str, number: int, result: Result, values: Mapping[str, Any]) -> None:
        """A marked picture has been written; with that, set columns of its job."""
        with self._whole():
            names = ", ".join(f"{name} = ?" for name in vars(result))
            sql = f"UPDATE pictures SET {names} WHERE job = ? AND number = ?"
            self._sql.execute(sql, (*vars(result).values(), id, number))
            self._set(id, values)

    def forget(self, ids: Sequence[str]) -> None:
        """Remove jobs; their pictures' files stay."""
        with self._whole():
            self._sql.executemany("DELETE FROM jobs WHERE id = ?", [(id,) for id in ids])

    @property
    def paused(self) -> bool:
        """Whether the queue stands still until somebody lets it go on."""
        with self._explained():
            (paused,) = self._sql.execute("SELECT paused FROM queue").fetchone()
            return bool(paused)

    @paused.setter
    def paused(self, paused: bool) -> None:
        with self._whole():
            self._sql.execute("UPDATE queue SET paused = ?", (paused,))

    def _set(self, id: str, values: Mapping[str, Any]) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        self._sql.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*values.values(), id))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of it or nothing, on the disk when it ends."""
        with self._explained():
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite or the system says into a sentence with a remedy."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutputError(_reason(self.path, error)) from error


def _reason(path: Path, error: Exception) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest its details
    if code == sqlite3.SQLITE_BUSY:
        return f"Another studio works in {path.parent.parent}: close it, or choose another folder with --outputs."
    if code == sqlite3.SQLITE_FULL:
        return f"The disk that holds {path} is full: free some space, then try again."
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"The list of jobs in {path} is damaged: move that file away to begin an empty one; pictures stay."
    return f"The list of jobs in {path} cannot be written ({error}): check the disk and the folder's permissions."

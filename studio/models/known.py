"""What was told of files once: kept in one JSON file, each until its file's size or time changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError, OutputError
from pipelines.shelf import Item
from studio.models.entries import Entry

VERSION = 3
"""Of what is told; with another one everything is looked at anew."""


class Known:
    """Kept in ``file``, where that can be written; nothing is lost without it but time."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._rows: dict[str, dict[str, Any]] | None = None
        self._changed = False

    def entry(self, item: Item, look: Callable[[Item], Entry]) -> Entry:
        """The entry of an item, as it is known, else as ``look`` tells it; folders are always looked at."""
        row = self._row(item.path)
        if row is None:
            return look(item)
        if "entry" in row:
            with suppress(TypeError):  # kept by another version
                return Entry(path=item.path, **row["entry"])
        entry = look(item)
        row["entry"] = {key: value for key, value in asdict(entry).items() if key != "path"}
        self._changed = True
        return entry

    def sha256(self, path: Path) -> str:
        """The hash of a file; ModelError where it cannot be read."""
        row = self._row(path)
        if row is None:
            raise ModelError(f"{path} is a folder, which has no hash: only single files have one.")
        if not isinstance(row.get("sha256"), str):
            try:
                with path.open("rb") as file:
                    row["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
            self._changed = True
        return str(row["sha256"])

    def keep(self) -> None:
        """Write down what is new, if that is possible."""
        from studio.library.files import write_whole  # brings Pillow along, which `--help` can do without

        if self._changed and self.file.parent.parent.is_dir():
            with suppress(OutputError):
                write_whole(self.file, json.dumps({"version": VERSION, "files": self._rows}).encode())
                self._changed = False

    def _row(self, path: Path) -> dict[str, Any] | None:
        """What is known of a file as it is now, perhaps nothing yet; None for what is no file."""
        try:
            state = path.stat()
        except OSError:
            return None
        if not path.is_file():
            return None
        rows, mark = self._read(), [state.st_size, state.st_mtime_ns]
        row = rows.get(str(path.absolute()))
        if not isinstance(row, dict) or row.get("mark") != mark:
            row = rows[str(path.absolute())] = {"mark": mark}
        return row

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._rows is None:
            self._rows = {}
            with suppress(OSError, ValueError, AttributeError):
                data = json.loads(self.file.read_text(encoding="utf-8"))
                files = data.get("files")
                self._rows = files if data.get("version") == VERSION and isinstance(files, dict) else {}
        return self._rows

"""The state of the page: keys and JSON values in one file, written whole at each change.

Whoever writes a key last is right.  A page asks for all values when it opens, and tells what changes.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import InvalidRequest
from studio.library.files import write_whole

KEY = re.compile(r"[^\x00-\x1f]{1,300}")
MOST_KEYS = 200
MOST_BYTES = 16 * 2**20
"""Of all values as JSON: a canvas with tens of thousands of strokes."""


class Desk:
    """Safe to use from any thread; the file is read when it is first asked for."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._values: dict[str, Any] | None = None
        self.by = ""
        """Which page laid something there last, since the studio was started; a word of its own choice."""

    @property
    def version(self) -> str:
        """A hash of all that lies there."""
        return hashlib.sha256(_bytes(self.values())).hexdigest()[:16]

    def values(self) -> dict[str, Any]:
        """All that lies there."""
        with self._lock:
            return dict(self._read())

    def change(self, changes: Mapping[str, Any], by: str = "") -> None:
        """Set these keys, and remove those whose value is None; InvalidRequest, and no change, where one cannot be."""
        with self._lock:
            kept = {key: value for key, value in (self._read() | dict(changes)).items() if value is not None}
            self._write(checked(kept))
            self.by = by

    def clear(self, values: Mapping[str, Any]) -> None:
        """Let these lie there, instead of what did."""
        with self._lock:
            self._write(checked(values))
            self.by = ""

    def _read(self) -> dict[str, Any]:
        if self._values is None:
            self._values = self._from_disk()
        return self._values

    def _from_disk(self) -> dict[str, Any]:
        """What was kept; a file that nobody can read is put aside, since a desk can be laid anew."""
        try:
            return checked(json.loads(self.file.read_bytes()))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError, InvalidRequest):
            if self.file.is_file():
                self.file.replace(self.file.with_suffix(".damaged"))
            return {}

    def _write(self, values: dict[str, Any]) -> None:
        write_whole(self.file, _bytes(values))
        self._values = values


def _bytes(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def checked(values: Any) -> dict[str, Any]:
    """Values that may lie on a desk; InvalidRequest says why others may not."""
    if not isinstance(values, Mapping) or not all(isinstance(key, str) and KEY.fullmatch(key) for key in values):
        raise InvalidRequest("The state of a page is a JSON object whose keys are short names.")
    if len(values) > MOST_KEYS:
        raise InvalidRequest(f"The state of a page has {len(values)} keys; {MOST_KEYS} are the most.")
    try:
        size = len(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest("The state of a page must be plain JSON.") from error
    if size > MOST_BYTES:
        raise InvalidRequest(f"The state of a page takes {size // 2**20} MB; {MOST_BYTES // 2**20} MB are the most.")
    return dict(values)

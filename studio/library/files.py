"""Writing a file whole or not at all.

A temporary file in the same folder, its bytes forced to the disk, a rename, and the folder forced to the disk: whoever
looks sees the old state or the new one, also after a crash.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import OutputError

TEMPORARY = ".part"
LITTER_AGE = 3600.0
LEAST_FREE = 16 * 2**20
"""Bytes: below this a run is not begun, because its pictures would not fit."""


def write_whole(path: Path, data: bytes, lasting: bool = True) -> None:
    """Write a new file with its folder; OutputError, and nothing left behind, where that fails.

    ``path`` must be a name that nobody else writes: it holds either random letters or the hash of its content.
    ``lasting``: what can be made again need not be forced to the disk, which takes longer than many a file is worth.
    """
    temporary = path.with_name(f".{path.name[:40]}-{secrets.token_hex(4)}{TEMPORARY}")
    with _explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_through(temporary, data, lasting)
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        if lasting:
            _sync_folder(path.parent)


def move(path: Path, folder: Path) -> Path:
    """Move a file into a folder, which is made where it is missing; OutputError where that fails."""
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return path.replace(folder / path.name)


def remove(path: Path) -> None:
    """Remove a file, if it is there; OutputError where that fails."""
    with _explained(path.parent):
        path.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Try whether files can be written to a folder, which need not exist yet; OutputError where they cannot."""
    with _explained(folder):
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        probe = existing / f".{secrets.token_hex(8)}{TEMPORARY}"
        if not existing.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        probe.touch(exist_ok=False)
        probe.unlink()
        if shutil.disk_usage(existing).free < LEAST_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sweep(folder: Path) -> None:
    """Remove temporary files that a crash left; young ones may belong to another process at work."""
    for litter in folder.glob(f".*{TEMPORARY}"):
        with contextlib.suppress(OSError):
            if time.time() - litter.stat().st_mtime > LITTER_AGE:
                litter.unlink()


def _write_through(path: Path, data: bytes, lasting: bool) -> None:
    with path.open("xb") as file:
        file.write(data)
        if lasting:
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename last.  Windows cannot open folders, and needs none of this."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what the system says into a sentence with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(f"The disk that holds {folder} is full: free some space, then try again.") from error
        if isinstance(error, NotADirectoryError | FileExistsError):
            raise OutputError(f"{folder} cannot be a folder, because a file is in the way: choose another.") from error
        reason = error.strerror or type(error).__name__
        raise OutputError(f"Nothing can be written to the folder {folder} ({reason}): choose another.") from error

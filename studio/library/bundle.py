"""Several pictures as one ZIP file, sent while it is made; each keeps its name and every byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

PART = 2**20


class _Outlet(io.RawIOBase):
    """What is written to it is taken out again; that it cannot be wound back tells ``zipfile`` to write in one go."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def zipped(paths: Sequence[Path]) -> Iterator[bytes]:
    """The bytes of a ZIP file of these files, uncompressed, since PNG is already; those that are gone are left out."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as bundle:
        for path in paths:
            try:
                info = zipfile.ZipInfo.from_file(path, path.name, strict_timestamps=False)
                source = path.open("rb")
            except OSError:
                continue
            with source, bundle.open(info, "w", force_zip64=True) as target:
                while part := source.read(PART):
                    target.write(part)
                    yield outlet.take()
    yield outlet.take()

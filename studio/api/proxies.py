"""Small copies of large pictures, for the canvas to show."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from studio.library.thumbnails import shrunk

SIDE = 1600
"""Pixels of the longer side."""
MOST_KEPT = 16
"""Of some 300 kB each."""


class Proxies:
    """Each is made when it is first asked for; the ones last asked for are kept in memory."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, bytes] = OrderedDict()

    def of(self, id: str, path: Path) -> bytes:
        """The copy of a picture, a WebP file; UnreadableImage where the file is damaged."""
        data = self.kept.pop(id, None) or shrunk(path, SIDE)
        self.kept[id] = data
        while len(self.kept) > MOST_KEPT:
            self.kept.popitem(last=False)
        return data

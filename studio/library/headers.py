"""What a picture's file says of its own shape, read from the lengths of its parts; nothing is decoded.

A decoder does what a file tells it to.  Of 64 MB, a PNG of empty chunks or a JPEG of empty segments keeps it busy for
some ten seconds, and a JPEG may ask two million times to be gone over anew, which takes hours.  No camera or program
writes such files, so they are refused by what they consist of, before anybody begins.
"""

from __future__ import annotations

import re

from pipelines.errors import UnreadableImage

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"

MOST_PARTS = 100_000
"""Chunks of a PNG, segments of a JPEG.  64 MB are some 8,000 chunks, or 1,000 segments, of the usual length."""

MOST_SCANS = 100
"""Of a JPEG: how often the decoder goes over the whole picture.  Programs write 1 to 12."""

MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""What ends coded pixels: there 0xFF is followed by 0, or by one of eight marks from which on they can be repaired."""

SCAN, START, END, ALONE = 0xDA, 0xD8, 0xD9, 0x01


def check_parts(name: str, data: bytes) -> None:
    """UnreadableImage where a file consists of more parts than a picture has any use for."""
    if data.startswith(PNG) and _chunks(data) > MOST_PARTS:
        raise UnreadableImage(f"{name} consists of too many chunks: save it anew with another program.")
    if data.startswith(JPEG):
        segments, scans = _segments(data)
        if segments > MOST_PARTS or scans > MOST_SCANS:
            raise UnreadableImage(f"{name} consists of too many segments: save it anew with another program.")


def _chunks(data: bytes) -> int:
    """How many chunks a PNG has, counted until there are too many."""
    place, chunks = len(PNG), 0
    while place + 8 <= len(data) and chunks <= MOST_PARTS:
        place += 12 + int.from_bytes(data[place : place + 4], "big")
        chunks += 1
    return chunks


def _segments(data: bytes) -> tuple[int, int]:
    """How many segments and scans a JPEG has, counted until there are too many.

    Before the first scan each byte that has to be skipped counts too, since Pillow looks at each.
    """
    place, segments, scans = len(JPEG), 0, 0
    while segments <= MOST_PARTS and scans <= MOST_SCANS and (marker := MARKER.search(data, place)):
        kind = marker[1][0]
        if kind == END and scans:
            break
        segments += 1 if scans else marker.end() - place - 1
        scans += kind == SCAN
        place = marker.end() + _length(data, marker.end(), kind)
    return segments, scans


def _length(data: bytes, place: int, kind: int) -> int:
    """Of the segment whose marker ends at ``place``; three markers stand alone."""
    return 0 if kind in (ALONE, START, END) else int.from_bytes(data[place : place + 2], "big")

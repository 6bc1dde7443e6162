"""Damaged and hostile pictures through the one door for pictures: how many crash it, hang it or get past it unjudged.

python -m benchmarks.fuzz [--count 200000] [--seed 1]

Each picture is a sound PNG, JPEG or WebP that was then changed: bits, bytes, lengths, sizes and headers overwritten,
ends cut off, parts repeated, or its head put before another's body (`benchmarks/mutations.py`).  The door runs in a
child process; a picture that ends it is a crash, one that takes longer than ``PATIENCE`` seconds is a hang, and one
that the door answers with anything but a picture in bounds or one sentence is an escape.  All three must be 0.
Picture k of a seed is always the same: ``--only K`` writes it to a file.
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.mutations import mutant, sound_pictures
from pipelines.errors import UnreadableImage
from studio.library.door import MAX_PIXELS, open_mask, open_picture

PATIENCE = 10.0
MEMORY = 4 * 2**30
"""Bytes of address space that a child may have: a picture that asks for more ends as an escape."""


class Tally(ctypes.Structure):
    """What the child has to say, in memory that survives it.  ``place``: the picture it is at."""

    _fields_ = (
        *((name, ctypes.c_long) for name in ("place", "opened", "refused", "slowest_place")),
        ("slowest", ctypes.c_double),
    )


@dataclass
class Found:
    """The places of what must not be."""

    crashes: list[int] = field(default_factory=list)
    hangs: list[int] = field(default_factory=list)
    escapes: list[tuple[int, str]] = field(default_factory=list)


def child(seed: int, first: int, last: int, tally: Any, escapes: Any) -> None:
    """Judge the pictures from ``first`` on; the parent watches ``tally.place`` advance."""
    _limit_memory()
    sound = sound_pictures()
    for place in range(first, last):
        data = mutant(sound, seed, place)
        tally.place = place
        began = time.perf_counter()
        try:
            _judge(data, place, tally)
        except BaseException as error:
            escapes.put((place, repr(error)[:200]))
        took = time.perf_counter() - began
        if took > tally.slowest:
            tally.slowest, tally.slowest_place = took, place
    tally.place = last


def _judge(data: bytes, place: int, tally: Any) -> None:
    try:
        picture = (open_mask if place % 4 == 0 else open_picture)(data)
    except UnreadableImage as refusal:
        assert "\n" not in str(refusal) and str(refusal).endswith("."), f"no sentence: {refusal}"
        assert not isinstance(refusal.__cause__, MemoryError), "it asked for too much memory"
        tally.refused += 1
    else:
        assert picture.width * picture.height <= MAX_PIXELS and picture.mode in ("RGB", "RGBA", "L", "I;16")
        assert picture.tobytes()
        tally.opened += 1


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def watch(seed: int, count: int, tally: Any, escapes: Any) -> Found:
    """Run children until all pictures were judged; the one that ended or held up a child is skipped by the next."""
    found, context, first = Found(), multiprocessing.get_context("spawn"), 0
    while first < count:
        process = context.Process(target=child, args=(seed, first, count, tally, escapes), daemon=True)
        process.start()
        hung = _hangs(process, tally)
        while not escapes.empty():
            found.escapes.append(escapes.get())
        if tally.place < count:
            (found.hangs if hung else found.crashes).append(tally.place)
        first = tally.place + 1
    return found


def _hangs(process: Any, tally: Any) -> bool:
    """Wait for the end of a child; whether it had to be made to end."""
    seen, since = -1, time.monotonic() + 30  # its start is no part of a picture
    while process.is_alive():
        process.join(0.2)
        if tally.place != seen:
            seen, since = tally.place, max(since, time.monotonic())
        elif time.monotonic() - since > PATIENCE:
            process.kill()
            process.join()
            return True
    return False


def report(found: Found, tally: Any, count: int, seconds: float) -> Iterator[str]:
    yield f"{count} pictures in {seconds:.0f} s, {count / seconds:.0f} a second"
    yield f"  opened   {tally.opened:8}"
    yield f"  refused  {tally.refused:8}   each in one sentence"
    yield f"  crashes  {len(found.crashes):8}   {found.crashes[:5] or ''}"
    yield f"  hangs    {len(found.hangs):8}   {found.hangs[:5] or ''}"
    yield f"  escapes  {len(found.escapes):8}   {found.escapes[:5] or ''}"
    yield f"  slowest  {tally.slowest:8.3f} s (picture {tally.slowest_place})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="K", help="write picture K to fuzz-K.bin instead")
    options = parser.parse_args()
    if options.only is not None:
        Path(f"fuzz-{options.only}.bin").write_bytes(mutant(sound_pictures(), options.seed, options.only))
        return 0
    context = multiprocessing.get_context("spawn")
    tally, escapes, began = context.Value(Tally, lock=False), context.Queue(), time.perf_counter()
    found = watch(options.seed, options.count, tally, escapes)
    print("\n".join(report(found, tally, options.count, time.perf_counter() - began)))
    return 1 if found.crashes or found.hangs or found.escapes else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""One decision for many pictures: what can be done is done, and what cannot is told of each, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.errors import StudioError
from studio.library.files import move
from studio.library.library import RESULT_ID, Library
from studio.library.query import Entry, Query
from studio.library.said import Said

MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Change:
    """What shall be said of pictures; None leaves it as it is.  ``add`` and ``drop``: tags, in this order."""

    star: bool | None = None
    collection: str | None = None
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def of(self, entry: Entry) -> Said:
        """What is then said of a picture; InvalidRequest where a tag or a collection is none."""
        tags = {*entry.tags, *Said(tags=self.add).tags} - {*Said(tags=self.drop).tags}
        star = entry.star if self.star is None else self.star
        collection = entry.collection if self.collection is None else self.collection
        return Said(star=star, tags=tuple(tags), collection=collection)


@dataclass(frozen=True)
class Outcome:
    """``done``: the ids of which something came.  ``problems``: why of the others not, no sentence twice."""

    done: tuple[str, ...]
    problems: tuple[str, ...]


def say(library: Library, ids: Sequence[str], change: Change) -> Outcome:
    """Say something of pictures, in the library or in its trash."""

    def act(entry: Entry) -> None:
        library.keep_said(entry.id, change.of(entry))

    return _each(library, ids, (False, True), act)


def trash(library: Library, ids: Sequence[str]) -> Outcome:
    """Throw pictures away."""
    return _each(library, ids, (False,), lambda entry: move(entry.path, library.index.trash))


def restore(library: Library, ids: Sequence[str]) -> Outcome:
    """Bring pictures back from the trash."""
    return _each(library, ids, (True,), lambda entry: move(entry.path, library.outputs))


def _each(library: Library, ids: Sequence[str], places: Sequence[bool], act: Callable[[Entry], object]) -> Outcome:
    """Do something to each picture once; all are looked up together, since every change makes the index look anew."""
    wanted = tuple(dict.fromkeys(id for id in ids if RESULT_ID.fullmatch(id)))
    found: dict[str, Entry] = {}
    if wanted:
        for trashed in places:
            found |= {each.id: each for each in library.find(Query(ids=wanted, trashed=trashed), glance=True)}
    done, problems = [], []
    for id in dict.fromkeys(ids):
        try:
            if id in found:
                act(found[id])
                done.append(id)
            else:
                problems.append(f"There is no picture {id[:40]!r} (any more).")
        except StudioError as error:
            problems.append(str(error))
    return Outcome(tuple(done), tuple(dict.fromkeys(problems)))

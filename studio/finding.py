"""The command ``library``: finding pictures, and what a person says of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.errors import InvalidRequest
from studio.asking import given
from studio.formats.texts import printable
from studio.library import Entry, Library, Query
from studio.library.library import RESULT_ID

LONGEST = 72
"""Characters of a prompt that a line shows."""


def manage(options: Namespace) -> int:
    """``library ACTION``."""
    library = Library(options.outputs)
    for line in ACTIONS[options.action](library, options):
        print(line)
    return 0


def search(library: Library, options: Namespace) -> Iterator[str]:
    """The pictures that are asked for, a line each."""
    names = ("model", "since", "until", "seed", "task", "tag", "collection", "starred", "trashed", "limit")
    query = Query(words=" ".join(options.what), **given(options, *names))
    found = library.find(query)
    for each in found:
        yield str(each.path) if options.paths else line(each)
    if options.limit and len(found) == options.limit:
        print(f"There may be more than {options.limit}: --limit 0 shows all.", file=sys.stderr)


def line(entry: Entry) -> str:
    """What a person sees of a picture."""
    prompt = " ".join(printable(entry.prompt).split())
    shown = prompt if len(prompt) <= LONGEST else f"{prompt[: LONGEST - 1]}…"
    said = ["*"] if entry.star else []
    said += [f"#{tag}" for tag in entry.tags] + ([f"[{entry.collection}]"] if entry.collection else [])
    said += [f"from {entry.parent}"] if entry.parent else []
    columns = (entry.id, f"{entry.time:%Y-%m-%d %H:%M}", f"{entry.width}x{entry.height}", f"seed {entry.seed}")
    return "  ".join((*columns, printable(entry.title), shown, *said))


def _each(act: Callable[[Library, str], object]) -> Callable[[Library, Namespace], Iterator[str]]:
    """The action that does something to each picture that is given."""

    def action(library: Library, options: Namespace) -> Iterator[str]:
        for word in _given(options):
            done = act(library, _id(word))
            if isinstance(done, Path):
                yield str(done)

    return action


def _tag(library: Library, options: Namespace) -> Iterator[str]:
    library.say(_id(_given(options)[0]), tags=tuple(options.what[1:]))
    yield from ()


def _collect(library: Library, options: Namespace) -> Iterator[str]:
    library.say(_id(_given(options)[0]), collection=" ".join(options.what[1:]))
    yield from ()


def _empty(library: Library, options: Namespace) -> Iterator[str]:
    yield f"{library.empty_trash()} pictures are gone."


def _rebuild(library: Library, options: Namespace) -> Iterator[str]:
    yield f"{library.index.rebuild()} pictures are in the index."


ACTIONS: dict[str, Callable[[Library, Namespace], Iterator[str]]] = {
    "search": search,
    "star": _each(lambda library, id: library.say(id, star=True)),
    "unstar": _each(lambda library, id: library.say(id, star=False)),
    "tag": _tag,
    "collect": _collect,
    "trash": _each(Library.trash),
    "restore": _each(Library.restore),
    "empty": _empty,
    "rebuild": _rebuild,
}


def _given(options: Namespace) -> list[str]:
    if not options.what:
        raise InvalidRequest(f"library {options.action} needs a picture: give its id, which search tells, or its file.")
    return list(options.what)


def _id(word: str) -> str:
    """The id of a picture that is given by it, or by its file."""
    id = Path(word).stem.rpartition("_")[2]
    return id if RESULT_ID.fullmatch(id) else word

"""What only a person says of a picture: star, tags, collection.

A small JSON file each, `.studio/said/<id>.json` in the folder of results.  Such a decision is in no picture's own file,
since that would have to be written anew, and in no database alone, since that is made from the files and may be thrown
away.  So it is a file too: written whole or not at all, copied with the pictures, and readable to anybody.
That a picture is thrown away is not said but done: its file then lies in `.trash`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.errors import InvalidRequest
from studio.library.files import remove, write_whole

LONGEST = 64
MOST_TAGS = 32


@dataclass(frozen=True, kw_only=True)
class Said:
    """``tags``: sorted, each once.  ``collection``: the one that the picture is in; empty where it is in none."""

    star: bool = False
    tags: tuple[str, ...] = ()
    collection: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", tuple(sorted({_name("tag", tag) for tag in self.tags})))
        object.__setattr__(self, "collection", _name("collection", self.collection) if self.collection else "")
        if len(self.tags) > MOST_TAGS:
            raise InvalidRequest(f"A picture has at most {MOST_TAGS} tags, but would have {len(self.tags)}: drop some.")


def read(path: Path) -> Said:
    """What is said in a file; nothing where it is missing or damaged."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Said(star=bool(data["star"]), tags=tuple(data["tags"]), collection=str(data["collection"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError, InvalidRequest):
        return Said()


def write(path: Path, said: Said) -> None:
    """Keep what is said; where that is nothing, there is no file."""
    if said == Said():
        remove(path)
    else:
        write_whole(path, json.dumps(asdict(said), ensure_ascii=False, indent=1).encode())


def _name(what: str, text: object) -> str:
    name = " ".join(text.split()) if isinstance(text, str) else ""
    if not name or len(name) > LONGEST or not name.isprintable():
        raise InvalidRequest(f"A {what} must be a word or some, 1 to {LONGEST} letters in all, but is {text!r}.")
    return name

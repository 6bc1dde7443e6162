"""The folder of pictures made: results with their recipes, and beside them the pictures they were made from.

    outputs/2026-11-21_064422.417_seed-7_a-red-house_9f86d081884c.png      a result; its id is the last part
    outputs/inputs/<sha256 of the pixels>.png                              a picture or mask that went in, kept once
    outputs/.trash/                                                        results thrown away, until it is emptied
    outputs/.studio/said/<id>.json                                         star, tags and collection of a result
    outputs/.studio/thumbnails/<id>-<side>.webp                            small copies, made when they are looked at
    outputs/.studio/library.sqlite                                         the index, made of all these files

Ids are opaque to whoever holds them, and never become part of a path before they were found to be plain hexadecimal.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from pipelines.errors import UnreadableImage
from pipelines.pictures import picture_key
from pipelines.requests import Request
from pipelines.rereading import from_dict
from studio.library import recipe as recipes
from studio.library import said as sayings
from studio.library.deep import load
from studio.library.files import check_writable, move, remove, sweep, write_whole
from studio.library.index import Index
from studio.library.query import Entry, Query
from studio.library.recipe import Recipe
from studio.library.said import Said
from studio.library.thumbnails import Thumbnails

RESULT_ID = re.compile(r"[0-9a-f]{12}")
INPUT_ID = re.compile(r"[0-9a-f]{64}")
SLUG_LENGTH = 48


@dataclass(frozen=True)
class Saved:
    """A picture on disk."""

    id: str
    path: Path
    width: int
    height: int


class Library:
    """Results and inputs under one folder, which is made when first written to."""

    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self.inputs = outputs / "inputs"
        self.index = Index(outputs)
        self.thumbnails = Thumbnails(outputs)

    def check(self) -> None:
        """Try whether results can be written, before work is spent on them; OutputError where they cannot."""
        check_writable(self.outputs)
        for folder in (self.outputs, self.inputs, self.index.said):
            sweep(folder)

    def save(self, picture: Image.Image, recipe: Recipe) -> Saved:
        """Write a result and whatever its request was made from; OutputError where that fails."""
        for source in recipe.request.pictures().values():
            self.keep(source)
        id = secrets.token_hex(6)
        path = self.outputs / _name(recipe, id)
        write_whole(path, recipes.png(picture, self._told(picture, recipe)))
        return Saved(id, path, *picture.size)

    def keep(self, picture: Image.Image) -> Saved:
        """Write a picture that goes in, once; its id is the SHA-256 of its pixels."""
        key = picture_key(picture)
        path = self.inputs / f"{key}.png"
        if not path.is_file():
            write_whole(path, recipes.png(picture))
        return Saved(key, path, *picture.size)

    def _told(self, picture: Image.Image, recipe: Recipe) -> Recipe:
        """The recipe with what only the picture and the library tell: its hash, and whether it is wholly a model's."""
        source = getattr(recipe.request, "image", None)
        of_ours = source is not None and self.index.is_made(picture_key(source))
        kind = recipes.source_type(recipe.request.task, of_ours)
        return replace(recipe, pixels=picture_key(picture), source_type=kind)

    def find(self, query: Query, glance: bool = False) -> list[Entry]:
        """The results that a query is about, newest first.  ``glance``: as ``Index.ask`` has it."""
        return self.index.find(query, glance)

    def entry(self, id: str, trashed: bool = False) -> Entry:
        """What is known of a result, or of one in the trash; UnreadableImage where there is none of that id."""
        found = self.index.find(Query(id=id, trashed=trashed)) if RESULT_ID.fullmatch(id) else []
        if not found:
            place = "trash" if trashed else "library"
            raise UnreadableImage(f"The {place} has no picture {id!r}: look for it by its words.")
        return found[0]

    def say(self, id: str, **said: Any) -> Said:
        """Set the star, the tags or the collection of a result, as ``Said`` names them; the rest stays as it is."""
        known = self.entry(id).id
        now = replace(sayings.read(self._said(known)), **said)
        self.keep_said(known, now)
        return now

    def keep_said(self, id: str, said: Said) -> None:
        """Write all that is said of a result; ``id`` must be one of the library's."""
        sayings.write(self._said(id), said)

    def _said(self, id: str) -> Path:
        return self.index.said / f"{id}.json"

    def trash(self, id: str) -> Path:
        """Throw a result away; it can be brought back until the trash is emptied."""
        return move(self.entry(id).path, self.index.trash)

    def restore(self, id: str) -> Path:
        """Bring a result back from the trash."""
        return move(self.entry(id, trashed=True).path, self.outputs)

    def empty_trash(self) -> int:
        """Remove what was thrown away, for good; how many results that were.  Other files in the folder stay."""
        thrown = self.index.find(Query(trashed=True))
        for each in thrown:
            remove(each.path)
            remove(self._said(each.id))
            self.thumbnails.forget(each.id)
        return len(thrown)

    def path_of(self, id: str, trashed: bool = False) -> Path | None:
        """The file of a result, or of one in the trash, or of an input; None where there is none of that id."""
        folder = self.index.trash if trashed else self.outputs
        if INPUT_ID.fullmatch(id):
            found: Iterable[Path] = [self.inputs / f"{id}.png"]
        elif not RESULT_ID.fullmatch(id):
            found = []
        elif (known := self.index.known(id)) and known.parent == folder and known.is_file():
            found = [known]
        else:
            found = folder.glob(f"*_{id}.png")
        return next((path for path in found if path.is_file() and not path.is_symlink()), None)

    def with_pixels(self, key: str) -> list[Path]:
        """The results whose pixels have this SHA-256."""
        return [each.path for each in self.index.find(Query(pixels=key))] if INPUT_ID.fullmatch(key) else []

    def with_size(self, id: str) -> Saved | None:
        """The file of a result or an input with its size; None where there is none that can be read."""
        path = self.path_of(id)
        size = _size(path) if path else None
        return Saved(id, path, *size) if path and size else None

    def picture(self, id: str) -> Image.Image:
        """A result or an input as it was written; UnreadableImage where it is gone or damaged."""
        path = self.path_of(id)
        if path is None:
            raise UnreadableImage("The library does not have this picture (any more): open it again from its file.")
        try:
            with Image.open(path, formats=("PNG",)) as picture:
                return load(picture, path)
        except Exception as error:
            raise UnreadableImage(f"{path} is damaged and cannot be read: open the picture again.") from error

    def recipe(self, path: Path) -> dict[str, Any]:
        """The recipe in a result, as plain data; UnreadableImage where the file has none."""
        return recipes.read(path)

    def request(self, path: Path) -> Request:
        """The request that makes a result again, with its pictures."""
        return from_dict(self.recipe(path).get("request", {}), find=lambda key: self.picture(str(key)))

    def recent(self, count: int) -> list[Saved]:
        """The newest results, newest first; a damaged file is left out."""
        found: list[Saved] = []
        for path in sorted(self.outputs.glob("*_*.png"), reverse=True):
            if len(found) == count:
                break
            id = path.stem.rpartition("_")[2]
            size = _size(path) if RESULT_ID.fullmatch(id) else None
            if size is not None:
                found.append(Saved(id, path, *size))
        return found


def _name(recipe: Recipe, id: str) -> str:
    """Sorted by name is sorted by time, and a person sees what it is."""
    time = datetime.fromisoformat(recipe.created).astimezone()
    stamp = f"{time:%Y-%m-%d_%H%M%S}.{time.microsecond // 1000:03d}"
    words = re.findall(r"\w+", recipe.request.prompt.lower())
    slug = "-".join(words)[:SLUG_LENGTH].strip("-_") or recipe.request.task.replace("_", "-")
    return f"{stamp}_seed-{recipe.request.sampling.seed}_{slug}_{id}.png"


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return picture.size
    except Exception:
        return None

"""Entries of the library and requests, as the page is told of them: plain data, and every text as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PIL import Image

from pipelines.errors import StudioError, UnreadableImage
from pipelines.rereading import from_dict
from studio import recalling
from studio.formats import ours
from studio.formats.marks import told
from studio.formats.reading import carried_from
from studio.formats.texts import Texts, read_texts
from studio.library import Entry, Query, Saved

if TYPE_CHECKING:
    from pipelines.requests import Request
    from studio.library import Library

MOST_CHILDREN = 48
SHOWN = ("id", "width", "height", "prompt", "task", "title", "seed", "star", "collection", "trashed")
STAND_IN = Image.new("L", (8, 8))
"""For the pictures of a request of which only the settings are wanted, so that none has to be decoded."""


def tile(entry: Entry) -> dict[str, Any]:
    """What a picture among many needs."""
    return {name: getattr(entry, name) for name in SHOWN} | {"tags": entry.tags, "time": entry.time.isoformat()}


def whole(library: Library, entry: Entry, here: str) -> dict[str, Any]:
    """All there is to know of one picture; what cannot be read of it is left out, and why is among its notes.

    ``here``: the reference of the model that draws.
    """
    relatives = {"parent": _parent(library, entry), "children": _children(library, entry)}
    try:
        texts = read_texts(entry.path)
        recipe = ours.loaded(texts)
        data = recipe["request"]
        model = recalling.model(entry.model, entry.title, here)
        said = settings(library, from_dict(data, lambda key: STAND_IN), recalling.pictures(data), model)
        notes = [*_facts(recipe), *told(texts)]
    except (StudioError, KeyError, TypeError) as error:
        said, notes = {"settings": [], "pictures": {}}, [f"Its recipe cannot be read: {error}"]
    return tile(entry) | {"model": entry.model, "name": entry.path.name, "notes": notes} | relatives | said


def settings(
    library: Library, request: Request, pictures: Mapping[str, str], model: recalling.Setting
) -> dict[str, Any]:
    """What can be set again of a request, and which of the pictures that it needs are here."""
    found = {name: library.with_size(key) for name, key in pictures.items()}
    return {
        "task": request.task,
        "settings": [recalling.told(each) for each in (*recalling.settings(request), model)],
        "pictures": {name: _saved(saved) for name, saved in found.items()},
    }


def from_file(library: Library, texts: Texts, here: str) -> dict[str, Any]:
    """What a file of whatever program says; ``program`` is empty where it says nothing that is known here."""

    def find(key: str) -> Image.Image:
        if library.path_of(key) is None:
            raise UnreadableImage("The library does not have it.")
        return STAND_IN

    carried = carried_from(texts, find)
    shape = {"width": texts.size[0], "height": texts.size[1], "marks": told(texts)}
    if carried is None:
        return shape | {"program": "", "model": "", "notes": [], "task": "", "settings": [], "pictures": {}}
    data = ours.loaded(texts).get("request") if carried.program == ours.PROGRAM else None
    pictures = recalling.pictures(data) if isinstance(data, Mapping) else {}
    needed = pictures if any(hasattr(carried.request, name) for name in recalling.PICTURES) else {}
    about = {"program": carried.program, "model": carried.model, "notes": carried.notes}
    return shape | about | settings(library, carried.request, needed, recalling.model(carried.model, "", here))


def _parent(library: Library, entry: Entry) -> dict[str, Any] | None:
    """The result that a picture was made from, or else what was opened for it; ``opened`` tells which."""
    found = library.find(Query(ids=(entry.parent,)), glance=True) if entry.parent else []
    if found:
        return tile(found[0]) | {"opened": False}
    saved = library.with_size(entry.source) if entry.source else None
    return None if saved is None else {"opened": True, "prompt": ""} | (_saved(saved) or {})


def _children(library: Library, entry: Entry) -> list[dict[str, Any]]:
    if not entry.pixels:
        return []
    found = library.find(Query(source=entry.pixels, limit=MOST_CHILDREN), glance=True)
    return [tile(each) for each in found if each.id != entry.id]


def _saved(saved: Saved | None) -> dict[str, Any] | None:
    return None if saved is None else {"id": saved.id, "width": saved.width, "height": saved.height}


def _facts(recipe: Mapping[str, Any]) -> list[str]:
    """What our own recipe says beside the settings."""
    on = recipe.get("on")
    where = ", ".join(map(str, on.values())) if isinstance(on, Mapping) else ""
    lines = [f"Made by Diffusion Studio {recipe.get('studio', '')}" + (f" ({where})." if where else ".")]
    proof = recipe.get("proof")
    if isinstance(proof, Mapping) and isinstance(proof.get("locked"), int | float):
        same = "and are in it unchanged" if proof.get("before") == proof.get("after") else "but are NOT in it unchanged"
        lines.append(f"Of the picture it was made from, {proof['locked']:.1%} were locked, {same}.")
    return lines

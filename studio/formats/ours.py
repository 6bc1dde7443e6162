"""Our own recipe, canonical JSON: in a text chunk of PNG, in XMP elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pipelines.errors import InvalidRequest, UnreadableImage
from pipelines.requests import TextToImage
from pipelines.rereading import from_dict
from studio.formats.draft import Carried, Draft
from studio.formats.texts import Texts

if TYPE_CHECKING:
    from PIL.Image import Image

CHUNK = "diffusion-studio"
PROGRAM = "Diffusion Studio"

Find = Callable[[str], "Image"]


def text(texts: Texts) -> str:
    """The recipe in a file, as JSON; empty where there is none."""
    return texts.chunks.get(CHUNK, texts.xmp.recipe)


def read(texts: Texts, find: Find | None = None) -> Carried | None:
    """What our recipe says; None where there is none.  ``find``: as ``pipelines.rereading`` has it."""
    if not text(texts):
        return None
    recipe = loaded(texts)
    data = recipe.get("request")
    if not isinstance(data, Mapping):
        return _damaged()
    model = str(recipe.get("model", ""))
    try:
        return Carried(from_dict(data, lambda key: (find or _nowhere)(str(key))), (), PROGRAM, model)
    except UnreadableImage:
        return _without_pictures(data, model)
    except InvalidRequest as error:
        return _damaged(str(error))


def loaded(texts: Texts) -> Mapping[str, Any]:
    """The recipe in a file as plain data, whatever is in it; empty where it is none."""
    try:
        found = json.loads(text(texts))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _nowhere(key: str) -> Image:
    raise UnreadableImage("The pictures that it was made from are not here.")


def _without_pictures(data: Mapping[str, Any], model: str) -> Carried:
    """What is left of an edit whose picture is gone."""
    shared = {item.name for item in fields(TextToImage)}
    rest = {name: value for name, value in data.items() if name in shared}
    lost = sorted(name.replace("_", " ") for name in data.keys() - shared - {"task"})
    note = f"The picture it was made from is not in the library, so its {', '.join(lost)} are left out."
    try:
        return Carried(from_dict(rest | {"task": TextToImage.task}), (note,), PROGRAM, model)
    except InvalidRequest as error:
        return _damaged(str(error))


def _damaged(why: str = "") -> Carried:
    draft = Draft(PROGRAM)
    draft.damaged()
    if why:
        draft.note(f"What is wrong with it: {why}")
    return draft.carried()

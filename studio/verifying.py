"""The command ``verify``: what a picture's file tells of where it comes from, whoever made it."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import UnreadableImage
from studio.formats import ours
from studio.formats.marks import MEANINGS, told
from studio.formats.reading import carried_from
from studio.formats.texts import SOFTWARE, Texts, printable, read_texts
from studio.formats.xmp import TERMS
from studio.library import recipe as recipes

NOTHING = "Nothing in the file says where it comes from; that proves nothing, since anybody can remove what is said."
ALTERED = "The pixels are NOT those that were written: somebody changed them and kept the recipe."


def verify(options: Namespace) -> int:
    """``verify FILE``: 0, or 1 where the pixels were changed."""
    lines = findings(options.image)
    print("\n".join(lines))
    return 1 if ALTERED in lines else 0


def findings(path: Path) -> list[str]:
    """What the file tells, a line each; UnreadableImage where it is no picture."""
    texts = read_texts(path)
    recipe = _recipe(texts)
    lines = _ours(path, recipe) if recipe else _others(texts)
    return [printable(line) for line in lines + told(texts) + _source(recipe)] or [NOTHING]


def _recipe(texts: Texts) -> Mapping[str, Any]:
    try:
        found = json.loads(ours.text(texts) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _ours(path: Path, recipe: Mapping[str, Any]) -> list[str]:
    """What our own recipe says, and whether the pixels are still its own."""
    request = recipe.get("request")
    task = str(request.get("task", "")) if isinstance(request, Mapping) else ""
    made = f"Diffusion Studio {recipe.get('studio', '')} made it ({task.replace('_', ' ')})"
    day = str(recipe.get("created", ""))[:16].replace("T", " ")
    lines = [f"{made} with the model {recipe.get('title', '')} on {day} UTC."]
    proof = recipe.get("proof")
    if isinstance(proof, Mapping) and isinstance(proof.get("locked"), int | float):
        same = "are" if proof.get("before") == proof.get("after") else "are NOT"
        lines.append(f"Of the picture it was made from, {proof['locked']:.1%} were locked, and {same} in it unchanged.")
    return [*lines, *_pixels(path, str(recipe.get("pixels") or ""))]


def _pixels(path: Path, written: str) -> list[str]:
    if not written:
        return []
    try:
        return ["The pixels are those that were written." if recipes.pixels(path) == written else ALTERED]
    except UnreadableImage:
        return ["The pixels cannot be compared: this is a copy in another format, or it is damaged."]


def _others(texts: Texts) -> list[str]:
    """Which program's recipe there is, or which program signed."""
    carried = carried_from(texts)
    if carried is not None:
        return [f"{carried.program} made it" + (f" with the model {carried.model}." if carried.model else ".")]
    software = texts.exif.get(SOFTWARE) or texts.chunks.get("Software", "")
    return [f"The file says that it was written by {software[:80]}."] if software else []


def _source(recipe: Mapping[str, Any]) -> list[str]:
    """The marks of the picture that it was made from."""
    origin = recipe.get("origin")
    if not isinstance(origin, Mapping):
        return []
    term = str(origin.get("source_type", ""))
    lines = [f"The picture it was made from was marked {term.removeprefix(TERMS)}{_meaning(term)}."] if term else []
    if origin.get("credentials"):
        lines.append("The picture it was made from had content credentials (C2PA).")
    return lines


def _meaning(term: str) -> str:
    return f" ({MEANINGS[term]})" if term in MEANINGS else ""

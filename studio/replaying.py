"""Making a picture again from its own file: what it takes, what of it is missing, and whether it came out the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ModelError, UnreadableImage
from pipelines.pictures import picture_key
from pipelines.requests import Request
from pipelines.rereading import from_dict
from studio.formats import ours, read_any
from studio.formats.texts import read_texts
from studio.library import Library, open_picture
from studio.library import recipe as recipes
from studio.models import ModelCard, Models

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Ingredients:
    """All that makes a picture again.

    ``pixels``: SHA-256 of the picture as it was written.  ``on``: device, precision and attention as they were.
    ``adapters``: the LoRAs and the like that were on, as the recipe has them.
    ``notes``: what is lost, where another program made the picture; there is then no hash to compare with.
    """

    request: Request
    card: ModelCard
    pixels: str = ""
    on: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    adapters: tuple[Mapping[str, Any], ...] = ()


def ingredients(path: Path, model: str | None, *libraries: Library) -> Ingredients:
    """What made the picture in a file; one sentence where something of it is missing.

    ``model``: another model than the recipe's.  ``libraries``: where the pictures that it was made from are looked for,
    beside those at the file's own place.
    """
    if not ours.text(read_texts(path)):
        return _of_another_program(path, model)
    recipe = recipes.read(path)
    places = (Library(path.parent), *libraries)
    request = from_dict(recipe.get("request", {}), find=lambda key: _source(path, str(key), places))
    card = _card(recipe) if model is None else Models().card(model)
    return Ingredients(
        request,
        card,
        recipe.get("pixels") or recipes.pixels(path),
        dict(recipe.get("on", {})),
        adapters=tuple(recipe.get("adapters", ())),
    )


def _of_another_program(path: Path, model: str | None) -> Ingredients:
    carried = read_any(path)
    if model is None:
        named = f" with {carried.model}" if carried.model else ""
        raise ModelError(f"{carried.program} made it{named}: say by --model which model is to make it here.")
    return Ingredients(carried.request, Models().card(model), notes=carried.notes)


def verdict(made: Path, wanted: Ingredients) -> str | None:
    """How a picture that was made again differs, in a sentence; None where it is the same, pixel for pixel."""
    recipe = recipes.read(made)
    if recipe["pixels"] == wanted.pixels:
        return None
    changed = [f"the {was['kind']} {was['name']}" for was in wanted.adapters if was not in recipe.get("adapters", ())]
    if changed:
        return f"It came out otherwise, as {' and '.join(changed)} is another file, or has another weight, by now."
    others = [f"{name} was {was}, is {recipe['on'].get(name)}" for name, was in wanted.on.items()]
    changed = [
        words for words, was in zip(others, wanted.on.items(), strict=True) if recipe["on"].get(was[0]) != was[1]
    ]
    if changed:
        return f"It came out otherwise, as it was made elsewhere: {', '.join(changed)}."
    return "It came out otherwise: the model's files, or the programs it runs on, are no longer what they were."


def _source(path: Path, key: str, libraries: tuple[Library, ...]) -> Image:
    """A picture that another was made from: among the inputs, or a result itself."""
    for library in libraries:
        if library.path_of(key) is not None:
            picture = library.picture(key)
            if picture_key(picture) == key:
                return picture
        for result in library.with_pixels(key):
            return open_picture(result)
    raise UnreadableImage(f"{path.name} was made from a picture that is missing: put it back as inputs/{key}.png.")


def _card(recipe: dict[str, Any]) -> ModelCard:
    reference, title = str(recipe.get("model", "")), recipe.get("title", "")
    try:
        return Models().card(reference)
    except ModelError as error:
        raise ModelError(
            f"The model {title!r} that made it is missing: give its folder by --model. ({error})"
        ) from error

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


def ingredients(path: Path, model: str | None, *libraries: Library, models: Models | None = None) -> Ingredients:
    """What made the picture in a file; one sentence where something of it is missing.

    ``model``: another model than the recipe's.  ``libraries``: where the pictures that it was made from are looked for,
    beside those at the file's own place.  ``models``: those that are known; the usual ones if None.
    """
    models = Models() if models is None else models
    if not ours.text(read_texts(path)):
        return _of_another_program(path, model, models)
    recipe = recipes.read(path)
    places = (Library(path.parent), *libraries)
    request = from_dict(recipe.get("request", {}), find=lambda key: _source(path, str(key), places))
    card = _card(recipe, models) if model is None else models.card(model)
    return Ingredients(
        request,
        card,
        recipe.get("pixels") or recipes.pixels(path),
        dict(recipe.get("on", {})),
        adapters=tuple(recipe.get("adapters", ())),
    )


def _of_another_program(path: Path, model: str | None, models: Models) -> Ingredients:
    carried = read_any(path)
    if model is None:
        named = f" with {carried.model}" if carried.model else ""
        raise ModelError(f"{carried.program} made it{named}: say by --model which model is to make it here.")
    return Ingredients(carried.request, models.card(model), notes=carried.notes)


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


def _card(recipe: dict[str, Any], models: Models) -> ModelCard:
    """The model that made a picture: where it was, else by the hash of its file, wherever that lies on the shelf."""
    reference, title, mark = str(recipe.get("model", "")), recipe.get("title", ""), recipe.get("file") or {}
    try:
        card = models.card(reference)
    except ModelError as error:
        moved = models.marked(mark)
        if moved is None:
            raise ModelError(
                f"The model {title!r} that made it is missing: give its folder by --model. ({error})"
            ) from error
        return models.card(str(moved.resolve()))
    if not mark or (card.folder.is_file() and models.sha256(card.folder) == mark["sha256"]):
        return card
    moved = models.marked(mark)
    if moved is None:
        raise ModelError(
            f"The model {title!r} that made it was another file than {card.folder} is now; the hash of that one begins "
            f"with {mark['sha256'][:10]}: put it back, or say by --model that another shall draw."
        )
    return models.card(str(moved.resolve()))

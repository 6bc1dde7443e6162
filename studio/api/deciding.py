"""What a person decides about pictures: stars, tags, collections, the trash.  Every change is a POST."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from studio.api.route import Route
from studio.library import batch
from studio.library.batch import MOST, Change
from studio.library.said import LONGEST, MOST_TAGS, Said

if TYPE_CHECKING:
    from studio.services import Studio

Id = Annotated[str, Field(max_length=64)]
Name = Annotated[str, Field(max_length=4 * LONGEST)]
"""Roughly: whether it is a name, ``Said`` tells in a sentence."""


class Chosen(BaseModel):
    """Some pictures."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST)]


class Saying(Chosen):
    """What shall be said of them; what is left out stays as it is."""

    star: bool | None = None
    collection: Name | None = None
    add: Annotated[list[Name], Field(max_length=MOST_TAGS)] = []
    drop: Annotated[list[Name], Field(max_length=MOST_TAGS)] = []


def router(studio: Studio) -> APIRouter:
    """``POST /library/say``, ``/trash``, ``/restore`` and ``/empty``; each answers with what was done, and what not."""
    doors = APIRouter(prefix="/library", route_class=Route)
    library = studio.library

    @doors.post("/say")
    def say(saying: Saying) -> dict[str, Any]:
        Said(tags=(*saying.add,), collection=saying.collection or "")  # what is no name is refused once, not for each
        change = Change(star=saying.star, collection=saying.collection, add=tuple(saying.add), drop=tuple(saying.drop))
        return asdict(batch.say(library, saying.ids, change))

    @doors.post("/trash")
    def trash(chosen: Chosen) -> dict[str, Any]:
        return asdict(batch.trash(library, chosen.ids))

    @doors.post("/restore")
    def restore(chosen: Chosen) -> dict[str, Any]:
        return asdict(batch.restore(library, chosen.ids))

    @doors.post("/empty")
    def empty() -> dict[str, Any]:
        return {"gone": library.empty_trash()}

    return doors

"""A picture's own settings once more: with other seeds, near it, or larger.  Each puts a job in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query

from pipelines.errors import ModelError
from pipelines.requests import MAX_COUNT, Request
from studio.api.route import Refusal, Route
from studio.library import Query as Wanted
from studio.remaking import enlarged, next_seeds, varied
from studio.replaying import Ingredients, ingredients

if TYPE_CHECKING:
    from studio.services import Studio

Count = Annotated[int, Query(ge=1, le=MAX_COUNT)]


def router(studio: Studio) -> APIRouter:
    """``POST /pictures/{id}/again``, ``/vary`` and ``/enlarge``; each answers with the job that it began."""
    doors = APIRouter(prefix="/pictures/{id}", route_class=Route)

    def begin(request: Request, made: Ingredients) -> dict[str, Any]:
        return {"job": studio.jobs.submit([request], made.card.reference)}

    @doors.post("/again")
    def again(id: str, count: Count = 1) -> dict[str, Any]:
        made = _made(studio, id)
        return begin(next_seeds(made.request, count, _taken(studio, made.request)), made)

    @doors.post("/vary")
    def vary(id: str, how: Literal["subtle", "strong"] = "subtle", count: Count = 1) -> dict[str, Any]:
        made = _made(studio, id)
        return begin(varied(made.request, how, count), made)

    @doors.post("/enlarge")
    def enlarge(id: str) -> dict[str, Any]:
        made = _made(studio, id)
        return begin(enlarged(made.request, studio.library.picture(id)), made)

    return doors


def _made(studio: Studio, id: str) -> Ingredients:
    """What made a picture, from its recipe; one sentence where it has none, or where the model is no longer there."""
    path = studio.library.path_of(id)
    if path is None:
        raise Refusal(404, "The library does not have this picture (any more).")
    if path.parent == studio.library.inputs:
        raise Refusal(400, "This picture came from outside and has no recipe: only results can be made again.")
    try:
        return ingredients(path, None, studio.library, models=studio.models)
    except ModelError as error:
        raise Refusal(
            409, "The model that made this picture is not there: put its folder back, or use the seed."
        ) from error


def _taken(studio: Studio, request: Request) -> set[int]:
    """The seeds that pictures of this prompt have, or will have when the queue is worked off."""
    library = studio.library.find(Wanted(task=request.task, words=request.prompt))
    made = {entry.seed for entry in library if entry.prompt == request.prompt}
    coming = [job for job in studio.jobs.all()["jobs"] if job["state"] in ("queued", "running")]
    return made.union(*(range(job["seed"], job["seed"] + job["count"]) for job in coming))

"""In how many rounds a picture will be extended, told before it is; the geometry alone, so no model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from pipelines.checks import MAX_SIDE
from pipelines.errors import InvalidRequest
from pipelines.requests import Margins
from pipelines.rounds import Round, plan_rounds
from studio.api.route import Route

if TYPE_CHECKING:
    from studio.models import ModelCard
    from studio.services import Studio

Side = Annotated[int, Query(ge=1, le=MAX_SIDE)]


@dataclass(frozen=True)
class Guessed:
    """What can be said of a model that is loaded elsewhere."""

    native: int
    multiple: int
    downscale: int


def guessed(card: ModelCard) -> Guessed:
    """By what its card says: its usual size, and its configuration's cells."""
    return Guessed(card.native, card.multiple, card.cell)


def router(studio: Studio) -> APIRouter:
    """``GET /rounds``: what a picture's size and its margins come to."""
    doors = APIRouter(prefix="/rounds", route_class=Route)

    @doors.get("")
    def rounds(
        width: Side, height: Side, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0
    ) -> list[dict[str, Any]]:
        margins = Margins(left=left, top=top, right=right, bottom=bottom)
        if width + left + right > MAX_SIDE or height + top + bottom > MAX_SIDE:
            raise InvalidRequest(f"The result would have a side of more than {MAX_SIDE} pixels: make the margins less.")
        model = guessed(studio.models.card(studio.model))
        return [_told(each) for each in plan_rounds((width, height), margins, model)]

    return doors


def _told(planned: Round) -> dict[str, Any]:
    """``added``: pixels by side.  ``width`` and ``height``: the canvas then.  ``windows``: boxes that are seen."""
    width, height = planned.size
    added = {side: pixels for side, pixels in vars(planned.margins).items() if pixels}
    return {"added": added, "width": width, "height": height, "windows": len(planned.windows)}

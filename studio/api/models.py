"""The models there are, and another one to draw."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body

from pipelines.errors import OutputError
from studio.api.route import Route
from studio.models import Offer, offers, pick, spoken

if TYPE_CHECKING:
    from studio.services import Studio

LONGEST = 4096
"""Characters of a reference, which may be a path."""


def router(studio: Studio) -> APIRouter:
    """``GET /models``, ``GET /models/spoken`` and ``POST /models/use``."""
    doors = APIRouter(route_class=Route)
    turn = threading.Lock()  # what is known of files is noted on the way

    def offered() -> tuple[str, tuple[Offer, ...]]:
        drawing = studio.models.card(studio.model).reference
        return drawing, offers(studio.models, drawing)

    @doors.get("/models")
    def models() -> dict[str, Any]:
        with turn:
            drawing, all_offers = offered()
        return {"drawing": drawing, "folder": str(studio.models.shelf.root), "models": [*map(asdict, all_offers)]}

    @doors.get("/models/spoken")
    def names() -> list[dict[str, str]]:
        with turn:
            return [asdict(each) for each in spoken(studio.models)]

    @doors.post("/models/use")
    def use(reference: str = Body(embed=True, max_length=LONGEST)) -> dict[str, str]:
        with turn:
            card = studio.use(pick(offered()[1], reference).reference)
            return {"reference": card.reference, "title": card.title, "note": _remembered(studio, card.reference)}

    return doors


def _remembered(studio: Studio, reference: str) -> str:
    """Let it be the usual model too; a sentence where the models folder cannot be written, which hinders nothing."""
    try:
        studio.models.choose(reference)
    except OutputError as error:
        return f"The choice holds until the studio ends, since it could not be written down: {error}"
    return ""

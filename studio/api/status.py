"""How the engine is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from studio.api.route import Route
from studio.settings import version

if TYPE_CHECKING:
    from studio.services import Studio


def router(studio: Studio) -> APIRouter:
    """``GET /status``."""
    doors = APIRouter(route_class=Route)

    @doors.get("/status")
    def status() -> dict[str, Any]:
        card = studio.models.card(studio.model)
        engine = studio.worker.status
        model = {"reference": card.reference, "title": card.title, "state": engine.state, "message": engine.message}
        return {"version": version(), "model": model | {"on": dict(engine.on)}}

    return doors

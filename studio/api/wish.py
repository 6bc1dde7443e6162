"""How the fields for several pictures at once are understood, told while they are being filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body
from pydantic import StringConstraints

from studio.api.route import Route
from studio.grids.grid import MOST_AXES
from studio.grids.wish import told

if TYPE_CHECKING:
    from studio.services import Studio

Text = Annotated[str, StringConstraints(max_length=100_000)]


def router(studio: Studio) -> APIRouter:
    """``POST /wish``: it changes nothing, but its question may be longer than an address."""
    doors = APIRouter(prefix="/wish", route_class=Route)

    @doors.post("")
    def wish(
        axes: Annotated[list[tuple[Text, Text, Text]], Body(max_length=MOST_AXES)], prompts: Annotated[Text, Body()]
    ) -> dict[str, Any]:
        return told(axes, prompts)

    return doors

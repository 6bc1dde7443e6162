"""A grid's pictures side by side, with what they differ in written above and beside them, to take away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from PIL import Image

from pipelines.depth import eight_bits
from studio.api.route import Refusal, Route
from studio.grids.saving import png
from studio.grids.sheet import LONGEST, sheets
from studio.jobs import FINAL

if TYPE_CHECKING:
    from studio.library import Library
    from studio.services import Studio

AT_ONCE = 1
"""Sheets that are composed at a time; one takes up to 200 MB."""


def router(studio: Studio) -> APIRouter:
    """``GET /jobs/{id}/sheet``; ``number``: which, where there is one for each value of a third axis."""
    doors = APIRouter(prefix="/jobs/{id}/sheet", route_class=Route)
    drawing = asyncio.Semaphore(AT_ONCE)

    @doors.get("")
    async def sheet(id: str, number: Annotated[int, Query(ge=1)] = 1) -> Response:
        view = _grid(studio, id, number)
        async with drawing:
            data = await run_in_threadpool(_drawn, view, number, studio.library)
        name = f"grid-{id}-{number}.png"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(data, media_type="image/png", headers=headers)

    return doors


def _grid(studio: Studio, id: str, number: int) -> dict[str, Any]:
    """The job, where it is a grid that is over and has so many sheets."""
    view = studio.jobs.view(id)
    if view is None:
        raise Refusal(404, "There is no such job (any more): its pictures, if any, are in the output folder.")
    if view["grid"] is None:
        raise Refusal(404, "This job is no grid, so it has no sheet: save its pictures one by one.")
    if view["state"] not in FINAL:
        raise Refusal(409, "The grid is not finished yet: wait for it, or stop it and save what is there.")
    if number > _count(view["grid"]):
        raise Refusal(404, f"This grid has {_count(view['grid'])} sheets, but number {number} was asked for.")
    return view


def _count(labels: Sequence[Sequence[str]]) -> int:
    return len(labels[2]) if len(labels) > 2 else 1


def _drawn(view: dict[str, Any], number: int, library: Library) -> bytes:
    """The PNG of one sheet; what was not made, or was thrown away since, stays blank."""
    across, down, title = (*view["grid"], [""], [""])[:3]
    cells = len(across) * len(down)
    most = LONGEST // (len(across) + 1), LONGEST // (len(down) + 1)
    made = view["pictures"][(number - 1) * cells : number * cells]
    pictures = [_cell(each, most, library) for each in [*made, *[None] * (cells - len(made))]]
    (drawn,) = sheets([across, down, [title[number - 1]]], pictures)
    return png(drawn, view["task"])


def _cell(picture: dict[str, Any] | None, most: tuple[int, int], library: Library) -> Image.Image | None:
    """A picture no larger than a sheet has room for, so that many of them fit into the memory."""
    if picture is None or library.path_of(picture["id"]) is None:
        return None
    cell = eight_bits(library.picture(picture["id"])).convert("RGB")
    cell.thumbnail(most, Image.Resampling.LANCZOS)
    return cell

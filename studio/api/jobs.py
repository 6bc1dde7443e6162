"""Watch a job, stream it, stop it, try it again; the queue as a whole."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from studio.api.route import Refusal, Route
from studio.jobs import FINAL

if TYPE_CHECKING:
    from studio.services import Studio

PAUSE = 0.1
"""Seconds between looks: at most ten events a second, and no thread held while nothing happens."""

KEEP_ALIVE = 15.0
UNCACHED = {"Cache-Control": "no-store"}
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def router(studio: Studio) -> APIRouter:
    """``/jobs``, ``/jobs/{id}`` and what is under it."""
    doors = APIRouter(prefix="/jobs", route_class=Route)
    _add_queue(doors, studio)

    def known(id: str) -> dict[str, Any]:
        view = studio.jobs.view(id)
        if view is None:
            raise Refusal(404, "There is no such job (any more): its pictures, if any, are in the output folder.")
        return view

    @doors.get("/{id}")
    async def job(id: str, response: Response) -> dict[str, Any]:
        response.headers.update(UNCACHED)
        return known(id)

    @doors.get("/{id}/events")
    async def events(id: str, request: Request) -> StreamingResponse:
        known(id)
        return StreamingResponse(_follow(studio, id, request), media_type="text/event-stream", headers=UNBUFFERED)

    @doors.get("/{id}/preview/{index}")
    async def preview(id: str, index: int) -> Response:
        known(id)
        jpeg = studio.jobs.preview(id, index)
        if jpeg is None:
            raise Refusal(404, "There is no preview of this picture now.")
        return Response(jpeg, media_type="image/jpeg", headers=UNCACHED)

    @doors.post("/{id}/cancel")
    def cancel(id: str) -> dict[str, Any]:
        known(id)
        studio.jobs.cancel(id)
        return known(id)

    @doors.post("/{id}/retry")
    def retry(id: str) -> dict[str, Any]:
        known(id)
        studio.jobs.retry(id)
        return known(id)

    @doors.post("/{id}/move")
    def move(id: str, to: int) -> dict[str, Any]:
        known(id)
        studio.jobs.move(id, to)
        return known(id)

    return doors


def _add_queue(doors: APIRouter, studio: Studio) -> None:
    """What concerns all jobs; each answers with the list of them.  Doors that write are no coroutines: disks wait."""

    @doors.get("")
    async def jobs(response: Response) -> dict[str, Any]:
        response.headers.update(UNCACHED)
        return studio.jobs.all()

    @doors.post("/pause")
    def pause() -> dict[str, Any]:
        studio.jobs.pause()
        return studio.jobs.all()

    @doors.post("/resume")
    def resume() -> dict[str, Any]:
        studio.jobs.resume()
        return studio.jobs.all()

    @doors.post("/stop")
    def stop(which: Literal["open", "waiting"] = "open") -> dict[str, Any]:
        """Those that wait first and from the end, so that none of them begins meanwhile."""
        for job in reversed(studio.jobs.all()["jobs"]):
            if job["state"] == "queued" or (job["state"] == "running" and which == "open"):
                studio.jobs.cancel(job["id"])
        return studio.jobs.all()

    @doors.post("/retry")
    def retry() -> dict[str, Any]:
        """Those that failed or were set aside, in the order in which they came."""
        for job in reversed(studio.jobs.all()["jobs"]):
            if job["state"] in ("failed", "quarantined"):
                studio.jobs.retry(job["id"])
        return studio.jobs.all()

    @doors.post("/clear")
    def clear() -> dict[str, Any]:
        studio.jobs.clear()
        return studio.jobs.all()


async def _follow(studio: Studio, id: str, request: Request) -> AsyncIterator[str]:
    """The job's view whenever it has changed, until it is over, or nobody listens."""
    seen, said = 0, time.monotonic()
    while not await request.is_disconnected():
        if studio.jobs.version(id) != seen:
            view = studio.jobs.view(id)
            if view is None:
                return
            seen, said = view["version"], time.monotonic()
            yield f"data: {json.dumps(view)}\n\n"
            if view["state"] in FINAL:
                return
        elif time.monotonic() - said > KEEP_ALIVE:
            said = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(PAUSE)

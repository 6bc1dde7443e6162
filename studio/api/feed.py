"""One stream for everything that a page shows: all jobs, as they come, change and go.

A browser grants few connections to one host, so a page has this one, however many jobs there are.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from studio.api.jobs import KEEP_ALIVE, PAUSE, UNBUFFERED
from studio.api.route import Route
from studio.jobs import FINAL
from studio.library import said

if TYPE_CHECKING:
    from studio.library import Library
    from studio.services import Studio

LATEST = 24
"""Jobs that are over and are told to a page that is just opened; the library has all of their pictures."""


def router(studio: Studio) -> APIRouter:
    """``GET /events`` and, for whoever only looks now and then, ``GET /events/now``."""
    doors = APIRouter(prefix="/events", route_class=Route)

    @doors.get("")
    async def events(request: Request) -> StreamingResponse:
        return StreamingResponse(_follow(studio, request), media_type="text/event-stream", headers=UNBUFFERED)

    @doors.get("/now")
    def now() -> dict[str, Any]:
        return whole(studio)

    return doors


def whole(studio: Studio) -> dict[str, Any]:
    """``paused``; ``ids`` of all jobs as they came; ``jobs``: views of those that are open and of the latest others."""
    ids, everything = list(studio.jobs.versions()), studio.jobs.all()
    over = [view for view in everything["jobs"] if view["state"] in FINAL]
    late = [view["id"] for view in over[LATEST:]]
    there = {path.stem.rpartition("_")[2] for path in studio.library.outputs.glob("*_*.png")}
    views = [_seen(view, studio.library, there) for view in everything["jobs"] if view["id"] not in late]
    return {"paused": everything["paused"], "ids": ids, "jobs": views}


def _seen(view: dict[str, Any], library: Library, there: Collection[str]) -> dict[str, Any]:
    """The view as the library stands: None for a picture that is not there, and which of the others have a star."""
    pictures = [_starred(each, library) if each and each["id"] in there else None for each in view["pictures"]]
    return view | {"pictures": pictures}


def _starred(picture: dict[str, Any], library: Library) -> dict[str, Any]:
    return picture | {"star": said.read(library.index.said / f"{picture['id']}.json").star}


async def _follow(studio: Studio, request: Request) -> AsyncIterator[str]:
    """All there is, and from then on what has changed, until nobody listens."""
    told = studio.jobs.versions()
    first = await asyncio.to_thread(whole, studio)
    yield f"data: {json.dumps(first)}\n\n"
    paused, spoke = first["paused"], time.monotonic()
    while not await request.is_disconnected():
        versions = studio.jobs.versions()
        if versions != told or studio.jobs.paused != paused:
            views = [studio.jobs.view(id) for id, version in versions.items() if told.get(id) != version]
            message = {"paused": studio.jobs.paused, "jobs": [view for view in views if view is not None]}
            if versions.keys() != told.keys():
                message["ids"] = list(versions)
            told, paused, spoke = versions, studio.jobs.paused, time.monotonic()
            yield f"data: {json.dumps(message)}\n\n"
        elif time.monotonic() - spoke > KEEP_ALIVE:
            spoke = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(PAUSE)

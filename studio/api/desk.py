"""What lies on the desk, and projects: all of it in one file."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from pipelines.errors import OutputError
from studio.api.route import Route
from studio.desk import Desk, pack, unpack

if TYPE_CHECKING:
    from studio.services import Studio

UNCACHED = {"Cache-Control": "no-store"}
AT_ONCE = 1
"""Projects that are opened at a time."""


def router(studio: Studio) -> APIRouter:
    """``/desk`` and ``/project``."""
    doors = APIRouter(route_class=Route)
    opening = asyncio.Semaphore(AT_ONCE)

    @doors.get("/desk")
    def desk(response: Response) -> dict[str, Any]:
        response.headers.update(UNCACHED)
        return _told(studio.desk)

    @doors.post("/desk")
    def change(changes: dict[str, Any] = Body(), by: str = Query("", max_length=40)) -> dict[str, Any]:  # noqa: B008
        before = studio.desk.version
        studio.desk.change(changes, by)
        return {"before": before, "version": studio.desk.version}

    @doors.get("/project")
    def save() -> FileResponse:
        with _on_disk(), tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
            pack(studio.desk.values(), studio.library, file.file)
        name = f"{datetime.now().astimezone():%Y-%m-%d_%H%M}.studio.zip"
        gone = BackgroundTask(_remove, file.name)
        return FileResponse(file.name, media_type="application/zip", filename=name, headers=UNCACHED, background=gone)

    @doors.post("/project")
    async def open_project(request: Request) -> dict[str, Any]:
        async with opening:
            with _on_disk(), tempfile.TemporaryFile() as file:
                async for chunk in request.stream():
                    file.write(chunk)
                file.seek(0)
                values = await run_in_threadpool(unpack, file, studio.library)
        await run_in_threadpool(studio.desk.clear, values)
        return _told(studio.desk)

    return doors


def _told(desk: Desk) -> dict[str, Any]:
    return {"version": desk.version, "by": desk.by, "values": desk.values()}


@contextlib.contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        raise OutputError(f"The project does not fit into {folder}: free some space there, then try again.") from error


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)

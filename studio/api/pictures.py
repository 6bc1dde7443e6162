"""Pictures in and out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response

from studio.api.proxies import SIDE, Proxies
from studio.api.route import Refusal, Route
from studio.library import open_mask, open_picture

if TYPE_CHECKING:
    from studio.services import Studio

MOST_BYTES = 64 * 2**20
MOST_AT_ONCE = 2
"""Pictures that are decoded at a time; the largest takes some 200 MB meanwhile."""

FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def router(studio: Studio) -> APIRouter:
    """``POST /pictures`` and ``GET /pictures/{id}``; with ``?side=1600`` a copy that fits into such a square."""
    doors = APIRouter(prefix="/pictures", route_class=Route)
    opening = asyncio.Semaphore(MOST_AT_ONCE)
    proxies = Proxies()

    @doors.post("")
    async def keep(request: Request, kind: Literal["picture", "mask"] = "picture") -> dict[str, Any]:
        data = await body(request)
        async with opening:
            opened = await run_in_threadpool(open_mask if kind == "mask" else open_picture, data)
            saved = await run_in_threadpool(studio.library.keep, opened)
        url = f"api/pictures/{saved.id}"
        return {"id": saved.id, "url": url, "width": saved.width, "height": saved.height}

    @doors.get("/{id}")
    async def picture(id: str, side: int | None = None) -> Response:
        if side not in (None, SIDE):
            raise Refusal(422, f"side must be {SIDE}, or be left out, but is {side}.")
        path = await run_in_threadpool(studio.library.path_of, id)
        if path is None:
            raise Refusal(404, "The library does not have this picture (any more).")
        if side is None:
            return FileResponse(path, media_type="image/png", headers=FOR_EVER)
        async with opening:
            data = await run_in_threadpool(proxies.of, id, path)
        return Response(data, media_type="image/webp", headers=FOR_EVER)

    return doors


async def body(request: Request) -> bytes:
    """The raw body.  One too large is let pass by: browsers hear no answer before they have sent it all."""
    data, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MOST_BYTES:
            data += chunk
    if size > MOST_BYTES:
        raise Refusal(413, f"The file is larger than {MOST_BYTES // 2**20} MB: shrink the picture.")
    return bytes(data)

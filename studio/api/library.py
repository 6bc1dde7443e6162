"""The library: finding pictures, and all about one of them.  What is decided about them goes by `deciding.py`."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as Asked
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from pipelines.errors import InvalidRequest, ModelError
from studio.api import telling
from studio.api.pictures import FOR_EVER, body
from studio.api.route import Refusal, Route
from studio.formats.texts import Texts, checked_texts
from studio.library import Entry, Query
from studio.library.batch import MOST
from studio.library.bundle import zipped
from studio.library.export import QUALITY, exported
from studio.library.headers import check_parts
from studio.library.library import RESULT_ID
from studio.library.tally import tally

if TYPE_CHECKING:
    from studio.library import Library
    from studio.services import Studio

MOST_AT_ONCE = 2
"""Pictures that are decoded at a time, for thumbnails and copies."""

MOST_TEXT = 200_000
"""Bytes of settings that come as text."""

PAGE, MOST_PAGE = 60, 200
CURSOR = re.compile(r"(-?\d{1,12}\.\d{6})_([0-9a-f]{12})")
UNCACHED = {"Cache-Control": "no-store"}
KINDS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def router(studio: Studio) -> APIRouter:
    """``/library`` and what is under it, as far as it changes nothing."""
    doors = APIRouter(prefix="/library", route_class=Route)
    _add_finding(doors, studio.library)
    _add_copies(doors, studio.library)

    @doors.post("/read")
    async def read(request: Request) -> dict[str, Any]:
        plain = request.headers.get("content-type", "").startswith("text/plain")
        data = await body(request)
        return await run_in_threadpool(lambda: telling.from_file(studio.library, _texts(data, plain), _drawing(studio)))

    @doors.get("/{id}")
    def picture(id: str, response: Response) -> dict[str, Any]:
        response.headers.update(UNCACHED)
        return telling.whole(studio.library, _entry(studio.library, id), _drawing(studio))

    return doors


def wanted(
    words: str = "",
    model: str = "",
    task: str = "",
    tag: str = "",
    collection: str = "",
    seed: int | None = None,
    since: date | None = None,
    until: date | None = None,
    starred: bool = False,
    trashed: bool = False,
) -> Query:
    """What is asked of the library, as it stands behind the question mark of an address."""
    return Query(
        words=words, model=model, task=task, tag=tag, collection=collection, seed=seed, since=since, until=until,
        starred=starred, trashed=trashed,
    )  # fmt: skip


def _add_finding(doors: APIRouter, library: Library) -> None:
    """Doors that only ask the index."""

    @doors.get("")
    def find(
        query: Annotated[Query, Depends(wanted)],
        response: Response,
        cursor: str = "",
        limit: Annotated[int, Asked(ge=1, le=MOST_PAGE)] = PAGE,
    ) -> dict[str, Any]:
        """A page of pictures, the newest first; ``next`` is the cursor of the one after, empty on the last."""
        response.headers.update(UNCACHED)
        query = replace(query, after=_place(cursor))
        found = library.find(replace(query, limit=limit + 1), glance=True)
        shown = found[:limit]
        following = _cursor(shown[-1]) if len(found) > limit else ""
        count = {} if cursor else {"count": library.index.count(query, glance=True)}
        return {"pictures": [telling.tile(each) for each in shown], "next": following} | count

    @doors.get("/tally")
    def tallied(response: Response) -> dict[str, Any]:
        """What there is to choose from."""
        response.headers.update(UNCACHED)
        return asdict(tally(library.index))

    @doors.get("/stamp")
    def stamp(response: Response) -> dict[str, str]:
        response.headers.update(UNCACHED)
        return {"stamp": library.index.folders()}


def _add_copies(doors: APIRouter, library: Library) -> None:
    """Doors that give copies of pictures; few are made at a time, and none of them in the event loop."""
    making = asyncio.Semaphore(MOST_AT_ONCE)

    @doors.get("/thumbnails/{id}")
    async def thumbnail(id: str, side: int = 320) -> Response:
        path = await run_in_threadpool(_file, library, id)
        data = await run_in_threadpool(library.thumbnails.kept, id, side)
        if data is None:
            async with making:
                data = await run_in_threadpool(library.thumbnails.make, id, path, side)
        return Response(data, media_type="image/webp", headers=FOR_EVER)

    @doors.get("/zip")
    def bundle(ids: str) -> StreamingResponse:
        """Pictures by their ids, with commas between them, as one file."""
        chosen = list(dict.fromkeys(ids.split(",")))
        if len(chosen) > MOST:
            raise Refusal(422, f"At most {MOST} pictures can be had at once, not {len(chosen)}: choose fewer.")
        paths = [_file(library, id) for id in chosen]
        headers = _attachment("pictures.zip") | UNCACHED
        return StreamingResponse(zipped(paths), media_type="application/zip", headers=headers)

    @doors.get("/{id}/as/{kind}")
    async def copy(
        id: str,
        kind: Literal["png", "jpeg", "webp"],
        recipe: bool = True,
        quality: Annotated[int, Asked(ge=1, le=100)] = QUALITY,
    ) -> Response:
        path = await run_in_threadpool(_file, library, id)
        async with making:
            data = await run_in_threadpool(partial(exported, path, kind.upper(), quality, recipe))
        name = f"{path.stem}.{kind.replace('jpeg', 'jpg')}"
        return Response(data, media_type=KINDS[kind], headers=_attachment(name) | UNCACHED)


def _drawing(studio: Studio) -> str:
    """The reference of the model that draws, as recipes have it."""
    try:
        return studio.models.card(studio.model).reference
    except ModelError:
        return studio.model


def _entry(library: Library, id: str) -> Entry:
    """What is known of a result, or of one in the trash."""
    for trashed in (False, True) if RESULT_ID.fullmatch(id) else ():
        if found := library.find(Query(id=id, trashed=trashed), glance=True):
            return found[0]
    raise Refusal(404, "The library does not have this picture (any more).")


def _file(library: Library, id: str) -> Any:
    """The file of a result, of one in the trash, or of an input."""
    path = library.path_of(id) or library.path_of(id, trashed=True)
    if path is None:
        raise Refusal(404, "The library does not have this picture (any more).")
    return path


def _texts(data: bytes, plain: bool) -> Texts:
    """The words in a file, or settings that come as text alone, as A1111 has them."""
    if not plain:
        check_parts("The file", data)
        return checked_texts("The file", data)
    if len(data) > MOST_TEXT:
        raise InvalidRequest(f"Settings of more than {MOST_TEXT:,} bytes are not read: paste those of one picture.")
    return Texts({"parameters": data.decode("utf-8", "replace")})


def _cursor(entry: Entry) -> str:
    return f"{entry.time.timestamp():.6f}_{entry.id}"


def _place(cursor: str) -> tuple[float, str] | None:
    """What a cursor names; InvalidRequest where it is none of ours."""
    found = CURSOR.fullmatch(cursor)
    if cursor and not found:
        raise InvalidRequest("This is no place in the library: begin with the first page.")
    return (float(found[1]), found[2]) if found else None


def _attachment(name: str) -> dict[str, str]:
    """Names of files hold letters of any script, of which headers know Latin ones; browsers take the second form."""
    plain = name.encode("ascii", "ignore").decode()
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"}

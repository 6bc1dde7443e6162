"""The HTTP doors.

    guard.py       who may knock: an ASGI wrapper around everything that is served, the page included
    hosts.py       the names that the studio answers to
    lock.py delays.py      the password, and how often it may be guessed
    body.py        a cap on what is sent
    narrow.py      which of Gradio's routes there are
    route.py       refusals as one sentence, {"message": …}
    jobs.py        watch, stream, stop, try again; the queue as a whole
    feed.py        one stream of all jobs, for a page
    pictures.py    in and out
    proxies.py     small copies of large ones, for the canvas
    again.py       the same settings once more: other seeds, variations, larger
    library.py telling.py deciding.py      finding pictures, all about one, and what a person decides about them
    sheets.py      a grid's pictures as one labelled picture
    rounds.py wish.py      what an outpainting will do; how the fields of a grid are understood
    desk.py        the state of the page, and projects
    models.py      the models there are, and another one to draw
    status.py      how the engine is

Each translates, and leaves the work to the parts behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from studio.api import again, deciding, desk, feed, jobs, library, models, pictures, rounds, sheets, status, wish
from studio.api.guard import Guard
from studio.api.lock import Lock
from studio.api.narrow import Narrow

if TYPE_CHECKING:
    from studio.services import Studio

__all__ = ["Guard", "Lock", "Narrow", "router"]


def router(studio: Studio) -> APIRouter:
    """All doors of one studio, under ``/api``."""
    doors = APIRouter(prefix="/api")
    for part in (status, jobs, feed, pictures, again, deciding, library, desk, models, rounds, sheets, wish):
        doors.include_router(part.router(studio))
    return doors

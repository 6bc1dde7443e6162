"""Of Gradio's routes, those that the page needs; the others are not there.

Gradio brings some sixty: uploads, files by path, a proxy, its own login, monitoring, and an editor.  Pictures come and
go by our own doors, so the page needs itself, its scripts, and the queue that its buttons submit to.

What is submitted there is looked at first: for a value that says it is a file, Gradio would look into its folder or,
given an address instead of a path, fetch it from the net.  The page never sends one.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHOWN = re.compile(
    r"/|/config|/favicon\.ico|/manifest\.json|/theme\.css|/(assets|static)/.+|/gradio_api/(queue/data|app_id)"
)
NEEDED = {"GET": SHOWN, "HEAD": SHOWN, "POST": re.compile(r"/gradio_api/queue/join")}

MOST_BYTES = 2**20
"""Of the values of one page's fields."""


class Narrow:
    """Gradio's application behind a gate."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what the page needs."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        needed = NEEDED.get(scope["method"])
        if needed is None or not needed.fullmatch(scope["path"]):
            await JSONResponse({"message": "There is nothing here."}, 404)(scope, receive, send)
        elif scope["method"] != "POST":
            await self.app(scope, receive, send)
        elif (body := await _body(Request(scope, receive))) is None:
            await JSONResponse({"message": "These are no values of the page's fields."}, 400)(scope, receive, send)
        else:
            await self.app(scope, _again(body, receive), send)


async def _body(request: Request) -> bytes | None:
    """The values that are submitted; None where they are none that the page would send."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    try:
        return None if _names_a_file(json.loads(body)) else body
    except (ValueError, RecursionError):
        return None


def _names_a_file(value: Any) -> bool:
    """Whether a file in Gradio's sense is anywhere in a value: it is marked by its ``meta``."""
    if isinstance(value, dict):
        return "meta" in value or any(map(_names_a_file, value.values()))
    return isinstance(value, list) and any(map(_names_a_file, value))


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, to be read once more."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return parts.pop() if parts else await receive()

    return receiving

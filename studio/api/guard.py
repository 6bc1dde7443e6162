"""Who may knock: one wrapper around everything that is served, Gradio's routes included.

A request passes these, in this order, before any route sees it:

    Host           must be a name of this studio, or a page of a hostile name that was pointed at 127.0.0.1 (DNS
                   rebinding) could read everything: 421
    Origin,        must be the studio's own page; only opening a page by a link from elsewhere is allowed: 403
    Sec-Fetch-Site
    password       where one is set (`lock.py`): 401, or 429 while whoever guessed wrong has to wait
    length         a body ends at ``MOST_BYTES``, or what ``LARGER`` says (`body.py`): 413

Programs that are no browsers send neither an Origin nor Sec-Fetch-Site and pass the second.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.api.body import capped
from studio.api.hosts import Hosts
from studio.api.lock import Lock

MOST_BYTES = 128 * 2**20
"""Twice what the door for pictures takes: whoever brings a little too much is heard to the end there, and told."""

LARGER = {"/api/project": 2**30}
"""Paths that take more: a project has many pictures in it, and goes to the disk as it comes."""

SAFE = frozenset({"GET", "HEAD"})

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio writes its configuration and templates as scripts
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers say `Origin: null` of our own forms
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Wraps the whole application, which is bound to ``host``; ``names`` are others that it is reached by."""

    def __init__(
        self, app: ASGIApp, host: str = "127.0.0.1", names: Collection[str] = (), lock: Lock | None = None
    ) -> None:
        self.app = app
        self.hosts = Hosts(host, names)
        self.lock = lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; every answer gets the headers."""
        if scope["type"] == "http":
            await self._answer(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await self._open(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        answer: Response | None = None
        if refusal is not None:
            status, message = refusal
            answer = JSONResponse({"message": message}, status)
        elif self.lock is not None and not self.lock.knows(scope):
            answer = await self.lock.refusal(Request(scope, receive))
        if answer is None:
            await capped(self.app, LARGER.get(scope["path"], MOST_BYTES), scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._refusal(scope) is None and (self.lock is None or self.lock.knows(scope)):
            await self.app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.hosts.knows(host):
            said = f"This studio does not answer to the name {host[:100]!r}"
            return 421, f"{said}: use the address that it printed, or start it with --allow-host and that name."
        if _is_foreign(scope, headers, host):
            return 403, "This came from another website, which may not do anything here: use the studio's own page."
        return None


def _is_foreign(scope: Scope, headers: Headers, host: str) -> bool:
    """Whether a page that is not the studio's own is behind a request; following a link to the studio is its user's."""
    origin = headers.get("origin")
    if origin is not None and _netloc(origin) != host.lower():
        return True
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return False
    return not (scope.get("method") in SAFE and headers.get("sec-fetch-mode") == "navigate")


def _netloc(origin: str) -> str | None:
    """``http://localhost:7860`` → ``localhost:7860``; None where it is nonsense."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending

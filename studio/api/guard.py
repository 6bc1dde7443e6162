"""Who may knock.  Gradio checks neither of these; a studio on somebody's own machine needs both.

- Host must be a name of this machine, or a page of a hostile name that was pointed at 127.0.0.1 (DNS rebinding) could
  read everything: 421.
- What changes something must not come from a page of another origin: 403.

Programs that are no browsers send neither an Origin nor Sec-Fetch-Site and pass.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN"}


class Guard:
    """Wraps the whole application.  ``host`` is the address it is bound to."""

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1") -> None:
        self.app = app
        self.hosts = LOOPBACK | {host.lower()}
        self.everywhere = _is_wildcard(host)
        if self.everywhere:
            name = socket.gethostname().lower()
            self.hosts |= {name, f"{name}.local"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and add the headers."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif refusal is not None:
            status, message = refusal
            await JSONResponse({"message": message}, status, HEADERS)(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _refusal(self, scope: MutableMapping[str, Any]) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._knows(host):
            return 421, f"This studio does not answer to the name {host[:100]!r}: use http://127.0.0.1 and its port."
        if scope.get("method") not in SAFE and _is_foreign(headers, host):
            return 403, "This came from another website, which may not do anything here: use the studio's own page."
        return None

    def _knows(self, host: str) -> bool:
        name = _name(host)
        return name in self.hosts or (self.everywhere and _is_address(name))


def _is_foreign(headers: Headers, host: str) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != host.lower()
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _name(host: str) -> str:
    """``[::1]:7860`` → ``::1``, in lower case; empty where it is nonsense."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending

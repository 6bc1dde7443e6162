"""The password in front of everything, where one is set: a page for people, `Authorization: Bearer` for programs.

It comes from a file or the environment, never from the command line, which other users of the machine can read.
Whoever gives it to the page gets a cookie that no script reads and no other website can have sent; the cookie holds a
number drawn when the studio started, so nothing about the password can be learnt from it, and a restart ends all
sessions.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Scope

from pipelines.errors import StudioError
from studio.api.delays import Delays
from studio.settings import ASSETS

VARIABLE = "DIFFUSION_STUDIO_PASSWORD"
SHORTEST = 8
LONGEST_FORM = 4096
MONTH = 30 * 24 * 3600
PRIVATE = {"Cache-Control": "no-store", "WWW-Authenticate": "Bearer"}

LOCKED = "This studio asks for its password: open its page and sign in, or send it as Authorization: Bearer."
WRONG = "This is not the password."


def read_password(file: Path | None) -> str | None:
    """The password from its file, or else from the environment, which loses it; None where none is set.

    StudioError where it cannot be read, or would be guessed too soon.
    """
    given = os.environ.pop(VARIABLE, None)  # so that the engine's process does not inherit it
    source = f"The environment variable {VARIABLE}"
    if file is not None:
        source = f"The password file {file}"
        try:
            given = file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
            raise StudioError(f"{source} cannot be read ({reason}): write one line of text into it.") from error
    if given is not None and len(given) < SHORTEST:
        raise StudioError(f"{source} holds {len(given)} characters: use a password of {SHORTEST} or more.")
    return given


class Lock:
    """Knows the password's digest and who has shown it."""

    def __init__(self, password: str, delays: Delays | None = None) -> None:
        self._digest = _digest(password.encode())
        self._session = secrets.token_urlsafe(32)
        self._delays = Delays() if delays is None else delays

    def knows(self, scope: Scope) -> bool:
        """Whether the cookie of somebody who has signed in comes with a request."""
        shown = cookie_parser(Headers(scope=scope).get("cookie", "")).get(_cookie(scope), "")
        return hmac.compare_digest(shown.encode(), self._session.encode())

    async def refusal(self, request: Request) -> Response | None:
        """What answers a request without cookie; None lets it pass, for it brings the password as `Bearer`."""
        if (request.method, request.url.path) == ("POST", "/login"):
            return self._sign_in(request, await _form(request))
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return _refuse(request, 401, LOCKED)
        return self._judge(request, given.strip().encode("latin-1"))  # as the bytes came

    def _sign_in(self, request: Request, given: bytes) -> Response:
        refused = self._judge(request, given)
        if refused is not None:
            return refused
        answer = RedirectResponse("./", 303, {"Cache-Control": "no-store"})
        https = request.url.scheme == "https"
        name = _cookie(request.scope)
        answer.set_cookie(name, self._session, MONTH, secure=https, httponly=True, samesite="strict")
        return answer

    def _judge(self, request: Request, given: bytes) -> Response | None:
        """None for the password.  Guesses that come too soon are not looked at, right ones neither."""
        address = request.client.host if request.client else ""
        wait = self._delays.left(address)
        if wait:
            answer = _refuse(request, 429, f"There were wrong guesses: the next is heard in {wait} s.")
            answer.headers["Retry-After"] = str(wait)
            return answer
        if hmac.compare_digest(_digest(given), self._digest):
            self._delays.succeeded(address)
            return None
        self._delays.failed(address)
        return _refuse(request, 401, WRONG)


def _refuse(request: Request, status: int, message: str) -> Response:
    """The page that asks for the password, for a browser that opens the studio; one sentence for all others."""
    if request.url.path not in ("/", "/login"):
        return JSONResponse({"message": message}, status, PRIVATE)
    page = (ASSETS / "page" / "login.html").read_text("utf-8")
    return HTMLResponse(page.replace("{message}", "" if message == LOCKED else message), status, PRIVATE)


async def _form(request: Request) -> bytes:
    """The password field of a form, as its bytes; empty where there is none, or more than a form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            return b""
    fields = parse_qs(body.decode("latin-1"), encoding="latin-1")  # in which each byte is a character
    return fields.get("password", [""])[0].encode("latin-1")


def _cookie(scope: Scope) -> str:
    """Its name has the port in it: browsers share cookies between all ports of a host."""
    _, port = scope.get("server") or ("", None)
    return f"diffusion-studio-{port}"


def _digest(password: bytes) -> bytes:
    """Of equal length for all, so that comparing two takes the same time for all."""
    return hashlib.sha256(password).digest()

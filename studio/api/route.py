"""Refusals as one sentence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from pipelines.errors import OutputError, StudioError
from studio.jobs import QueueFull

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Refusal(HTTPException):
    """Refuse with a status and a sentence."""


class Route(APIRoute):
    """A route whose every refusal is ``{"message": sentence}``."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, with what it raises turned into answers."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except HTTPException as error:
                return _answer(error.status_code, str(error.detail))
            except RequestValidationError as error:
                first = error.errors()[0]
                return _answer(422, f"{first['loc'][-1]} is not understood: {first['msg']}.")
            except QueueFull as full:
                return _answer(429, str(full), {"Retry-After": str(full.seconds)})
            except OutputError as error:
                return _answer(507, str(error))
            except StudioError as error:
                return _answer(400, str(error))

        return handler


def _answer(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"message": sentence}, status, headers)

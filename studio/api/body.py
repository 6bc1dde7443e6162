"""A cap on what may be sent, in whatever way it is sent."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


async def capped(app: ASGIApp, most: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Let ``app`` answer, but refuse a body of more than ``most`` bytes: at once where its length is said (413).

    Where it is not (chunks), the app is told that the sender has gone as soon as the cap is passed, and whatever it
    makes of that is not sent.
    """
    length = Headers(scope=scope).get("content-length", "")
    meter = Meter(receive, send, most)
    meter.over = length.isdecimal() and int(length) > most
    if not meter.over:
        try:
            await app(scope, meter.receive, meter.send)
        except Exception:
            if not meter.over:
                raise
    if meter.over and not meter.answered:
        message = f"More than {most // 2**20} MB were sent: send less at once."
        await JSONResponse({"message": message}, 413, {"Connection": "close"})(scope, receive, send)


class Meter:
    """Both directions of one request, as the app sees them."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self.left = most
        self.over = False
        self.answered = False

    async def receive(self) -> Message:
        """The next part of the body, or that nobody is there once there were too many."""
        if self.over:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self.left -= len(message.get("body", b""))
        self.over = self.left < 0
        return {"type": "http.disconnect"} if self.over else message

    async def send(self, message: Message) -> None:
        """Pass on an answer that was begun in time."""
        if not self.over or self.answered:
            self.answered = True
            await self._send(message)

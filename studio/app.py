"""The web process: one port, answered from the first moment.

    serve ─▶ listen            the port is ours, or one sentence says why not
          ─▶ Studio            the engine begins to load the model in its own process
          ─▶ uvicorn           doors and scripts at once; `/` shows a splash until the page is built behind it

Importing Gradio takes seconds, so it happens in a thread while the splash is shown.  Torch is never imported here.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.errors import StudioError
from studio import scripts
from studio.api import Guard, Lock, Narrow, router
from studio.api.hosts import is_loopback
from studio.api.lock import VARIABLE, read_password
from studio.importing import hurried
from studio.services import Studio
from studio.settings import Settings
from studio.wordlists import read_styles

MOST_SESSIONS = 50
"""Of which Gradio keeps a copy of the page's fields, a quarter of a megabyte each; it makes a new one for any other."""

STARTING = {"X-Studio": "starting", "Cache-Control": "no-store"}
SILENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
FORGETFUL = {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9)}
"""Gradio would keep a record of ten thousand clicks, and after each make a table and statistics of all of them."""


def serve(settings: Settings) -> None:
    """Serve the page until Ctrl+C; StudioError where that cannot begin."""
    lock = _lock(settings)
    with contextlib.closing(listen(settings.host, settings.port)) as listener, _private_folder():
        url = address(settings.host, listener.getsockname()[1])
        with Studio(settings) as studio:
            print(f"Diffusion Studio: {url}  (Ctrl+C ends it)", flush=True)
            for hint in read_styles(settings.words).hints:  # the page can only leave out what is meant here
                print(hint, file=sys.stderr, flush=True)
            _run(application(studio, lock, url if settings.browser else None), listener)


def listen(host: str, port: int) -> socket.socket:
    """A socket that is ours from now on; whoever connects waits until the server takes over."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if os.name != "nt":  # on Windows this would let two programs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError, ValueError) as error:
        listener.close()
        raise StudioError(_why_not(host, port, error)) from error
    return listener


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds the page."""
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}/"


def application(studio: Studio, lock: Lock | None = None, open_at: str | None = None) -> ASGIApp:
    """Everything that is served, guarded; `open_at` is the address that a browser is sent to."""
    page = Page(studio)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            building = asyncio.create_task(page.build(stack))
            if open_at and _has_screen():
                asyncio.get_running_loop().run_in_executor(None, webbrowser.open, open_at)
            yield
            building.cancel()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.include_router(router(studio))
    app.mount("/page", scripts.own())
    app.mount("/assets", scripts.gradios())
    app.mount("/", page)
    return Guard(app, studio.settings.host, studio.settings.allow_host, lock)


class Page:
    """Answers what no door answers: with the splash until the page is built, then with the page.

    What stands in the fields suits the model that draws, so there is one page a model, built when first asked for.
    """

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.app: ASGIApp = self.splash
        self._stack: contextlib.AsyncExitStack | None = None
        self._built: dict[str, ASGIApp] = {}
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to whichever stands; whoever opens the page is given that of the model that draws now."""
        if self._stack is not None and scope["type"] == "http" and scope["path"] == "/":
            await self._suit(self._stack)
        await self.app(scope, receive, send)

    async def build(self, stack: contextlib.AsyncExitStack) -> None:
        """Build the first page and put it in the splash's place."""
        await self._suit(stack)
        self._stack = stack

    async def _suit(self, stack: contextlib.AsyncExitStack) -> None:
        """Have the page of the model that draws: build it in a thread, and start what Gradio wants started."""
        async with self._turn:
            model = self.studio.model
            try:
                if model not in self._built:
                    page = await asyncio.to_thread(_gradio, self.studio)
                    await stack.enter_async_context(page.router.lifespan_context(page))
                    self._built[model] = Narrow(page)
                self.app = self._built[model]
            except Exception:
                logging.getLogger("uvicorn.error").exception("The page could not be built.")
                self.app = PlainTextResponse("The page could not be built: the terminal says why.", 500)

    async def splash(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A tiny page that loads itself anew once the real one stands."""
        if scope["type"] != "http":
            return
        shown = scope["path"] == "/"
        answer = HTMLResponse(scripts.splash(), headers=STARTING) if shown else Response(None, 503, STARTING)
        await answer(scope, receive, send)


def _gradio(studio: Studio) -> FastAPI:
    """The page as an application; this is what takes its time."""
    os.environ.update(FORGETFUL)
    with hurried():
        import gradio

        from studio.ui import page, theme

        blocks = page.build(studio)
        blocks.state_session_capacity = MOST_SESSIONS
        return gradio.mount_gradio_app(
            FastAPI(openapi_url=None),
            blocks,
            path="/",
            ssr_mode=False,
            run_history=False,
            footer_links=[],
            max_file_size=1,  # pictures come in by our own door, which looks at them
            theme=theme.theme(),
            head=scripts.head(),
        )


def _lock(settings: Settings) -> Lock | None:
    """The lock that the settings ask for; StudioError where others could reach the studio and there is none."""
    password = read_password(settings.password_file)
    if password is not None:
        return Lock(password)
    if is_loopback(settings.host):
        return None
    remedy = f"set a password with --password-file FILE or in {VARIABLE}, or leave --host out"
    raise StudioError(f"--host {settings.host or repr('')} lets others reach this studio: {remedy}.")


class Server(uvicorn.Server):
    """Hangs up at the end instead of waiting for browsers that follow a job."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the connections first: each stream then ends as if its listener had gone."""
        for connection in list(self.server_state.connections):
            connection.transport.close()
        await super().shutdown(sockets)


def _run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until a signal."""
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that both ways to the end clean up
    try:
        with contextlib.suppress(KeyboardInterrupt):
            Server(config).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _private_folder() -> Iterator[None]:
    """Give Gradio a folder of its own, which goes with the process, and have it send nothing to anybody."""
    with tempfile.TemporaryDirectory(prefix="diffusion-studio-", ignore_cleanup_errors=True) as folder:
        os.environ.update(SILENT, GRADIO_TEMP_DIR=folder)
        yield


def _has_screen() -> bool:
    """Without a screen, `webbrowser` would start a text browser in the terminal."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _why_not(host: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"Port {port} is taken: close the program that uses it, or choose another with --port {port + 1}."
    if number == errno.EACCES:
        return f"Port {port} needs special rights: choose one from 1024 to 65535 with --port."
    if isinstance(error, OverflowError):
        return f"There is no port {port}: choose one from 1024 to 65535 with --port."
    return f"{host} is no address of this machine ({error}): use --host 127.0.0.1."

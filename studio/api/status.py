"""How the engine is, and what it runs on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from fastapi import APIRouter

from studio.api.route import Route
from studio.settings import PROJECT, version

if TYPE_CHECKING:
    from studio.services import Studio
    from studio.settings import Settings

STARTED = {
    "model": "Model",
    "device": "Device",
    "precision": "Precision",
    "attention": "Attention",
    "memory": "Memory",
    "models": "Models folder",
    "outputs": "Pictures",
    "words": "Words and styles",
    "at_once": "Jobs at once",
    "host": "Address",
    "port": "Port",
}
"""Of ``Settings``, by their names, as the page calls them."""


def router(studio: Studio) -> APIRouter:
    """``GET /status``."""
    doors = APIRouter(route_class=Route)

    @doors.get("/status")
    def status() -> dict[str, Any]:
        card = studio.models.card(studio.model)
        engine = studio.worker.status
        model = {"reference": card.reference, "title": card.title, "on": dict(engine.on)}
        places = {"outputs": str(studio.settings.outputs.resolve()), "documents": str(PROJECT / "docs")}
        return {
            "version": version(),
            "model": {**model, "state": engine.state, "message": engine.message},
            "memory": _memory(studio.worker.pid),
            "started": started(studio.settings),
            **places,
        }

    return doors


def started(settings: Settings) -> list[dict[str, str]]:
    """What the studio was started with, each with the option that gives it another value the next time."""
    told = ((label, getattr(settings, name), f"--{name.replace('_', '-')}") for name, label in STARTED.items())
    return [{"label": label, "value": _words(value), "option": option} for label, value, option in told]


def _words(value: Any) -> str:
    return str(value.resolve()) if isinstance(value, Path) else str(value)


def _memory(engine: int | None) -> dict[str, int]:
    """Bytes of the machine's memory: all, what is left, and what the engine has of it, 0 where there is none."""
    machine = psutil.virtual_memory()
    return {"total": machine.total, "free": machine.available, "engine": _resident(engine)}


def _resident(pid: int | None) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid else 0
    except psutil.Error:
        return 0

"""One run under way, seen from the engine: what is kept of it, and what is told."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from PIL import Image

from pipelines.events import Picture, Step
from studio.workers.keeping import Kept
from studio.workers.messages import Made, Preview, Progress, Run

PREVIEW_PAUSE = 0.125
"""Seconds between previews, over all pictures of a run."""

Send = Callable[[Any], None]


class Going:
    """``send`` takes messages for the studio."""

    def __init__(self, run: Run, send: Send) -> None:
        self.kept = Kept(run)
        self._run = run
        self._send = send
        self._previews = Previews(run)

    def hear(self, event: Step | Picture) -> None:
        """Keep what has happened, and tell of it."""
        self.kept.hear(event)
        for message in self._told(event):
            self._send(message)

    def _told(self, event: Step | Picture) -> Iterator[Any]:
        run = self._run.run
        if isinstance(event, Picture):
            told = {item.name: getattr(event, item.name) for item in fields(Picture)}
            yield Made(run=run, **told)
            return
        yield Progress(run, event.index, event.step, event.steps)
        jpeg = self._previews.draw(event)
        if jpeg is not None:
            yield Preview(run, event.index, jpeg, event.place)


class Previews:
    """Draws a preview now and then: each picture of a run as often as the others."""

    def __init__(self, run: Run) -> None:
        self.pause = PREVIEW_PAUSE * run.request.count
        self.last: dict[int, float] = {}

    def draw(self, step: Step) -> bytes | None:
        """A small JPEG, or None where it is too soon, or the picture itself comes next."""
        now = time.monotonic()
        if step.step == step.steps or now - self.last.get(step.index, -self.pause) < self.pause:
            return None
        self.last[step.index] = now
        return _jpeg(step.preview())


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=85, subsampling=0)
    return file.getvalue()

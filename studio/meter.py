"""How far a run is, on the last line of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

from pipelines.events import Step
from pipelines.requests import Request
from studio.jobs.progress import Progress


class Meter:
    """One line that rewrites itself; nothing at all where ``screen`` is no terminal."""

    def __init__(self, requests: Sequence[Request], screen: TextIO) -> None:
        self._progress = Progress([each.sampling.steps for each in requests for _ in range(each.count)])
        self._screen = screen
        self._shown = screen.isatty()

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

    def advance(self, event: Step) -> None:
        """Show that a picture has taken a step."""
        self._progress.advance(event.index, event.step, event.steps)
        left = self._progress.seconds_left
        time = "" if left is None else f"   {_clock(left)} left"
        self._write(f"step {self._progress.step} of {self._progress.steps}{time}")

    def clear(self) -> None:
        """Leave an empty line for others to write on."""
        self._write("")

    def _write(self, text: str) -> None:
        if self._shown:
            self._screen.write(f"\r\x1b[K{text}")
            self._screen.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"

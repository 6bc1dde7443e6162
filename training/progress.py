"""One line that tells a person how far a stage has come."""

import sys
import time
from dataclasses import dataclass, field
from math import inf


@dataclass
class Line:
    """Stage, share, speed, loss and time left: renewed in place at a terminal, now and then a new line in a log."""

    stage: str
    unit: str
    share: float = 0.0  # when this run began
    count: float = 0.0
    _start: float = field(default_factory=time.monotonic)
    _shown: float = -inf

    def show(self, share: float, count: float, loss: float | None = None, left: float | None = None) -> None:
        """Tell it, if it was not told a moment ago. `left`: seconds, where the caller knows better than a guess."""
        now = time.monotonic()
        if now - self._shown < (0.2 if sys.stdout.isatty() else 15) and share < 1:
            return
        self._shown = now
        words = self._words(share, count, loss, left, max(now - self._start, 1e-6))
        print(f"\r{words}\x1b[K" if sys.stdout.isatty() else words, end="" if sys.stdout.isatty() else "\n", flush=True)

    def say(self, words: str) -> None:
        """A line of its own, above the one that is renewed."""
        print(f"\r{words}\x1b[K" if sys.stdout.isatty() else words, flush=True)

    def end(self) -> None:
        """Leave the last state standing."""
        if sys.stdout.isatty() and self._shown > -inf:
            print(flush=True)

    def _words(self, share: float, count: float, loss: float | None, left: float | None, seconds: float) -> str:
        left = seconds * (1 - share) / max(share - self.share, 1e-9) if left is None else left
        speed = (count - self.count) / seconds
        parts = [f"{self.stage:<12}{share:7.1%}", f"{count:,.0f} {self.unit}", f"{speed:,.1f}/s"]
        parts += [] if loss is None else [f"loss {loss:.4f}"]
        return "   ".join([*parts, f"{duration(left)} left" if share < 1 else f"in {duration(seconds)}"])


def duration(seconds: float) -> str:
    """Seconds in words: 8 s, 12 min, 3 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(min(seconds, 3.6e6) / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"

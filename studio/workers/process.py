"""A running child, seen from the parent."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any, cast

import psutil

from studio.settings import PROJECT

Hear = Callable[[Any], None]


class Process:
    """Starts at once.  ``hear`` is called with every message, in a thread of its own, and with None when it is over.

    The thread that makes one must last as long as the studio: on Linux the child ends with it.
    """

    def __init__(self, load: str, together: str, hear: Hear) -> None:
        self._sending = threading.Lock()
        self._reason: str | None = None
        self._silent = False
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "studio.workers.child", load, together],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
            start_new_session=True,  # so that Ctrl-C in the terminal reaches only the studio
        )
        self._commands = cast(IO[bytes], self._popen.stdin)
        self._events = cast(IO[bytes], self._popen.stdout)
        threading.Thread(target=self._read, args=(hear,), name="engine-reader", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs, and will be heard of when it does not."""
        return not self._silent and self._popen.poll() is None

    def send(self, message: Any) -> None:
        """Hand it a message; one that has died takes it silently, and ``hear`` has or will be told."""
        with self._sending, contextlib.suppress(OSError, ValueError):
            pickle.dump(message, self._commands)
            self._commands.flush()

    def close(self, patience: float = 5.0) -> None:
        """Let it end by itself, which takes a moment, or else end it."""
        self._hang_up()
        try:
            self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def kill(self, reason: str) -> None:
        """End it at once; ``reason`` is the end of a sentence about it."""
        self._reason = reason
        self._popen.kill()

    def appetite(self) -> tuple[int, ...]:
        """Numbers that change as long as it reads something, be it into memory that files are mapped to."""
        try:
            process = psutil.Process(self.pid)
            read = process.io_counters()[2::2] if hasattr(process, "io_counters") else ()
            return (*read, process.memory_info().rss)
        except psutil.Error:
            return ()

    def how_it_ended(self) -> str:
        """Why it is no longer there, as the end of a sentence."""
        code = self._popen.wait()
        if self._reason is not None:
            return self._reason
        if code == -9:
            return "was stopped by the system (signal 9), most likely for want of memory"
        return f"was stopped by signal {-code}" if code < 0 else f"ended by itself with code {code}"

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._commands.close()

    def _read(self, hear: Hear) -> None:
        try:
            with self._events as events:
                while True:
                    hear(pickle.load(events))
        except (EOFError, OSError, pickle.UnpicklingError):
            self._silent = True  # the pipe ends a moment before the process does
            self._hang_up()
            hear(None)

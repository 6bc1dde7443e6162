"""How soon the studio answers: `launch.py --help`, and the page's first byte, beside a bare Python's start.

python -m benchmarks.startup [--rounds 5]
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

LAUNCH = Path(__file__).parents[1] / "launch.py"


def run(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def first_byte() -> tuple[float, float]:
    """Seconds from the command to the first answer, and to the finished page."""
    port = free_port()
    with tempfile.TemporaryDirectory() as outputs:
        command = [sys.executable, str(LAUNCH), "--port", str(port), "--no-browser", "--outputs", outputs]
        start = time.perf_counter()
        studio = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            first = _until(f"http://127.0.0.1:{port}/", lambda body: True)
            return first - start, _until(f"http://127.0.0.1:{port}/", lambda body: b"gradio" in body) - start
        finally:
            studio.terminate()
            studio.wait(20)


def _until(url: str, done) -> float:  # type: ignore[no-untyped-def]
    for _ in range(3000):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                if done(answer.read()):
                    return time.perf_counter()
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"{url} did not answer within a minute")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = range(parser.parse_args().rounds)
    bare = statistics.median(run(sys.executable, "-c", "pass") for _ in rounds)
    help_ = statistics.median(run(sys.executable, str(LAUNCH), "--help") for _ in rounds)
    pages = [first_byte() for _ in rounds]
    print(f"python -c pass         {bare:6.3f} s")
    print(f"launch.py --help       {help_:6.3f} s   {help_ / bare:5.1f} x")
    for name, column in zip(("page, first byte", "page, ready"), zip(*pages, strict=True), strict=True):
        middle = statistics.median(column)
        print(f"{name:22} {middle:6.3f} s   {middle / bare:5.1f} x")


if __name__ == "__main__":
    main()

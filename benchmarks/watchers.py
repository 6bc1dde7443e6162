"""Many clients watching one job: how soon the studio answers them while the engine works.

python -m benchmarks.watchers [--clients 50] [--rate 2] [--seconds 20]

Each client asks for the status and for the job in turn, ``rate`` times a second, while the built-in model draws.  Bar:
no error, and 95 of 100 answers of the status route within 0.3 s on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections import defaultdict

import httpx

from benchmarks.serving import Page, served

BAR = 0.3


async def client(http: httpx.AsyncClient, job: str, rate: float, until: float, waits: dict[str, list[float]]) -> int:
    """Ask until then; the errors that came of it."""
    errors, turn = 0, 0
    due = time.perf_counter() + random.random() / rate  # not all at once
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        kind, path = (("status", "api/status"), ("job", f"api/jobs/{job}"))[turn % 2]
        asked = time.perf_counter()
        try:
            errors += (await http.get(path)).status_code != 200
        except httpx.HTTPError:
            errors += 1
        waits[kind].append(time.perf_counter() - asked)
        turn, due = turn + 1, max(due + 1 / rate, time.perf_counter())
    return errors


async def watch(url: str, job: str, options: argparse.Namespace) -> tuple[int, dict[str, list[float]]]:
    """All clients at once."""
    waits: dict[str, list[float]] = defaultdict(list)
    until = time.perf_counter() + options.seconds
    limits = httpx.Limits(max_connections=options.clients, max_keepalive_connections=options.clients)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as http:
        clients = (client(http, job, options.rate, until, waits) for _ in range(options.clients))
        return sum(await asyncio.gather(*clients)), waits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=2)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    with served() as studio:
        page = Page(studio.url)
        job = page.generate(prompt="a house", steps=100, count=16, seed="1")
        while not page.job(job)["step"]:
            time.sleep(0.1)
        used = sum(studio.process.cpu_times()[:2])
        errors, waits = asyncio.run(watch(studio.url, job, options))
        used = sum(studio.process.cpu_times()[:2]) - used
        state = page.job(job)["state"]
    print(f"{options.clients} clients, {options.rate:g} a second each, {options.seconds:g} s; the job is {state}")
    for kind, column in waits.items():
        cuts = statistics.quantiles(column, n=100)
        told = "   ".join(f"p{cut} {cuts[cut - 1]:6.3f} s" for cut in (50, 95, 99))
        print(f"  {kind:8} {len(column):6} answers   {told}")
    answers = sum(map(len, waits.values()))
    print(f"  errors   {errors:6}           the page's process worked {1000 * used / answers:.1f} ms for an answer")
    return 1 if errors or state != "running" or statistics.quantiles(waits["status"], n=20)[18] > BAR else 0


if __name__ == "__main__":
    raise SystemExit(main())

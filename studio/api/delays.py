"""Guessing a password takes longer each time."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

LONGEST = 600.0
MOST_KEPT = 4096


class Delays:
    """After the n-th wrong guess from an address the next is heard in 2^(n-1) seconds, ten minutes at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # address → guesses, when the next is heard

    def left(self, address: str) -> int:
        """Whole seconds until a guess from there is heard again."""
        _, heard = self._wrong.get(_neighbourhood(address), (0, 0.0))
        return max(0, math.ceil(heard - self._clock()))

    def failed(self, address: str) -> None:
        """Count a wrong guess; the addresses that were quiet longest are forgotten."""
        place = _neighbourhood(address)
        guesses, _ = self._wrong.pop(place, (0, 0.0))
        pause = min(2.0 ** min(guesses, 20), LONGEST)
        self._wrong[place] = (guesses + 1, self._clock() + pause)
        if len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget what was wrong before."""
        self._wrong.pop(_neighbourhood(address), None)


def _neighbourhood(address: str) -> str:
    """An IPv6 address stands for its /64: whoever has one has all of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network(f"{found.exploded}/64", strict=False))

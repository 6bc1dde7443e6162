"""The names that the studio answers to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts:
    """Those of loopback, the one that it is bound to, and ``names``; any address, if it is bound to all of them.

    Of these a hostile page can be given a name only, never an address, so addresses are safe to answer to.
    """

    def __init__(self, host: str, names: Collection[str] = ()) -> None:
        self.names = LOOPBACK | {_name(name) for name in names} | {host.lower()}
        self.everywhere = host in ("", "0.0.0.0", "::")
        if self.everywhere:
            own = socket.gethostname().lower()
            self.names |= {own, f"{own}.local"}
        self.names -= {""}

    def knows(self, host: str) -> bool:
        """Whether a Host header names this studio."""
        name = _name(host)
        return name in self.names or (self.everywhere and _address(name) is not None)


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach what is bound to ``host``."""
    address = _address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def _name(host: str) -> str:
    """``[::1]:7860`` → ``::1``, in lower case; empty where it is nonsense."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None

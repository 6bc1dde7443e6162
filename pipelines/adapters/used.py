"""What was on for a picture, for its recipe; imports no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """An adapter by its ``kind`` and ``name`` on the shelf; ``sha256``: of its file, as hexadecimal text.

    ``network`` and ``text``: its weights in the network and in the text encoders.
    """

    kind: str
    name: str
    sha256: str
    network: float = 1.0
    text: float = 1.0

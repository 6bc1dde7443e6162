"""What was worked out of parts of requests, while others are likely to ask for it again: few things, those used last.

A prompt is read again for every other seed, a canvas for every other wish about it.  Keys hold all that the answer
depends on, contents and not names, so that what is remembered is what would be worked out, bit for bit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import Any, TypeVar

from torch import Tensor

MOST = 32
"""Answers kept: a prompt's of a model with a large text encoder take some 10 MB, a canvas's much less."""

Answer = TypeVar("Answer")


class Remembered:
    """Answers by their keys, at most ``most`` of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()

    def of(self, key: Hashable, work_out: Callable[[], Answer]) -> Answer:
        """The answer to this key, worked out now or before."""
        if key not in self._answers:
            self._answers[key] = work_out()
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        answer: Answer = self._answers[key]
        return answer

    def forget(self) -> None:
        """Let go of all of them."""
        self._answers.clear()


def digest(pixels: Tensor) -> tuple[tuple[int, ...], str]:
    """What a tensor holds, as a key: its shape, and a hash of its bytes."""
    plain = pixels.detach().cpu().contiguous().numpy()
    return tuple(pixels.shape), sha256(plain.tobytes()).hexdigest()

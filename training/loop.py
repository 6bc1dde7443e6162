"""The parts of a training loop: a clock, a learning rate, averaged weights, and checkpoints to go on from."""

import time
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from math import cos, inf, pi
from pathlib import Path
from shutil import which

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.recipe import Scale


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def at_once(scale: Scale) -> int:
    """How many times the recipe's batches are taken in one step."""
    return scale.on_gpu if device().type == "cuda" else 1


def half_precision() -> AbstractContextManager:
    """Matrix work in bfloat16, where the chip is faster at it than in float32; sums and weights stay float32."""
    return torch.autocast(device().type, torch.bfloat16, enabled=device().type == "cuda" or _bfloat16_helps())


@cache
def _bfloat16_helps() -> bool:
    """Tried out, for processors that know the instructions may still be slow at them."""

    def seconds(kind: torch.dtype) -> float:
        pictures = torch.randn(16, 128, 16, 16, dtype=kind).to(memory_format=torch.channels_last)
        kernel = torch.randn(128, 128, 3, 3, dtype=kind).to(memory_format=torch.channels_last)
        times = []
        for _ in range(6):
            start = time.perf_counter()
            torch.nn.functional.conv2d(pictures, kernel, padding=1)
            times.append(time.perf_counter() - start)
        return min(times)

    return seconds(torch.bfloat16) < 0.8 * seconds(torch.float32)


def has_compiler() -> bool:
    """Whether torch can write and compile code for this device: of its own for a GPU, by a C++ compiler for others."""
    return device().type == "cuda" or any(map(which, ("c++", "g++", "clang++")))


@dataclass
class Clock:
    """How far a run of so many minutes or steps has come. Time before a checkpoint counts; time asleep hardly does."""

    minutes: float
    seconds: float = 0.0
    steps: float = inf
    _last: float = field(default_factory=time.monotonic)

    def tick(self, step: int = 0) -> float:
        """Count the time since the last tick; the progress so far, from 0 at the start to 1 at the end."""
        now = time.monotonic()
        self.seconds += min(now - self._last, 60.0)
        self._last = now
        share = self.seconds / (60 * self.minutes) if self.minutes > 0 else 1.0
        return min(1.0, max(share, step / self.steps if self.steps > 0 else 1.0))

    @property
    def left(self) -> float | None:
        """Seconds left of a run by the clock; None where steps are counted."""
        return 60 * self.minutes - self.seconds if self.minutes < inf and self.steps == inf else None


def learning_rate(peak: float, step: int, progress: float, warm_up: int = 100) -> float:
    """Rise over the first steps, then fall along half a cosine to a fiftieth of the peak."""
    fall = 0.02 + 0.98 * (1 + cos(pi * progress)) / 2
    return peak * min(1.0, (step + 1) / warm_up) * fall


class Average:
    """An exponential average of a network's weights: it draws better than the restless weights of any one step."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: float) -> None:
        """Blend in the weights of step `step`; infinity where the average is not that of a random start."""
        keep = min(self.decay, 1 - 9 / (10 + step))  # short memory first, so that the random start is forgotten
        blend = get_ema_multi_avg_fn(keep)  # all weights in a few calls; one by one a GPU would wait for us
        blend(list(self.network.parameters()), list(network.parameters()), None)


def save(path: Path, **parts: object) -> None:
    """Write a checkpoint beside and rename it, so that a killed run never leaves half a file."""
    unfinished = path.with_suffix(".part")
    torch.save(parts, unfinished)
    unfinished.rename(path)


def load(path: Path) -> dict[str, dict]:
    """The newest checkpoint, or nothing when there is none."""
    return torch.load(path, map_location=device(), weights_only=True) if path.exists() else {}


def lot(*about: object) -> int:
    """A number of 32 bits that looks like chance and is always the same for the same question.

    Every step draws its own lots from the seed, its stage and its number. So a training that was stopped goes on as if
    it had not been, without a generator's state being kept.
    """
    return int.from_bytes(sha256(repr(about).encode()).digest()[:4], "big")


def sent(values: np.ndarray) -> Tensor:
    """An array as a tensor on the device, without waiting for what a GPU still has to do."""
    return torch.from_numpy(values).to(device(), non_blocking=True)


def to_tensor(pixels: Tensor) -> Tensor:
    """Bytes [n, height, width, 3] to floats [n, 3, height, width] in [-1, 1]."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1

"""How much memory a device has left, and how much a call of the network takes there: measured, not guessed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psutil
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

SHARE = 0.7
"""Of the free memory that calls may take: other programs live there too, and libraries have scratch space."""

REFUSALS = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "alloc_failed",
    "unable to find an engine",
)
"""What is said where memory is too short: by CUDA, by torch on Windows and elsewhere, by cuBLAS and cuDNN."""

Result = TypeVar("Result")


def is_shortage(error: BaseException) -> bool:
    """Whether an error means that memory ran short; on the processor torch raises a plain RuntimeError for that."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in REFUSALS)


def free_bytes(device: torch.device) -> int:
    """What could still be taken on a device, counting what torch holds there without using it."""
    if device.type == "cuda":
        idle = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + idle
    return psutil.virtual_memory().available


def release(device: torch.device) -> None:
    """Give back what is held without being used."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def watched(device: torch.device, call: Callable[[], Result]) -> tuple[Result, int]:
    """The call's result, and the most bytes that it held at a time beyond what was there before."""
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        result = call()
        return result, torch.cuda.max_memory_allocated(device) - before
    with Tensors() as tensors:
        result = call()
    return result, tensors.peak


class Tensors(TorchDispatchMode):
    """Adds up the memory of the tensors that come and go while it is on: ``now``, and ``peak``, the most so far."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for storage in _storages((args, kwargs)):
            self._meet(storage, 0)  # was there before
        result = func(*args, **(kwargs or {}))
        for storage in _storages(result):
            self._meet(storage, storage.nbytes())
        return result

    def _meet(self, storage: torch.UntypedStorage, size: int) -> None:
        """Count a storage once, until it is gone; views share one."""
        if storage._cdata not in self._known:
            self._known.add(storage._cdata)
            self.now += size
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, storage._cdata, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def _storages(values: Any) -> Iterator[torch.UntypedStorage]:
    """Those of the tensors; weights that oneDNN has laid out as it likes them cannot be looked into."""
    tensors = (value for value in tree_leaves(values) if isinstance(value, torch.Tensor))
    return (tensor.untyped_storage() for tensor in tensors if not tensor.is_mkldnn)


class Appetite:
    """What a query costs a network in memory, learnt from its first call for each number of latent cells."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._bytes: dict[int, float] = {}

    def taking(self, cells: int, queries: int, call: Callable[[], Result]) -> Result:
        """Make a call for so many queries of so many cells each."""
        if cells in self._bytes:
            return call()
        result, taken = watched(self._device, call)
        self._bytes[cells] = taken / queries
        return result

    def room(self, cells: int) -> int | None:
        """How many queries would fit into what is free now, at least 1; None while nothing is known."""
        if not self._bytes:
            return None
        nearest = min(self._bytes, key=lambda known: abs(known - cells))
        cost = self._bytes[nearest] * max(cells / nearest, 1.0)
        return max(int(SHARE * free_bytes(self._device) / max(cost, 1.0)), 1)

"""Weights that wait: they lie in their file, mapped into memory, until what they are of is used for the first time.

Numbers of another type than is computed with have to be converted, and those of single precision that begin at odd
places moved: the processor's library of matrices adds up in another order where memory begins elsewhere, so that the
same weights would make another picture, by a level or two, when they come from another file.  Both are copies of all
that there is, which is most of what loading would take.  So a part gets its weights as the file has them, and a note of
what they shall be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

ALIGNED = 64
"""Bytes at whose multiples a tensor of the processor begins, as those do that torch makes itself."""

LARGE = 2**16
"""Bytes of a tensor from which on it waits."""

WAITING = "_waiting"
"""Where a module has the note."""


def wait(module: Any, types: Mapping[str, torch.dtype]) -> None:
    """Let the weights of a module wait that are not as they are computed with; ``types``: of each, by name.

    Small ones do not, nor does the first of a module of diffusers, whose type it gives as the module's own.
    """
    tensors = module.state_dict(keep_vars=True)
    first = next((name for name, _ in module.named_parameters()), None) if hasattr(module, "from_config") else None
    waiting = {}
    for name, dtype in types.items():
        if _is_ready(tensors[name].data, dtype):
            continue
        if name == first or tensors[name].nbytes < LARGE:
            tensors[name].data = ready(tensors[name].data, dtype)
        else:
            waiting[name] = dtype
    if waiting:
        vars(module)[WAITING] = waiting
        module.register_forward_pre_hook(_before_a_call)


def settled(module: Any) -> Any:
    """The same module, with nothing waiting in it any more."""
    waiting = vars(module).pop(WAITING, {})
    if waiting:
        tensors = module.state_dict(keep_vars=True)
        for name, dtype in waiting.items():
            tensors[name].data = ready(tensors[name].data, dtype)
    return module


def waiting_in(module: Any) -> dict[str, torch.dtype]:
    """What waits in a module, and to be of which type: whoever makes a weight ready in another way takes it out."""
    waiting: dict[str, torch.dtype] = vars(module).get(WAITING, {})
    return waiting


def ready(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor as it is computed with: of this type, and beginning where it should."""
    tensor = tensor.to(dtype)
    return tensor if _is_ready(tensor, dtype) else tensor.clone()


def _before_a_call(module: Any, given: Any) -> None:
    settled(module)


def _is_ready(tensor: Tensor, dtype: torch.dtype) -> bool:
    odd = dtype.itemsize == 4 and tensor.device.type == "cpu" and tensor.data_ptr() % ALIGNED
    return tensor.dtype == dtype and not odd

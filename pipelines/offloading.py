"""Parts of a model that are on their device only while they are at work, or kept in fewer bits than they compute in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psutil
import torch
from diffusers.hooks import HookRegistry, apply_group_offloading, apply_layerwise_casting
from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN
from torch import nn

from pipelines import placement
from pipelines.sources.waiting import settled

CPU = torch.device("cpu")

LESS = placement.MEMORIES[1:]
"""Settings of memory, each with less on the device than the one before."""

WORDS = {
    "high": "all of it in place",
    "balanced": "one part at a time on the device",
    "low": "a block at a time on the device",
    "minimal": "a layer at a time on the device, kept in 8 bits",
}

IN_PLACE = {"high": WORDS["high"], "low": "weights kept in 16 bits", "minimal": "weights kept in 8 bits"}
"""The same where the device has no memory of its own."""

FIXED = (*DEFAULT_SKIP_MODULES_PATTERN, r"\bwo$")
"""Layers of text encoders that are not kept in fewer bits: T5 looks at the type of ``wo`` before it asks it."""

HALVES = (torch.float16, torch.bfloat16)
"""What other layers are read as, which compute in the usual type; those that are read as float32 stay that."""

GROUPS = ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading")
"""What diffusers calls the hooks of group offloading."""


class Parts:
    """The parts of a model by name, and where they are; ``memory`` is what they have been settled to.

    ``dtype``: the type that they compute in.  ``stays``: they cannot be moved any more.
    """

    def __init__(self, modules: Mapping[str, Any], device: torch.device, dtype: torch.dtype) -> None:
        self.memory = "high"
        self.stays = False
        self._modules = modules
        self._device = device
        self._dtype = dtype
        self._turns: Turns | None = None

    @property
    def said(self) -> str:
        """Where they are, for a report."""
        return f"{self.memory}: {(WORDS if self._device.type in placement.APART else IN_PLACE)[self.memory]}"

    @property
    def less(self) -> Sequence[str]:
        """The settings that would need less of the device's memory."""
        moves = self._device.type in placement.APART and not self.stays
        return LESS[LESS.index(self.memory) + 1 :] if moves else ()

    def bring(self, part: Any) -> Any:
        """A part that is about to be used by another way than a call, with nothing in it that waits."""
        if self._turns is not None:
            self._turns.bring(part)
        return settled(part)

    def settle(self, memory: str) -> None:
        """Place the parts as ``memory`` says, one of `LESS` that is no more than now; it cannot be taken back."""
        if memory in ("high", self.memory):
            return
        self._release()
        grouped = {name: part for name, part in self._modules.items() if name != "vae"} if memory != "balanced" else {}
        for part in grouped.values():
            if memory == "minimal":
                keep(part, torch.float8_e4m3fn, self._dtype)
            in_groups(part, self._device, memory == "low" and not hasattr(part, "down_blocks"))
        self._turns = Turns([part for name, part in self._modules.items() if name not in grouped], self._device)
        self.memory = memory

    def _release(self) -> None:
        """Everything off the device, and off the hooks that would bring it there."""
        if self._turns is not None:
            self._turns.end()
        for part in self._modules.values():
            for name in GROUPS:
                HookRegistry.check_if_exists_or_initialize(part).remove_hook(name)
            part.to(CPU)


class Turns:
    """Modules of which one at a time is on the device: from when it is called, or brought, until another one is."""

    def __init__(self, modules: Sequence[nn.Module], device: torch.device) -> None:
        self._device = device
        self._modules = tuple(modules)
        self._there: nn.Module | None = None
        self._stored: dict[torch.Tensor, torch.Tensor] = {}
        self._hooks = [
            module.register_forward_pre_hook(lambda module, given: self.bring(module))
            for module in modules
            if not is_called_by_name(module)
        ]

    def bring(self, module: nn.Module) -> None:
        """Let a module be the one on the device, if it is one of those that take turns."""
        if module is self._there or not any(module is each for each in self._modules):
            return
        self._take_back()
        self._there = module
        for tensor in _tensors(module):
            self._stored[tensor] = tensor.data
            tensor.data = _moved(tensor.data, self._device)

    def _take_back(self) -> None:
        """Nothing is copied: what was brought is as it was."""
        for tensor, stored in self._stored.items():
            tensor.data = stored
        self._stored.clear()
        self._there = None

    def end(self) -> None:
        """Take back what is there, and bring nothing any more."""
        self._take_back()
        for hook in self._hooks:
            hook.remove()


def is_called_by_name(module: nn.Module) -> bool:
    """Whether it is not called itself, but asked to encode or decode: whoever does that has it brought."""
    return hasattr(module, "decode") and hasattr(module, "encode")


def in_groups(module: nn.Module, device: torch.device, blocks: bool) -> None:
    """Bring a module to the device by its layers, or by its ``blocks`` if it has a list of them, each as the one before
    works.  The few large ones of a UNet are no use for that.

    They wait in memory that a GPU can fetch from by itself where there is plenty, and are laid there each time if not.
    """
    has_blocks = blocks and any(isinstance(child, nn.ModuleList | nn.Sequential) for child in module.children())
    apply_group_offloading(
        module,
        onload_device=device,
        offload_device=CPU,
        offload_type="block_level" if has_blocks else "leaf_level",
        num_blocks_per_group=1 if has_blocks else None,
        use_stream=device.type == "cuda",
        low_cpu_mem_usage=2 * sum(each.nbytes for each in _tensors(module)) > psutil.virtual_memory().available,
    )


def keep(module: Any, kept: torch.dtype, dtype: torch.dtype) -> None:
    """Keep the weights of most layers as ``kept`` and compute with them as ``dtype``; norms and the like stay."""
    if hasattr(module, "enable_layerwise_casting"):
        module.enable_layerwise_casting(storage_dtype=kept, compute_dtype=dtype)
    else:
        apply_layerwise_casting(module, kept, dtype, skip_modules_pattern=FIXED)
    for layer in module.modules():
        if not is_kept(layer):
            for tensor in (*layer.parameters(recurse=False), *layer.buffers(recurse=False)):
                tensor.data = tensor.data.to(dtype) if tensor.dtype in HALVES else tensor.data


def is_kept(layer: nn.Module) -> bool:
    """Whether a layer's weights are kept in another type than it computes in."""
    hooks = getattr(layer, "_diffusers_hook", None)
    return hooks is not None and hooks.get_hook("layerwise_casting") is not None


def _moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    return tensor.to(device)


def _tensors(module: nn.Module) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]

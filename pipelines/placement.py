"""Where a model is to be and in what precision: what was asked for, settled before any of it is read.

    high        every part stays on the device
    balanced    one part at a time is there, the one that is at work
    low         of the network and the text encoders a block at a time, fetched while the one before it is at work
    minimal     the same a layer at a time, kept in 8 bits and computed in the usual type

On the processor there is nowhere to fetch from.  There ``low`` keeps weights in 16 bits and ``minimal`` in 8, and
``balanced`` is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.errors import ModelError

if TYPE_CHECKING:
    import torch

    from pipelines.sources import Source

PRECISIONS = ("auto", "float32", "bfloat16", "float16", "int8")
MEMORIES = ("auto", "high", "balanced", "low", "minimal")

FREE = ("auto", "int8")
"""Choices of precision that leave open what is computed in."""

PARTS = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
"""What weighs something, by the names of diffusers' layout."""

NETWORKS = ("unet", "transformer")
"""Those of them that estimate; a model has one."""

APART = {"cuda"}
"""Devices with a memory of their own."""

WORK = 2 * 2**30
"""Bytes left for what is computed: a call of a network, a picture that is decoded."""


@dataclass(frozen=True)
class Placement:
    """``device``: where the model computes.  ``dtype``: the type that it computes in; single layers, and an autoencoder
    that would overflow, keep another.  ``attention``: as it was asked for.  ``memory``: one of `MEMORIES`, but for auto
    once it is settled.  ``kept``: the type that weights are kept in between calls, where they stay on their device in
    another one; they are read as ``half`` then, which most files have, so that the whole is never there.  ``integers``:
    the network's matrices are whole numbers (`quantising.py`).
    """

    device: torch.device
    dtype: torch.dtype
    attention: str = "auto"
    memory: str = "high"
    kept: torch.dtype | None = None
    half: torch.dtype | None = None
    integers: bool = False

    @property
    def apart(self) -> bool:
        """Whether the device has a memory of its own, which parts can be moved to and from."""
        return self.device.type in APART

    def settled(self, source: Source, half: torch.dtype) -> Placement:
        """The same with what ``memory`` means for the model in ``source``; ModelError where it means nothing.

        ``half``: the 16-bit type of its family.
        """
        import torch

        memory = self.memory
        if memory not in MEMORIES:
            raise ModelError(f"Unknown memory setting {memory!r}: choose one of {', '.join(MEMORIES)}.")
        if self.integers and memory not in ("auto", "high"):
            raise ModelError(
                f"Precision 'int8' leaves nothing to memory {memory!r}: choose auto or high, or another precision."
            )
        if memory == "auto":
            memory = "high" if self.integers else self._fitting(sizes_of(source, self.dtype))
        if memory == "balanced" and not self.apart:
            raise ModelError(
                f"Memory 'balanced' moves parts to a device with a memory of its own, which {self.device} is not: "
                "choose auto, high, low or minimal."
            )
        kept = {"low": half if self.dtype == torch.float32 else None, "minimal": torch.float8_e4m3fn}
        return replace(self, memory=memory, kept=None if self.apart else kept.get(memory), half=half)

    def _fitting(self, sizes: Mapping[str, int]) -> str:
        """The setting that is quickest, of those that should fit into what is free now without changing the picture."""
        from pipelines.memory import free_bytes

        free = free_bytes(self.device) - WORK
        if sum(sizes.values()) <= free:
            return "high"
        return "balanced" if self.apart and max(sizes.values()) <= free else "low"

    def read(self, source: Source, part: str, kind: Any, dtype: torch.dtype | None = None) -> Any:
        """A part of a model, as a module of the class ``kind``, in ``dtype`` if it needs its own.

        What is large in it still lies in its file, so that all parts can be looked at before any takes long.
        """
        half = self.half if self.kept is not None and part != "vae" else None
        return source.weights(part, kind, dtype or half or self.dtype)

    def place(self, part: str, module: Any) -> None:
        """Bring a part that was read to where and as it belongs.  Those that take turns on a device are left off it."""
        from pipelines.offloading import keep
        from pipelines.sources.waiting import settled

        if self.kept is not None and part != "vae":
            keep(settled(module), self.kept, self.dtype)
        if self.integers and part in NETWORKS:
            from pipelines.quantising import keep_in_integers

            keep_in_integers(settled(module))
        if self.device.type == "cpu":
            return  # as it is there, and some of it waiting
        settled(module)
        if self.memory == "high" or not self.apart:
            module.to(self.device)


def sizes_of(source: Source, dtype: torch.dtype) -> dict[str, int]:
    """Bytes of the parts of a model once they are read as ``dtype``; what cannot be counted is said when it is read."""
    return {part: count_of(source, part) * dtype.itemsize for part in PARTS}


def count_of(source: Source, part: str) -> int:
    """How many numbers a part has; 0 where it is not there, or cannot be read."""
    try:
        return source.count(part) if source.has(part) else 0
    except ModelError:
        return 0


def dtype_of(precision: str, device: torch.device, half: torch.dtype) -> torch.dtype:
    """What is computed in by a choice of precision on a device; ``half``: the 16-bit type of the family (`HALF`)."""
    import torch

    if precision not in PRECISIONS:
        raise ModelError(f"Unknown precision {precision!r}: choose one of {', '.join(PRECISIONS)}.")
    if precision in FREE:
        return half if device.type == "cuda" else torch.float32
    named: torch.dtype = getattr(torch, precision)
    return named

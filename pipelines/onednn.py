"""What oneDNN, the matrix library of processors, can do here, and which weights it has one layout for."""

from __future__ import annotations

import platform

import torch

BLOCK = 64
"""Channels in a block of its layouts.  With a multiple of it a layout suits pictures of any size; without, some are a
hundredfold slower than plain weights."""


def is_known() -> bool:
    """Whether torch has it, and this is a kind of processor that all this was measured on."""
    return torch.backends.mkldnn.is_available() and platform.machine().lower() in ("x86_64", "amd64")


def computes_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself; without that it is slower than float32."""
    return is_known() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def computes(dtype: torch.dtype) -> bool:
    """Whether it is quick here with weights of this type."""
    return is_known() and (dtype == torch.float32 or (dtype == torch.bfloat16 and computes_bfloat16()))


def has_layout(into: int, out: int) -> bool:
    """Whether it has one for weights from so many channels to so many that suits pictures of any size."""
    return into % BLOCK == out % BLOCK == 0

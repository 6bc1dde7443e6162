"""Matrices that stay in the blocks of a GGUF file, mapped into memory, and are worked out in each call.

So they take no more memory than the file.  diffusers knows how each type of block is worked out, on any device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.errors import ModelError
from pipelines.sources.gguf_header import BLOCKS
from pipelines.sources.header import Header

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class BlockLinear(nn.Linear):
    """A matrix whose ``weight`` is bytes (out, bytes of a row), of the type ``blocks``."""

    blocks: str

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, worked_out(self.weight.data, self.blocks).to(input.dtype), self.bias)


class GGUF:
    """The numbers of a GGUF file, as safetensors' ``safe_open`` gives them; those in blocks as bytes, row by row."""

    def __init__(self, header: Header) -> None:
        import numpy as np

        _functions()
        self._header = header
        self._bytes = np.memmap(header.path, dtype=np.uint8, mode="c")

    def get_tensor(self, name: str) -> Tensor:
        """The tensor of this name: numbers of its shape, or bytes (rows, bytes of a row)."""
        told = self._header.tensors[name]
        piece = torch.from_numpy(self._bytes[told.start : told.start + told.size])
        if told.dtype in TYPES:
            return piece.view(TYPES[told.dtype]).reshape(told.shape)
        return piece.reshape(told.shape[0], -1)


def put_in_blocks(module: Any, blocks: Mapping[str, tuple[Tensor, str]], dtype: torch.dtype) -> None:
    """Give a module its tensors that are in blocks, by name: the bytes, and of which type.

    Matrices stay so; what else is in blocks is worked out now, as ``dtype``.
    """
    for name, (data, kind) in blocks.items():
        path, _, own = name.rpartition(".")
        layer: Any = module.get_submodule(path)
        is_matrix = type(layer) is nn.Linear and own == "weight"
        if is_matrix:
            layer.__class__, layer.blocks = BlockLinear, kind
            layer.weight = nn.Parameter(data, requires_grad=False)
        else:
            shape = getattr(layer, own).shape
            numbers = worked_out(data, kind).reshape(shape).to(dtype)
            setattr(layer, own, nn.Parameter(numbers, requires_grad=False))


def worked_out(data: Tensor, kind: str) -> Tensor:
    """The numbers (rows, numbers of a row), in float32, that stand in blocks (rows, bytes of a row)."""
    block = BLOCKS[kind]
    work = _functions()[block.code]
    numbers: Tensor = work(data.reshape(-1, block.bytes), block.numbers, block.bytes, dtype=torch.float32)
    return numbers.reshape(len(data), -1)


def _functions() -> Any:
    """How blocks are worked out, by type; ModelError where the package gguf is not there."""
    try:
        from diffusers.quantizers.gguf.utils import dequantize_functions
    except ImportError as error:
        raise ModelError(
            "The network is in a GGUF file, for which the package gguf is needed: run pip install gguf."
        ) from error
    return dequantize_functions

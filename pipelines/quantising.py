"""The matrices of a network as whole numbers of 8 bits, by the package torchao, which is not needed otherwise.

Each row of a matrix is divided by a scale of its own, so that its largest number is 127, and rounded (W8A16: what is
computed stays in the usual type).  Convolutions, norms, what is told the time and what comes in and goes out stay.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from torch import nn

from pipelines.errors import ModelError
from pipelines.offloading import FIXED
from pipelines.sources.blocks import BlockLinear


def check_torchao() -> None:
    """ModelError where the package is not there, or broken; asked before anything is read."""
    _torchao()


def keep_in_integers(network: Any) -> None:
    """Keep the matrices of a network in this way from now on."""
    quantize, settings = _torchao()
    quantize(network, settings(), lambda layer, name: type(layer) is nn.Linear and not _stays(name))


def kinds_in(network: Any) -> list[str]:
    """How those of its matrices are kept that are no plain numbers: ``int8``, or a type of a GGUF file."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    blocks = {layer.blocks for layer in layers if isinstance(layer, BlockLinear)}
    integers = any(hasattr(layer.weight, "qdata") for layer in layers)
    return sorted(blocks) + ["int8"] * integers


def _stays(name: str) -> bool:
    return any(re.search(pattern, name) for pattern in FIXED)


def _torchao() -> tuple[Any, Any]:
    """What turns a module's matrices into others, and how it shall."""
    try:
        torchao: Any = import_module("torchao.quantization")
    except Exception as error:  # a package that was built for another torch can raise anything
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError(
            f"Precision 'int8' needs the package torchao, which cannot be used here ({reason}): "
            "run pip install torchao, or choose another precision."
        ) from error
    return torchao.quantize_, torchao.Int8WeightOnlyConfig

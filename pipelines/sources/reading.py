"""A few numbers straight from a safetensors file, without torch."""

from __future__ import annotations

from math import prod

from pipelines.sources.header import Header

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
MOST = 1 << 20
"""Numbers of the largest tensor that is looked at in this way."""


def spread(header: Header, name: str) -> float:
    """The standard deviation of a tensor's numbers; 0 where there is none such, or one that cannot be looked at."""
    import numpy as np

    tensor = header.tensors.get(name)
    count = prod(tensor.shape) if tensor else 0
    if tensor is None or not 0 < count <= MOST or tensor.dtype not in (*TYPES, "BF16"):
        return 0.0
    with header.path.open("rb") as file:
        file.seek(tensor.start)
        if tensor.dtype == "BF16":  # the upper half of a float32
            numbers = (np.frombuffer(file.read(2 * count), "<u2").astype("<u4") << 16).view("<f4")
        else:
            kind = np.dtype(TYPES[tensor.dtype])
            numbers = np.frombuffer(file.read(kind.itemsize * count), kind)
    return float(numbers.astype(np.float64).std())

"""What a safetensors file says of itself before its numbers begin: names, shapes and types.  Imports no torch.

The format: eight bytes that say how long the header is, the header in JSON, the numbers without gaps.  Whatever else a
file is, whatever its name says, it is refused in one sentence, by its first bytes; nothing of it is ever executed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pipelines.errors import ModelError
from pipelines.sources.gguf_header import MAGIC, parse

LONGEST = 32 * 1024**2
"""Bytes of the longest header that is read; those of real models, notes on their training included, are below 5 MB."""

BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "I64": 64, "I32": 32, "I16": 16}
BITS |= {"I8": 8, "U64": 64, "U32": 32, "U16": 16, "U8": 8, "BOOL": 8, "F8_E8M0": 8, "C64": 64, "F4": 4}

PICKLE = "which could run programs when it is opened and never is: look for the same model as .safetensors"
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", f"is a zip archive, as PyTorch's .ckpt and .pt files are, {PICKLE}"),
    (b"\x80", f"is a Python pickle, {PICKLE}"),
    (b"version https://git-lfs", "only points at a file in Git LFS: fetch the file itself"),
    (b"<", "is a web page, not a model: the download has gone wrong"),
    (b"\x1f\x8b", "is a compressed archive: unpack it"),
    (b"7z\xbc\xaf", "is a compressed archive: unpack it"),
    (b"Rar!", "is a compressed archive: unpack it"),
    (b"\x89HDF", "is an HDF5 file: look for the same model as .safetensors"),
)
"""How other files begin, and what to say of them."""


class Tensor(NamedTuple):
    """What the header says of one tensor.  ``start``, ``size``: of its bytes in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int


@dataclass(frozen=True)
class Header:
    """A file's tensors by name, and its notes.  ``size``: bytes of the file.  ``is_gguf``: its format is GGUF."""

    path: Path
    size: int
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    is_gguf: bool = False

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor; empty where there is none."""
        return self.tensors[name].shape if name in self.tensors else ()

    def count(self, start: str = "") -> int:
        """How many numbers there are in the tensors whose names begin so."""
        return sum(prod(tensor.shape) for name, tensor in self.tensors.items() if name.startswith(start))


def read_header(path: Path) -> Header:
    """The header of a safetensors file, or of a GGUF file; ModelError, in one sentence, for anything else."""
    try:
        if not path.is_file():
            raise ModelError(f"There is no file {path}.")
        size = path.stat().st_size
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                file.seek(0)
                return _parsed_gguf(path, size, file.read(LONGEST))
            file.seek(0)
            return _parsed(path, size, _checked_json(path, size, file))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error


def _checked_json(path: Path, size: int, file: BinaryIO) -> bytes:
    """The bytes of the header, once the first ones show that there is one."""
    first = file.read(32)
    length = int.from_bytes(first[:8], "little")
    if not first:
        raise ModelError(f"{path} is empty: fetch it again.")
    if first[8:9] != b"{" or length > LONGEST:
        said = next((said for start, said in OTHERS if first.lstrip().startswith(start)), None)
        raise ModelError(f"{path} {said or 'is no safetensors file: its first bytes are of no kind known here'}.")
    file.seek(8)
    header = file.read(length)
    if len(header) < length:
        raise ModelError(f"{path} is cut off within its header, after {size} bytes: fetch it again.")
    return header


def _parsed(path: Path, size: int, header: bytes) -> Header:
    try:
        data = json.loads(header.decode("utf-8"))
        metadata = data.pop("__metadata__", None) or {}
        notes = {str(key): str(value) for key, value in metadata.items()}
        tensors, end = _tensors(data, 8 + len(header))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = str(error) if isinstance(error, DamagedHeader) else "it is no list of tensors in JSON"
        raise ModelError(f"{path} has a damaged header ({reason}): fetch it again.") from error
    if size != end:
        kind = "is cut off" if size < end else "has something behind its end"
        raise ModelError(f"{path} {kind}: it should have {end} bytes, but has {size}: fetch it again.")
    return Header(path, size, tensors, notes)


def _parsed_gguf(path: Path, size: int, data: bytes) -> Header:
    try:
        entries, notes = parse(data)
    except (ValueError, KeyError, struct.error) as error:
        reason = str(error) if type(error) is ValueError else "it is no list of tensors"
        raise ModelError(f"{path} has a damaged header, or one of a kind not known here ({reason}).") from error
    end = max((entry.start + entry.size for entry in entries.values()), default=0)
    if size < end:
        raise ModelError(f"{path} is cut off: it should have {end} bytes, but has {size}: fetch it again.")
    return Header(path, size, {name: Tensor(*entry) for name, entry in entries.items()}, notes, is_gguf=True)


class DamagedHeader(ValueError):
    """A header that is JSON, and says what cannot be."""


def _tensors(data: Mapping[str, Any], start: int) -> tuple[dict[str, Tensor], int]:
    """The tensors of a header, and where the last of them ends in the file; each begins where another ends.

    Plain loops: a folder of LoRAs has hundreds of thousands of tensors.
    """
    tensors, places = {}, []
    for name, entry in data.items():
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if dtype not in BITS:
            raise DamagedHeader(f"{name[:80]!r} has numbers of an unknown type")
        count = 1
        for side in shape:
            if type(side) is not int or side < 0:
                raise DamagedHeader(f"{name[:80]!r} has no whole sizes")
            count *= side
        if type(begin) is not int or type(end) is not int or count * BITS[dtype] != (end - begin) * 8:
            raise DamagedHeader(f"{name[:80]!r} has not as many bytes as its shape wants")
        tensors[name] = Tensor(dtype, tuple(shape), start + begin, end - begin)
        places.append((begin, end))
    reached = 0
    for begin, end in sorted(places):
        if begin != reached:
            raise DamagedHeader("its tensors overlap, or leave gaps")
        reached = end
    return tensors, start + reached

"""A model in one file of the original layout, read where it lies: mapped into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipelines.errors import ModelError
from pipelines.shelf import Shelf
from pipelines.sources.apart import find_apart
from pipelines.sources.blocks import GGUF, put_in_blocks
from pipelines.sources.configs import beside, config_of
from pipelines.sources.folder import finished
from pipelines.sources.gguf_header import BLOCKS
from pipelines.sources.header import Header
from pipelines.sources.identify import Contents, identify
from pipelines.sources.kinds import CONFIGS
from pipelines.sources.origins import SCHEMES, Origin
from pipelines.sources.vocabulary import find_tokenizer
from pipelines.sources.waiting import settled


@dataclass(frozen=True)
class Checkpoint:
    """Implements ``Source``.

    A folder of the file's own name beside it may have parts of diffusers' layout without weights, configurations and
    tokenizers; they go before those that we have.  A file ``NAME.vae.safetensors`` beside it goes before its own VAE.
    """

    contents: Contents

    @property
    def path(self) -> Path:
        return self.contents.header.path

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def needed(self) -> list[str]:
        return [part for part, place in self.contents.kind.parts.items() if not place.spare]

    def has(self, part: str) -> bool:
        if part in self.contents.kind.parts:
            return part in self.contents.parts or self._apart(part) is not None
        return self._own(part) is not None

    def config(self, part: str) -> dict[str, Any]:
        return config_of(self.contents, part)

    def weights(self, part: str, kind: Any, dtype: torch.dtype) -> Any:
        header, start = self._place(part)
        config = self.config(part)
        scheme = SCHEMES[self.contents.kind.parts[part].scheme]
        what = f"the {part} of a {self.contents.kind.title} model"
        return map_module(header, kind, config, lambda name: _prefixed(start, scheme(name, config)), dtype, what)

    def count(self, part: str) -> int:
        header, start = self._place(part)
        return header.count(start)

    def tokenizer(self, part: str = "tokenizer") -> Any:
        return find_tokenizer(self.path, self.contents.kind, part)

    def _own(self, part: str) -> Path | None:
        """Where the configuration of a part is, or of a tokenizer, the scheduler."""
        folders = (beside(self.path) / part, CONFIGS / self.contents.kind.configs / part)
        return next((folder for folder in folders if folder.is_dir()), None)

    def _apart(self, part: str) -> Path | None:
        return find_apart(self.path, part, self.contents.kind.parts[part])

    def _place(self, part: str) -> tuple[Header, str]:
        """The header of the file that has a part, and how the part's names begin in it."""
        contents, place = self.contents, self.contents.kind.parts[part]
        own = self.path.with_suffix(".vae.safetensors") if part == "vae" else None
        apart = own if own and own.is_file() else (None if part in contents.parts else self._apart(part))
        if apart is not None:
            contents = identify(apart)
        elif part not in contents.parts:
            raise ModelError(f"{self.path} has no {part} in it: {self._remedy(part)}.")
        _refuse_quantised(contents)
        starts = (*place.starts, "") if apart is not None else place.starts
        names = contents.header.tensors
        return contents.header, next(start for start in starts if any(name.startswith(start) for name in names))

    def _remedy(self, part: str) -> str:
        """What to do where a part is missing."""
        name = self.contents.kind.parts[part].apart
        if name:
            return f"put one into {Shelf.around(self.path).root / _folder(part)}, as {name}.safetensors"
        if part == "vae":
            return f"put one beside it, as {self.path.stem}.vae.safetensors"
        return "look for a complete copy"


def map_module(
    header: Header,
    kind: Any,
    config: Mapping[str, Any],
    origin: Callable[[str], Origin],
    dtype: torch.dtype,
    what: str,
) -> Any:
    """A module of the class ``kind`` from a file; ``origin`` says where each of its tensors lies there.

    ``what`` it is, in a sentence; ModelError where the file does not hold that as a whole.  Weights that have to be
    converted to ``dtype`` wait for its first call.
    """
    module = _empty(kind, config)
    state = module.state_dict()
    origins = {name: origin(name) for name in state}
    types = {name: _precision(kind, name, dtype) for name in state}
    _check(header, what, {name: (origins[name], tuple(tensor.shape)) for name, tensor in state.items()})
    try:
        read = _read(header, origins, state, types)
    except ModelError:
        raise
    except Exception as error:  # of the disk, of the mapping, of the memory
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError(f"{header.path} cannot be read ({reason}): it may have changed, or be too large.") from error
    blocks = {name: (read.pop(name), kind) for name, kind in _blocks(header, origins).items()}
    module.load_state_dict(read, strict=not blocks, assign=True)
    put_in_blocks(module, blocks, dtype)
    if hasattr(module, "tie_weights"):
        module.tie_weights()
    types = {name: type for name, type in types.items() if name not in blocks}
    return finished(module, f"{what[0].upper()}{what[1:]}, in {header.path},", types)


def read_module(*given: Any) -> Any:
    """The same, with nothing that waits."""
    return settled(map_module(*given))


def _folder(part: str) -> str:
    return "vae" if part == "vae" else "text_encoders"


def _refuse_quantised(contents: Contents) -> None:
    if contents.quantised:
        raise ModelError(
            f"The weights in {contents.header.path} are quantised in a way that is not read here: "
            "look for the same model as float16, bfloat16 or plain float8."
        )


def _empty(kind: Any, config: Mapping[str, Any]) -> Any:
    """A module of this class and configuration whose parameters take no memory yet.

    Those of diffusers keep nothing that is not in their files, and may be empty altogether: the table of places that
    Stable Diffusion 3.5 reads from its file would take a minute to calculate.
    """
    from accelerate import init_empty_weights
    from transformers.initialization import no_init_weights

    settings = dict(config)
    try:
        if hasattr(kind, "from_config"):
            with torch.device("meta"), no_init_weights():
                return kind.from_config(settings)
        with init_empty_weights(include_buffers=False), no_init_weights():
            return kind(kind.config_class(**settings))
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(f"A {kind.__name__} cannot be configured in this way: {error}.") from error


def _prefixed(start: str, origin: Origin) -> Origin:
    return origin._replace(name=start + origin.name)


def _check(header: Header, what: str, wanted: Mapping[str, tuple[Origin, tuple[int, ...]]]) -> None:
    """ModelError where the file lacks a tensor, or has one of another shape, before any of them is read."""
    needed = [(origin, shape) for origin, shape in wanted.values() if not origin.identity]
    missing = [origin.name for origin, _ in needed if origin.name not in header.tensors]
    if missing:
        raise ModelError(
            f"{header.path} is not complete: of {what} it lacks {len(missing)} tensors, such as {missing[0]}."
        )
    for origin, shape in needed:
        there = header.shape(origin.name)
        if not _fits(origin, there, shape):
            raise ModelError(
                f"{header.path} does not hold {what} as it is known: {origin.name} is {there}, not {shape}."
            )


def _fits(origin: Origin, there: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    if origin.turned:
        return there == wanted[::-1]
    if origin.rows is None:
        return _bare(there) == _bare(wanted)
    rows = wanted[0] * (max(origin.rows, 0) + 1)
    return there[1:] == wanted[1:] and there[0] >= rows


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its last ones: layers that look at one point are written as linear ones or as convolutions."""
    while shape[1:] and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _precision(kind: Any, name: str, dtype: torch.dtype) -> torch.dtype:
    """The type of a parameter: some layers overflow in float16, and their class says which."""
    kept = getattr(kind, "_keep_in_fp32_modules", None) or ()
    return torch.float32 if dtype == torch.float16 and any(each in name.split(".") for each in kept) else dtype


def _read(
    header: Header,
    origins: Mapping[str, Origin],
    state: Mapping[str, torch.Tensor],
    types: Mapping[str, torch.dtype],
) -> dict[str, Any]:
    """The tensors by the module's names, the file itself, mapped; what is in blocks as bytes, row by row."""
    read, blocks = {}, _blocks(header, origins)
    with _opened(header) as file:
        for name, origin in origins.items():
            shape = state[name].shape
            if origin.identity:
                read[name] = torch.eye(*shape, dtype=types[name])
                continue
            tensor = _part(file.get_tensor(origin.name), origin, shape[0] if shape else 1)
            read[name] = tensor if name in blocks else tensor.reshape(shape)
    return read


def _opened(header: Header) -> AbstractContextManager[Any]:
    from safetensors import safe_open

    if header.is_gguf:
        return nullcontext(GGUF(header))
    opened: AbstractContextManager[Any] = safe_open(header.path, framework="pt", device="cpu")
    return opened


def _blocks(header: Header, origins: Mapping[str, Origin]) -> dict[str, str]:
    """The types of those tensors that are in blocks, by the module's names."""
    there = {name: header.tensors[origin.name].dtype for name, origin in origins.items() if not origin.identity}
    return {name: kind for name, kind in there.items() if kind in BLOCKS}


def _part(tensor: torch.Tensor, origin: Origin, rows: int) -> torch.Tensor:
    if origin.rows is not None:
        tensor = tensor[-rows:] if origin.rows < 0 else tensor[origin.rows * rows : (origin.rows + 1) * rows]
    if origin.swapped:
        tensor = torch.cat([*reversed(tensor.chunk(2))])
    return tensor.T.contiguous() if origin.turned else tensor

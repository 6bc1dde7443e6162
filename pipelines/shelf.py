"""A person's models folder, shared with other programs: what lies in it, by kind and name.  Imports no torch.

Both usual layouts are read, in any case of their letters: A1111's and Forge's (``models/Stable-diffusion``,
``models/Lora``, ``embeddings`` …) and ComfyUI's (``models/checkpoints``, ``models/loras`` …), given by either their own
folder or the ``models`` in it.  Files that lie in the folder itself may be of any kind.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import ModelError


class Place(NamedTuple):
    """What a kind is called in a sentence, and the folders that hold it, in lower case."""

    noun: str
    folders: tuple[str, ...]


PLACES = {
    "checkpoint": Place("model", ("stable-diffusion", "checkpoints", "diffusion_models", "unet", "diffusers")),
    "lora": Place("LoRA", ("lora", "loras", "lycoris")),
    "embedding": Place("embedding", ("embeddings", "embedding")),
    "vae": Place("VAE", ("vae",)),
    "controlnet": Place("ControlNet", ("controlnet", "t2i_adapter")),
    "text_encoder": Place("text encoder", ("text_encoders", "text_encoder", "clip")),
    "ip_adapter": Place("IP-Adapter", ("ipadapter", "ip-adapter", "ip_adapter")),
    "image_encoder": Place("image encoder", ("clip_vision", "image_encoder")),
    "upscaler": Place("upscaler", ("esrgan", "realesrgan", "upscale_models")),
}
"""Each kind's place on a shelf."""

READ = (".safetensors", ".gguf")
REFUSED = (".ckpt", ".pt", ".pth", ".bin")
SUFFIXES = READ + REFUSED
HASH = re.compile(r"\s*\[[0-9a-f]{6,64}\]$")
DEEPEST = 8
"""Folders below a kind's own that are looked into; a person's collections are two or three deep."""


@dataclass(frozen=True)
class Item:
    """A file, or a folder in diffusers' layout.  ``kind``: of `PLACES`, or empty where its place does not tell.

    ``name``: its path below the kind's folder, with ``/``, without suffix.
    """

    kind: str
    name: str
    path: Path

    @property
    def stem(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def readable(self) -> bool:
        """Whether its suffix is of a kind that is read at all; what is in it is another question."""
        return self.path.suffix.lower() not in REFUSED


class Shelf:
    """The models below ``root``, which need not exist.  Each question looks at the disk as it is now."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def around(cls, file: Path) -> Shelf:
        """The shelf that a file lies on, told from its place; only its own folder where that tells nothing."""
        known = {name for place in PLACES.values() for name in place.folders}
        above = [parent for parent in file.absolute().parents if parent.name.lower() in known]
        usual = [folder for folder in above if folder.parent.name.lower() == "models"]
        return cls(next((folder.parent for folder in (*usual, *above)), file.absolute().parent))

    def items(self, kind: str | None = None) -> tuple[Item, ...]:
        """What there is of a kind, by name; of all kinds, and what lies loose, if None."""
        wanted = PLACES if kind is None else {kind: PLACES[kind]}
        found = {item.path: item for kind, place in wanted.items() for item in self._shelved(kind, place)}
        if kind is None:
            found |= {item.path: item for item in self._loose() if item.path not in found}
        return tuple(sorted(found.values(), key=lambda item: (item.kind, item.name.lower(), item.name)))

    def find(self, kind: str, name: str) -> Path:
        """The file, or the diffusers folder, of this kind and name, in any case, with or without folder and suffix.

        Raises ModelError for a name that fits none, with those that are near; for one that fits several; and for one
        that is there only as a pickle, which is not read.
        """
        noun = PLACES[kind].noun
        items = (*self.items(kind), *self._loose())
        fitting = self.fitting(name, kind)
        readable = [item for item in fitting if item.readable]
        if len({item.name for item in readable}) == 1:
            return readable[0].path
        if readable:
            raise ModelError(f"{name!r} fits {_listed(item.name for item in readable)}: give one of these names.")
        if fitting:
            raise ModelError(
                f"The {noun} {name!r} is only there as {fitting[0].path.name}, and no such file is opened: "
                "put it there as .safetensors."
            )
        raise ModelError(f"There is no {noun} {name!r} in {self.root}: {_suggestion(items, name)}.")

    def fitting(self, name: str, kind: str | None = None) -> list[Item]:
        """All items that a name may mean, of a kind or of every kind; those that it fits best, if it fits any."""
        return _fitting(self.items() if kind is None else (*self.items(kind), *self._loose()), name)

    def item(self, path: Path) -> Item:
        """A file or folder as an item, also one that lies elsewhere."""
        same = (item for item in self.items() if item.path.resolve() == path.resolve())
        return next(same, Item("", _name(path, path.parent), path))

    def _shelved(self, kind: str, place: Place) -> Iterator[Item]:
        for top in self._folders(place.folders):
            yield from (Item(kind, _name(path, top), path) for path in _models(top))

    def _loose(self) -> list[Item]:
        """What lies in the root itself: its place says nothing."""
        return [Item("", _name(path, self.root), path) for path in _models(self.root, depth=0)]

    def _folders(self, names: tuple[str, ...]) -> Iterator[Path]:
        """The folders so called, in any case: in the root, in its ``models``, beside it if it is one itself."""
        tops = [self.root, *(entry for entry in _entries(self.root) if entry.name.lower() == "models")]
        if self.root.name.lower() == "models":  # where A1111 has its embeddings
            tops += [entry for entry in _entries(self.root.parent) if entry.name.lower() in PLACES["embedding"].folders]
        for top in tops:
            if top.name.lower() in names:
                yield top
            yield from (entry for entry in _entries(top) if entry.name.lower() in names and entry.is_dir())


def _models(folder: Path, depth: int = DEEPEST, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """The model files and diffusers folders in a folder and so many below it; links are followed, not in circles."""
    real = os.path.realpath(folder)
    if real in above:
        return
    for entry in _entries(folder):
        if entry.name.lower().endswith(SUFFIXES):
            if entry.is_file():
                yield entry
        elif (entry / "model_index.json").is_file():
            yield entry
        elif depth and entry.is_dir():
            yield from _models(entry, depth - 1, above | {real})


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, but for hidden things; nothing where it cannot be read."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def _name(path: Path, top: Path) -> str:
    name = path.relative_to(top).as_posix()
    return name[: -len(path.suffix)] if path.suffix.lower() in SUFFIXES else name


def _fitting(items: Iterable[Item], name: str) -> list[Item]:
    """The items that are meant by a name: by all of it rather than by its last part, in its case rather than in any."""
    wanted = HASH.sub("", name.strip().replace("\\", "/"))
    suffix = next((suffix for suffix in SUFFIXES if wanted.lower().endswith(suffix)), "")
    wanted = wanted[: len(wanted) - len(suffix)]
    every = [item for item in items if item.path.suffix.lower() == suffix or not suffix]
    for fits in (
        [item for item in every if item.name == wanted],
        [item for item in every if item.name.lower() == wanted.lower()],
        [item for item in every if item.stem == wanted],
        [item for item in every if item.stem.lower() == wanted.lower()],
    ):
        if fits:
            return fits
    return []


def _suggestion(items: Iterable[Item], name: str) -> str:
    """What may have been meant, else some of what is there."""
    stems = {item.stem.lower(): item.stem for item in items if item.readable}
    near = difflib.get_close_matches(name.lower().rpartition("/")[2], stems, n=3, cutoff=0.5)
    if near:
        return f"try {' or '.join(stems[stem] for stem in near)}"
    return f"there is {_listed(stems.values())}" if stems else "nothing of the kind is there"


def _listed(names: Iterable[str], most: int = 5) -> str:
    every = list(names)
    return f"{', '.join(every[:most])}{' and more' if len(every) > most else ''}"

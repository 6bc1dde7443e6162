"""What lies on a shelf, each thing in one line, told from its header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ModelError
from pipelines.presets import find_preset
from pipelines.shelf import Item
from pipelines.sources.identify import identify
from pipelines.sources.kinds import BASES, ROLES
from studio.models.card import read_object


@dataclass(frozen=True)
class Entry:
    """A file or a folder.  ``kind``: of `KINDS`, or ``folder`` for diffusers' layout, or empty where it is refused.

    ``title``: what it is, in words.  ``role``: what it is for.  ``native``: side in pixels, of models.  ``size``: in
    bytes.  ``licence``: if it says.  ``problem``: why it cannot be used, in one sentence; empty where it can.
    """

    name: str
    path: Path
    kind: str
    title: str
    role: str
    precision: str
    native: int
    size: int
    licence: str
    problem: str

    @property
    def does(self) -> str:
        """What it can do, in words."""
        return ROLES.get(self.role, "")


def entry_of(item: Item) -> Entry:
    """What is told of an item; never an error."""
    try:
        return _folder(item) if item.path.is_dir() else _file(item)
    except (ModelError, OSError) as error:
        return Entry(item.name, item.path, "", "", "", "", 0, _bytes(item.path), "", str(error))


def _file(item: Item) -> Entry:
    contents = identify(item.path)
    kind, notes = contents.kind, contents.header.metadata
    base = f" for {BASES[contents.base]}" if contents.base else ""
    problem = f"{item.path} looks like {contents.looks}." if contents.looks else ""
    if contents.quantised and not problem:
        problem = f"The weights in {item.path} are quantised in a way that is not read here."
    return Entry(
        name=item.name,
        path=item.path,
        kind=kind.name,
        title=f"{kind.title}{base}",
        role=kind.role,
        precision=contents.precision,
        native=kind.native,
        size=contents.header.size,
        licence=notes.get("modelspec.license", notes.get("license", ""))[:200],
        problem=problem,
    )


def _folder(item: Item) -> Entry:
    pipeline = str(read_object(item.path / "model_index.json").get("_class_name"))
    preset = find_preset(pipeline, name=item.name)
    size = sum(_bytes(file) for file in item.path.glob("*/*.safetensors"))
    return Entry(item.name, item.path, "folder", f"{preset.title}, a folder", "model", "", preset.native, size, "", "")


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

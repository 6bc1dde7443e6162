"""What lies on a shelf, each thing in one line, told from its header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ModelError
from pipelines.families import FAMILIES
from pipelines.placement import NETWORKS
from pipelines.presets import find_preset
from pipelines.shelf import Item
from pipelines.sources.identify import Contents, identify
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
        problem=_problem(contents),
    )


def _problem(contents: Contents) -> str:
    path, shown = contents.header.path, contents.kind.name in ("controlnet", "ip_adapter")
    if contents.looks:
        return f"{path} looks like {contents.looks}."
    if contents.quantised:
        return f"The weights in {path} are quantised in a way that is not read here."
    if shown and contents.base in ("sd3", "flux"):
        return f"{path} is for {BASES[contents.base]}, whose {contents.kind.title}s are not read here."
    return ""


def _folder(item: Item) -> Entry:
    pipeline = str(read_object(item.path / "model_index.json").get("_class_name"))
    if pipeline not in FAMILIES:
        raise ModelError(f"{item.path} holds a {pipeline}, which is not known here.")
    preset = find_preset(pipeline, name=item.name)
    size = sum(_bytes(file) for file in item.path.glob("*/*.safetensors"))
    title, precision = f"{preset.title}, a folder", _folder_precision(item.path)
    return Entry(item.name, item.path, "folder", title, "model", precision, preset.native, size, "", "")


def _folder_precision(folder: Path) -> str:
    """Of most of its network's numbers; empty where its weights are not there."""
    weights = sorted(file for part in NETWORKS for file in (folder / part).glob("*.safetensors"))
    return identify(weights[0]).precision if weights else ""


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

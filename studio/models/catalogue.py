"""The built-in models by name, those on a person's shelf by name, those fetched by their id, any other by its path."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.shelf import Item, Shelf
from studio.models.card import ModelCard, make_card
from studio.models.entries import Entry, entry_of
from studio.models.fetching import ID, fetched, find_fetched
from studio.models.known import Known
from studio.settings import ASSETS, MODELS, Settings

OWN = ".studio"
"""The folder on the shelf that holds what we note about it; other programs do not look into it."""


class Models:
    """All models that can be meant.  ``shelf``: the folder of a person's models (`pipelines/shelf.py`)."""

    def __init__(self, built_in: Path = ASSETS, shelf: Path = MODELS) -> None:
        self.built_in = built_in
        self.shelf = Shelf(shelf)
        self._known = Known(shelf / OWN / "known.json")

    def names(self) -> tuple[str, ...]:
        """The built-in models: folders of the assets that hold a model."""
        return tuple(sorted(index.parent.name for index in self.built_in.glob("*/model_index.json")))

    def card(self, reference: str = "") -> ModelCard:
        """The card of a model, of the usual one if ``reference`` is empty; ModelError where there is none."""
        name = self.named(reference)
        return make_card(name, self.find(name))

    def named(self, reference: str = "") -> str:
        """What a model is called wherever there is no shelf: its built-in name or its path; ModelError, as `find`."""
        reference = reference or self.usual()
        return reference if reference in self.names() else str(self.find(reference).resolve())

    def find(self, reference: str) -> Path:
        """Where a model is; ModelError, with what is near, where there is none."""
        if reference in self.names():
            return self.built_in / reference
        path = Path(reference).expanduser()
        if path.exists():
            return path
        fetched = find_fetched(reference)
        if fetched is not None:
            return fetched
        if self.shelf.fitting(reference, "checkpoint"):
            return self.shelf.find("checkpoint", reference)
        fetching = f", or fetch it with models download {reference}" if ID.fullmatch(reference) else ""
        raise ModelError(f"There is no model {reference!r}: try {' or '.join(self._near(reference))}{fetching}.")

    def _near(self, reference: str) -> list[str]:
        """What may have been meant, else what there is at all."""
        stems = [item.stem for item in self.shelf.items("checkpoint") if item.readable]
        names = {name.lower(): name for name in (*stems, *self.names())}
        near = difflib.get_close_matches(reference.lower(), names, n=1)
        return [names[name] for name in near] or [*self.names(), "the path of a model"]

    def usual(self) -> str:
        """The reference of the model that is used where none is asked for."""
        try:
            return self._choice.read_text(encoding="utf-8").strip() or Settings().model
        except (OSError, ValueError):
            return Settings().model

    def choose(self, reference: str) -> ModelCard:
        """Let a model be the usual one from now on; ModelError where there is none such."""
        from studio.library.files import remove, write_whole  # brings Pillow along, which `--help` can do without

        card = self.card(reference)
        if card.reference == Settings().model:
            remove(self._choice)
        else:
            write_whole(self._choice, f"{card.reference}\n".encode())
        return card

    @property
    def _choice(self) -> Path:
        return self.shelf.root / OWN / "usual.txt"

    def entries(self) -> tuple[Entry, ...]:
        """All on the shelf, of every kind, by kind and name, and what was fetched; what cannot be used says why."""
        entries = tuple(self._known.entry(item, entry_of) for item in (*self.shelf.items(), *fetched()))
        self._known.keep()
        return entries

    def entry(self, name: str) -> Entry:
        """What lies on the shelf by this name, of whichever kind, or at this path."""
        if name in self.names() or Path(name).expanduser().exists() or find_fetched(name):
            return entry_of(self.shelf.item(self.find(name)))
        fitting = self.shelf.fitting(name)
        if len(fitting) != 1:
            also = f" fits {', '.join(str(item.path) for item in fitting)}: give one of these paths."
            raise ModelError(
                f"{name!r}{also}" if fitting else f"There is nothing called {name!r} in {self.shelf.root}."
            )
        return entry_of(fitting[0])

    def sha256(self, path: Path) -> str:
        """The hash of a file, in hexadecimal; other programs call its first ten digits the model's hash."""
        digest = self._known.sha256(path)
        self._known.keep()
        return digest

    def mark(self, path: Path) -> dict[str, Any]:
        """By what a model's file is known wherever it lies: its ``sha256`` and ``bytes``; empty if not on the shelf."""
        if not path.is_file() or path.resolve() not in {item.path.resolve() for item in self._checkpoints()}:
            return {}
        return {"sha256": self.sha256(path), "bytes": path.stat().st_size}

    def marked(self, mark: Mapping[str, Any]) -> Path | None:
        """The file on the shelf that has this mark, wherever it lies and whatever it is called."""
        same = (item.path for item in self._checkpoints() if item.path.stat().st_size == mark.get("bytes"))
        return next((path for path in same if self.sha256(path) == mark.get("sha256")), None)

    def _checkpoints(self) -> list[Item]:
        """The single files on the shelf that may be models."""
        return [item for item in self.shelf.items() if item.kind in ("checkpoint", "") and item.path.is_file()]

    def throw_away(self, entry: Entry) -> Path:
        """Move what lies on the shelf into its trash, and say where it is; ModelError, OutputError where that fails."""
        from studio.library.files import move, remove

        path = entry.path.resolve()
        if path not in {item.path.resolve() for item in self.shelf.items()}:
            raise ModelError(f"{path} is not in {self.shelf.root}: only what is there can be removed from here.")
        if self.usual() == str(path):
            remove(self._choice)
        return move(entry.path, self.shelf.root / OWN / "trash" / f"{datetime.now():%Y-%m-%d_%H%M%S.%f}")

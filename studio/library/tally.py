"""What there is to choose from: models, tasks, collections and tags, each with how many pictures it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.library.index import Index

HERE = "readable AND NOT trashed"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many pictures there are by each name, the commonest first, and how many in all, with a star, in the trash."""

    models: Mapping[str, int]
    tasks: Mapping[str, int]
    collections: Mapping[str, int]
    tags: Mapping[str, int]
    pictures: int
    starred: int
    trashed: int


def tally(index: Index) -> Tally:
    """Count them, as the files are now."""
    columns = {"models": "title", "tasks": "task", "collections": "collection", "tags": "value"}
    sums = {"pictures": "NOT trashed", "starred": "star AND NOT trashed", "trashed": "trashed"}
    parts = [_named(name, column) for name, column in columns.items()]
    parts += [f"SELECT '{name}', '', count(*) FROM pictures WHERE readable AND {test}" for name, test in sums.items()]
    found: dict[str, dict[str, int]] = {}
    rows = index.ask(" UNION ALL ".join(parts), glance=True)
    for name, value, count in sorted(rows, key=lambda row: (-row[2], str(row[1]))):  # the commonest first
        found.setdefault(name, {})[str(value)] = count
    return Tally(
        models=found.get("models", {}),
        tasks=found.get("tasks", {}),
        collections=found.get("collections", {}),
        tags=found.get("tags", {}),
        pictures=found["pictures"][""],
        starred=found["starred"][""],
        trashed=found["trashed"][""],
    )


def _named(name: str, column: str) -> str:
    """The statement that counts the values of a column that are not empty."""
    tables = "pictures, json_each(tags)" if column == "value" else "pictures"
    return f"SELECT '{name}', {column}, count(*) FROM {tables} WHERE {HERE} AND {column} != '' GROUP BY {column}"

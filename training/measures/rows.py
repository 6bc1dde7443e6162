"""A measure as a row of a table: what was found, what was hoped for, and how it was found."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path

SURE = 1.959964  # standard deviations of a normal that hold 95 % of it


@dataclass(frozen=True)
class Row:
    """One measure. `low` … `high`: where the true share lies, 19 times in 20. `bar` None: nothing was asked for."""

    name: str
    value: float
    bar: float | None
    how: str
    unit: str = "%"
    at_most: bool = False  # the bar is a ceiling
    low: float | None = None
    high: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the value is on the right side of the bar; None where there is no bar."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.at_most else self.value >= self.bar


def share(name: str, hits: Sequence[bool], bar: float | None, how: str) -> Row:
    """A row for so many hits, in percent."""
    if not hits:
        return Row(name, 0.0, bar, f"{how}; nothing was found to be judged", low=0.0, high=100.0)
    low, high = interval(sum(hits), len(hits))
    return Row(name, 100 * sum(hits) / len(hits), bar, f"{how}; n = {len(hits)}", low=100 * low, high=100 * high)


def interval(hits: int, trials: int) -> tuple[float, float]:
    """The shares that so many hits leave plausible, 95 % sure (Wilson 1927: it holds near 0 and 1 too)."""
    found, square = hits / trials, SURE**2 / trials
    middle = (found + square / 2) / (1 + square)
    half = SURE * sqrt(found * (1 - found) / trials + square / (4 * trials)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(rows: Iterable[Row]) -> str:
    """The rows as lines of text."""
    return "\n".join(_line(row) for row in rows)


def _line(row: Row) -> str:
    bar = "" if row.bar is None else f"{'≤' if row.at_most else '≥'} {row.bar:g}"
    spread = "" if row.low is None else f"({row.low:.1f} … {row.high:.1f})"
    verdict = {True: "reached", False: "FALLS SHORT", None: ""}[row.reached]
    return f"{row.name:34} {row.value:9.3f} {row.unit:5} {spread:17} {bar:8} {verdict:12} {row.how}"


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits that tell one model's weights from another's."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def keep(rows: Sequence[Row], model: str, path: Path) -> None:
    """Write rows to a JSON file, by name. Rows of other measures of the same model that it holds already stay."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    told = {name: row for name, row in before.items() if row["model"] == model}
    told |= {row.name: asdict(row) | {"reached": row.reached, "model": model} for row in rows}
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.rename(path)

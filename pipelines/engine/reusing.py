"""Deep features used again: only every so many estimates is the whole network asked, in between its outer layers alone.

    whole ─▶ what its deep layers said is kept     outer layers alone, put upon what is kept     … and whole again

After DeepCache (Ma et al. 2023, arXiv:2312.00858): what the deep layers of a U-shaped network say hardly changes from
one step to the next, and most of its work is there.

Which estimates are whole follows from their number and their wordings, never from values or from time.  So a trajectory
that is made again asks just as it did before.

The first estimates settle what the picture shows, each saying something else than the one before, so that they are not
used again: on the built-in model that brings an interval of 3 from 23 to 34 dB of the picture that is whole, for one
more estimate in twenty (`benchmarks/reuse.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.engine.guidance import Query, Questions, answered

if TYPE_CHECKING:
    from torch import Tensor

FIRST = 2
"""Estimates at the beginning that are not used again."""


@dataclass(eq=False)
class Deep:
    """What the deep layers of a network said to a query, as its family keeps it; None until it has been asked."""

    features: Any = None


def reusing(questions: Questions, every: int) -> Questions:
    """Ask the whole network once in ``every`` times after the first, or sooner where a wording is new to it.

    It stands outside of the windows: what is kept belongs to a wording in a window.
    """
    kept: Mapping[Hashable, Deep] = {}
    asked = left = 0

    def ask(queries: tuple[Query, ...]) -> Generator[tuple[Query, ...], tuple[Tensor, ...], tuple[Tensor, ...]]:
        nonlocal kept, asked, left
        names = list(numbered(query.conditioning.wording_key for query in queries))
        whole = left == 0 or not kept.keys() >= set(names)
        if whole:
            kept, left = {name: Deep() for name in names}, every if asked >= FIRST else 1
        asked, left = asked + 1, left - 1
        deeps = [kept[name] for name in names]
        return (yield tuple(query._replace(deep=deep, whole=whole) for query, deep in zip(queries, deeps, strict=True)))

    return answered(questions, ask)


def numbered(wordings: Iterable[Hashable]) -> Iterable[Hashable]:
    """Each with how often it has come up: windows ask the same wording one after another, always in the same order."""
    seen: Counter[Hashable] = Counter()
    for wording in wordings:
        seen[wording] += 1
        yield wording, seen[wording]

"""A request run to its pictures, as a stream of events."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping

from pipelines.engine.engine import Answers
from pipelines.events import Ended, Picture, Step
from pipelines.families.family import Family
from pipelines.requests import Request
from pipelines.together import NOTHING, Together


def generate(
    family: Family,
    request: Request,
    *,
    exact: bool | None = None,
    resume: Mapping[int, Answers] = NOTHING,
    done: Collection[int] = (),
) -> Generator[Step | Picture, None, None]:
    """Make the pictures of ``request``: a ``Step`` whenever one of them has advanced, a ``Picture`` when one is done.

    Closing the iterator cancels: nothing more is computed or decoded.  ``exact``: as ``Together`` has it.  ``resume``:
    by picture, what the network already said in an earlier run of the same request (``pipelines.resuming``).  ``done``:
    pictures that are there already and are left out.  A request that would change nothing gives its picture back as it
    came.
    """
    together = Together(family, exact)
    together.add(None, request, resume, done)
    try:
        while True:
            for _, event in together.step():
                if isinstance(event, Ended) and event.error is not None:
                    raise event.error
                if isinstance(event, Ended):
                    return
                yield event
    finally:
        together.drop(None)

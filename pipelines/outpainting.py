"""Extend a picture beyond its edges: inpainting on a grown canvas."""

from __future__ import annotations

import dataclasses

from pipelines import inpainting
from pipelines.canvas import grow, plain
from pipelines.engine.engine import Trajectory
from pipelines.families.family import Family
from pipelines.requests import Inpaint, Outpaint, Request


def plan(family: Family, request: Outpaint, exact: bool = False) -> tuple[Trajectory, ...]:
    """Trajectories for ``request``: its new part is the mask, its overlap the feather."""
    return inpainting.plan(family, as_inpainting(request), exact)


def as_inpainting(request: Outpaint) -> Inpaint:
    """The same wish on the grown canvas."""
    grown, mask = grow(plain(request.image), request.margins)
    shared = {item.name: getattr(request, item.name) for item in dataclasses.fields(Request)}
    return Inpaint(**shared, image=grown, mask=mask, feather=request.overlap)

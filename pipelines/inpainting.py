"""Repaint what is white in a mask, and nothing else."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from pipelines.canvas import fit, fit_weights, keep_facts, plain, to_picture, to_pixels
from pipelines.compositing import paste
from pipelines.families.family import Family
from pipelines.masks import feather, to_cells, to_weights
from pipelines.planning import Canvas, Plan, plan_trajectories
from pipelines.region import find_region
from pipelines.requests import Inpaint


def plan(family: Family, request: Inpaint, exact: bool = False) -> Plan:
    """Trajectories for ``request``, in a region around the mask where the picture is large.

    The region is drawn out at the right and bottom to a size that the model takes.
    """
    facts = family.facts
    region = find_region(request.mask, request.feather, facts)
    picture = plain(request.image)
    part = region.cut(picture)
    weights = feather(to_weights(region.cut(request.mask)), request.feather)
    pixels = to_pixels(fit(region.shrink(part), facts.multiple))
    mask = fit_weights(region.shrink_weights(weights), facts.multiple)
    canvas = Canvas(
        width=pixels.shape[2],
        height=pixels.shape[1],
        original=family.encode(pixels),
        cells=to_cells(mask, facts.downscale).to(family.device),
        kept=family.encode(pixels * (mask < 0.5)) if facts.takes_mask else None,
        strength=request.strength,
    )

    def finish(latents: Tensor) -> Image.Image:
        painted = to_picture(family.decode(latents)).crop((0, 0, *region.working))
        return keep_facts(region.put(paste(part, region.enlarge(painted), weights), picture), picture)

    return Plan(plan_trajectories(family, request, canvas, exact), finish)

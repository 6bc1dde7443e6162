"""Repaint what is white in a mask, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor

from pipelines.blending import repaired
from pipelines.canvas import fit, fit_weights, keep_facts, plain, to_picture, to_pixels
from pipelines.compositing import paste
from pipelines.depth import keep_low_bytes
from pipelines.engine.engine import Trajectory, Walk, single
from pipelines.engine.windows import Window
from pipelines.errors import InvalidRequest
from pipelines.families.family import Family
from pipelines.infill import FILLS
from pipelines.masks import feather, grown, hardened, to_cells, to_graded_cells
from pipelines.planning import Canvas, along, plan_walks
from pipelines.region import Region, find_region
from pipelines.requests import Inpaint
from pipelines.resizing import stretched


def plan(family: Family, request: Inpaint, exact: bool = False) -> tuple[Trajectory, ...]:
    """Trajectories for ``request``, in a region around the mask where the picture is large.

    The region is drawn out at the right and bottom to a size that the model takes.
    """
    facts = family.facts
    if request.graded and facts.takes_mask:
        raise InvalidRequest("This model is given the mask as a whole and cannot grade it: leave graded out.")
    if request.hiding < 1 and not facts.takes_mask:
        raise InvalidRequest("This model is not given the mask, so nothing is hidden from it: leave hiding out.")
    painted_over = grown(request.mask, request.grow)
    if painted_over.getbbox() is None:
        raise InvalidRequest(f"Nothing of the mask is left after shrinking it by {-request.grow}: shrink it less.")
    region = find_region(painted_over, request.feather, facts, request.area, request.padding)
    return along(family, map(single, walks_in(family, request, region, painted_over)), exact)


def walks_in(
    family: Family,
    request: Inpaint,
    region: Region,
    painted_over: Image.Image,
    windows: tuple[Window, ...] = (),
    corner: tuple[int, int] | None = None,
) -> tuple[Walk, ...]:
    """A walk for each picture of the request that repaints a region where the mask ``painted_over`` is white in it."""
    facts = family.facts
    picture = plain(request.image)
    part = region.cut(picture)
    wanted = region.cut(painted_over)
    soft = feather(hardened(wanted) if request.graded else wanted, request.feather)
    shown, weights = region.to_working(part), region.weights(soft)
    pixels = to_pixels(fit(shown, facts.multiple))
    mask = fit_weights(weights, facts.multiple)
    cells = to_cells(mask, facts.downscale)
    if request.graded:
        grades = to_graded_cells(fit_weights(region.weights(wanted), facts.multiple), facts.downscale)
        cells = torch.where(grades > 0, grades, cells)
    fill = FILLS[request.fill]
    canvas = Canvas(
        width=pixels.shape[2],
        height=pixels.shape[1],
        original=family.encode(fill.pixels(pixels, (mask > 0).float())),
        cells=cells.to(family.device),
        kept=family.encode(pixels * (1 - request.hiding * (mask >= 0.5))) if facts.takes_mask else None,
        strength=request.strength,
        full_steps=request.full_steps,
        under=fill.latents,
        windows=windows,
        corner=corner,
        laid=lambda other: fit(region.to_working(region.cut(stretched(other, picture.size))), facts.multiple),
    )

    def finish(latents: Tensor) -> Image.Image:
        painted = to_picture(family.decode(latents)).crop((0, 0, *region.working))
        if request.blend == "automatic":  # at working size, for tones are even and large pictures are not small
            mended, _ = repaired(to_pixels(shown), to_pixels(painted), weights)
            painted = to_picture(mended)
        whole = keep_facts(region.put(paste(part, region.from_working(painted), soft), picture), picture)
        return keep_low_bytes(whole, picture, soft, (region.left, region.top))

    place = region.place(pixels.shape[2], pixels.shape[1])
    return tuple(replace(walk, place=place) for walk in plan_walks(family, request, canvas, finish))

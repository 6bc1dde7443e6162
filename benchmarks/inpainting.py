"""Ten scenes repainted by us and by diffusers' inpaint pipeline, with the same model, mask, prompt, seed and steps.

python -m benchmarks.inpainting [--model FOLDER] [--scenes 10] [--sheet docs/images/inpainting.png]

Told for each side: how visible the join is (``pipelines.seams``: 0 is not at all, from about 1 on it is seen), how far
the tone beside it is off, and how many pixels outside the mask and its feather have changed.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.generate import beside
from pipelines.canvas import to_pixels
from pipelines.events import Picture
from pipelines.loading import load
from pipelines.masks import feather, to_weights
from pipelines.requests import Inpaint, Sampling
from pipelines.run import generate
from pipelines.seams import Seam, measure
from training.captions import caption
from training.drawings import FIRST_HELD_OUT
from training.scenes import draw_with_mask, imagine

BUILT_IN = Path(__file__).parents[1] / "assets" / "meadow"
STEPS, GUIDANCE = 20, 5.0


@dataclass(frozen=True)
class Side:
    """A repainted picture and what is to be said of it."""

    picture: Image.Image
    seam: Seam
    changed: int

    @property
    def words(self) -> str:
        """For the sheet."""
        return f"seam {self.seam.score:.2f}  tone {self.seam.drift:.1f}  outside {self.changed}"


def scenes(count: int) -> Iterator[Inpaint]:
    """Drawings that no model has learnt from, each with a thing to be painted over by what the caption says anyway."""
    number = FIRST_HELD_OUT
    while count:
        number += 1
        facts = imagine(number)
        if facts.style != "flat" or len(facts.things) != 1 or facts.things[0].count != 1:
            continue
        picture, thing = draw_with_mask(facts, number)
        mask = Image.new("L", picture.size)
        left, top, right, bottom = thing.getbbox() or (96, 96, 160, 160)
        ImageDraw.Draw(mask).ellipse((left - 8, top - 8, right + 8, bottom + 8), fill=255)
        sampling = Sampling(steps=STEPS, guidance=GUIDANCE, sampler="euler", seed=number % 1000)
        yield Inpaint(prompt=caption(facts, Random(number)), image=picture, mask=mask, sampling=sampling)
        count -= 1


def ours(family: Any, request: Inpaint) -> Image.Image:
    """Our picture."""
    return next(event.image for event in generate(family, request) if isinstance(event, Picture))


def their_pipeline(family: Any, folder: Path) -> StableDiffusionInpaintPipeline:
    """diffusers' pipeline of the very same parts; it knows networks of 4 and 9 channels, and is told that it has 4."""
    family.unet.register_to_config(in_channels=4)
    return beside(family, folder, StableDiffusionInpaintPipeline)


def theirs(pipe: StableDiffusionInpaintPipeline, request: Inpaint) -> Image.Image:
    """Their picture, made as its users make it: with a blurred mask."""
    width, height = request.image.size
    return pipe(
        request.prompt,
        image=request.image,
        mask_image=request.mask.filter(ImageFilter.GaussianBlur(4)),
        width=width,
        height=height,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(request.sampling.seed),
    ).images[0]


def judged(request: Inpaint, picture: Image.Image) -> Side:
    """The picture with its measures, both sides by the same mask."""
    soft = feather(request.mask, request.feather)
    outside = np.asarray(soft) == 0
    changed = (np.asarray(picture.convert("RGB")) != np.asarray(request.image.convert("RGB"))).any(-1) & outside
    return Side(picture, measure(to_pixels(picture), to_weights(soft)), int(changed.sum()))


def sheet(rows: list[tuple[Inpaint, Side, Side]]) -> Image.Image:
    """A row a scene: what was to be repainted, theirs, ours."""
    width, height, line = 256, 256, 18
    page = Image.new("RGB", (3 * width + 8, len(rows) * (height + line)), "white")
    pen = ImageDraw.Draw(page)
    for index, (request, their, our) in enumerate(rows):
        top = index * (height + line)
        shown = request.image.convert("RGB")
        shown.paste((255, 0, 255), mask=request.mask.point(lambda value: value // 2))
        for place, (picture, words) in enumerate(
            ((shown, request.prompt[:42]), (their.picture, their.words), (our.picture, our.words))
        ):
            page.paste(picture, (place * (width + 4), top))
            pen.text((place * (width + 4) + 2, top + height + 2), words, fill="black")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--sheet", type=Path, default=Path("docs/images/inpainting.png"))
    options = parser.parse_args()
    family = load(options.model, device="cpu")
    requests = list(scenes(options.scenes))
    mine = [ours(family, request) for request in requests]
    pipe = their_pipeline(family, options.model)
    other = [theirs(pipe, request) for request in requests]
    rows = [(r, judged(r, b), judged(r, a)) for r, a, b in zip(requests, mine, other, strict=True)]
    print(f"{'':11}{'seam':>8}{'ratio':>8}{'tone':>8}{'changed outside':>18}   medians of {len(rows)}, and the worst")
    for name, place in (("diffusers", 1), ("ours", 2)):
        sides = [row[place] for row in rows]
        columns = [[s.seam.score for s in sides], [s.seam.ratio for s in sides], [s.seam.drift for s in sides]]
        middle = "".join(f"{statistics.median(column):8.2f}" for column in columns)
        worst = "".join(f"{max(column):8.2f}" for column in columns)
        print(f"{name:11}{middle}{max(s.changed for s in sides):18}   {worst}")
    options.sheet.parent.mkdir(parents=True, exist_ok=True)
    sheet(rows).save(options.sheet, optimize=True)
    print(options.sheet)


if __name__ == "__main__":
    main()

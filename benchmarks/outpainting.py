"""How well outpainted parts join on, and whether ten of them in a row drift.

python -m benchmarks.outpainting [--model FOLDER] [--scenes 10] [--rows 3] [--rounds 10] [--sheet FILE]

Drawings that no model has learnt from are extended by half to either side.  Told are the step across the old border
against the steps beside it, and the tone beside it, also for the drawings themselves (cut at the same places).

Pictures that the model has painted are extended ten times by a quarter to the right.  Told is how brightness, colour
and contrast of the strips change on the way.  (Of a drawing they also change towards the model's own palette.)
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from pipelines.canvas import to_pixels
from pipelines.events import Picture
from pipelines.loading import load
from pipelines.masks import feather, to_weights
from pipelines.requests import Margins, Outpaint, Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.seams import Seam, measure
from training.captions import caption
from training.drawings import FIRST_HELD_OUT
from training.scenes import SIDE, Facts, draw, imagine

BUILT_IN = Path(__file__).parents[1] / "assets" / "meadow"
HALF, QUARTER = SIDE // 2, SIDE // 4


class Scene(NamedTuple):
    """A drawing twice as wide as what is kept of it, so that a true continuation is known."""

    prompt: str
    whole: Image.Image
    kept: Image.Image
    seed: int


def scenes(count: int, hours: Sequence[str] = ("day", "dawn", "sunset", "night")) -> Iterator[Scene]:
    """Flat landscapes without things: what is to go on is horizon, ground and sky."""
    number = FIRST_HELD_OUT
    while count:
        number += 1
        facts: Facts = imagine(number)
        if facts.style != "flat" or facts.things or facts.hour not in hours:
            continue
        whole = draw(facts, number, (2 * SIDE, SIDE))
        kept = whole.crop((HALF, 0, HALF + SIDE, SIDE))
        yield Scene(caption(facts, Random(number)), whole, kept, number % 1000)
        count -= 1


def extended(family: Any, scene: Scene, picture: Image.Image, margins: Margins, turn: int = 0) -> Image.Image:
    """The picture with margins, in the settings that the built-in model has."""
    sampling = Sampling(steps=20, guidance=5.0, seed=scene.seed + turn, spacing="uniform")
    request = Outpaint(prompt=scene.prompt, image=picture, margins=margins, sampling=sampling)
    return next(event.image for event in generate(family, request) if isinstance(event, Picture))


def seam_of(picture: Image.Image, margins: Margins, overlap: int = 16) -> Seam:
    """The seam where the margins begin, through the softness of their overlap."""
    width, height = picture.size
    mask = Image.new("L", picture.size, 255)
    mask.paste(0, (margins.left, margins.top, width - margins.right, height - margins.bottom))
    return measure(to_pixels(picture), to_weights(feather(mask, overlap)))


class Tone(NamedTuple):
    """Of a strip, in levels of 255."""

    brightness: float
    colour: float
    contrast: float

    @staticmethod
    def of(strip: Image.Image) -> Tone:
        """Mean, mean distance of the channels from grey, and spread."""
        values = np.asarray(strip.convert("RGB"), dtype=float)
        grey = values.mean(-1, keepdims=True)
        return Tone(float(grey.mean()), float(np.abs(values - grey).mean()), float(grey.std()))


def painted(family: Any, scene: Scene) -> Image.Image:
    """A picture that the model paints from the scene's words."""
    sampling = Sampling(steps=20, guidance=5.0, seed=scene.seed, spacing="uniform")
    request = TextToImage(prompt=scene.prompt, size=Size(width=SIDE, height=SIDE), sampling=sampling)
    return next(event.image for event in generate(family, request) if isinstance(event, Picture))


def drifts(picture: Image.Image, rounds: int) -> list[Tone]:
    """The tone of each strip, the kept picture's own right quarter first."""
    edges = range(SIDE - QUARTER, SIDE + rounds * QUARTER, QUARTER)
    return [Tone.of(picture.crop((left, 0, left + QUARTER, SIDE))) for left in edges]


def told(name: str, seams: Sequence[Seam]) -> str:
    """A line of the table: medians, and the worst."""
    ratios, tones = [seam.ratio for seam in seams], [seam.drift for seam in seams]
    return (
        f"{name:16}{statistics.median(ratios):8.2f}{max(ratios):8.2f}{statistics.median(tones):12.2f}{max(tones):8.2f}"
    )


def said(name: str, *tones: Tone) -> str:
    """A line with the mean of some tones."""
    return f"  {name:26}" + "".join(f"{value:12.1f}" for value in np.mean(tones, axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--sheet", type=Path, help="where to keep a picture of all of them")
    options = parser.parse_args()
    family = load(options.model, device="cpu")
    both, made, pictures = Margins(left=HALF, right=HALF), [], []
    for scene in scenes(options.scenes):
        wider = extended(family, scene, scene.kept, both)
        made.append((seam_of(wider, both), seam_of(scene.whole, both)))
        pictures.append(wider)
    if made:
        print(f"{'':16}{'ratio':>8}{'worst':>8}{'tone /255':>12}{'worst':>8}")
        print(told("extended", [own for own, _ in made]))
        print(told("drawn as one", [true for _, true in made]))
    print(f"{options.rounds} rounds of a quarter:{'':5}" + "".join(f"{name:>12}" for name in Tone._fields))
    for scene in scenes(options.rows):
        picture = painted(family, scene)
        for turn in range(options.rounds):
            picture = extended(family, scene, picture, Margins(right=QUARTER), turn)
        tones = drifts(picture, options.rounds)
        print(scene.prompt)
        print(said("the picture's own", tones[0]))
        print(said("strips 1 to 3", *tones[1:4]))
        print(said("the last three", *tones[-3:]))
        pictures.append(picture)
    if options.sheet and pictures:
        page = Image.new("RGB", (max(p.width for p in pictures), sum(p.height + 4 for p in pictures)), "white")
        for index, picture in enumerate(pictures):
            page.paste(picture, (0, index * (SIDE + 4)))
        page.save(options.sheet)


if __name__ == "__main__":
    main()

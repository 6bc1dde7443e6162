"""What is not worked out again, and what need not be worked out at all: each beside the same without it.

python -m benchmarks.caches [--model FOLDER] [--size 512] [--rounds 3] [--json FILE]

A model of Stable Diffusion 1.5's size with random weights, unless another is given.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny
from PIL import Image, ImageDraw

from benchmarks.figures import Row, alternate, save, show, takes_json
from pipelines.aiming import encode, wordings_of
from pipelines.canvas import to_pixels
from pipelines.families.family import Family
from pipelines.loading import load
from pipelines.parts import Guiding
from pipelines.requests import Inpaint, Sampling, Size, TextToImage
from pipelines.run import generate

PROMPT = "a red house on the left of a meadow at sunset"


def request_of(size: int, steps: int, guiding: Guiding | None = None, guidance: float = 7.0) -> TextToImage:
    sampling = Sampling(steps=steps, guidance=guidance, sampler="euler", seed=1)
    return TextToImage(
        prompt=PROMPT, size=Size(width=size, height=size), sampling=sampling, guiding=guiding or Guiding()
    )


def picture_of(size: int) -> tuple[Image.Image, Image.Image]:
    """A picture and a mask over the middle of it."""
    picture = Image.linear_gradient("L").resize((size, size)).convert("RGB")
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse((size // 4, size // 4, 3 * size // 4, 3 * size // 4), fill=255)
    return picture, mask


def compared(case: str, without: Callable[[], object], using: Callable[[], object], rounds: int) -> Row:
    timed = alternate({"without": without, "with": using}, rounds)
    return {
        "case": case,
        "without_s": timed.median("without"),
        "with_s": timed.median("with"),
        "times as fast": timed.ratio("without", "with"),
    }


def forgetting(family: Any, work: Callable[[], object]) -> Callable[[], object]:
    """The work as it is when nothing of it has been done before."""

    def anew() -> object:
        family.remembered.forget()
        return work()

    return anew


def remembered(family: Family, size: int, rounds: int) -> list[Row]:
    """A prompt that was read before, a canvas that was seen before, and a whole edit of both."""
    request = request_of(size, 4)
    wordings = dict.fromkeys(word for towards, away in wordings_of(request, 4) for word in (towards[0][0], away))
    picture, mask = picture_of(size)
    pixels = to_pixels(picture)
    edit = Inpaint(prompt=PROMPT, image=picture, mask=mask, sampling=replace(request.sampling, steps=4))

    def reading() -> object:
        return encode(family, wordings, request, family.rack.picked((), wordings))

    works: dict[str, Callable[[], object]] = {
        "prompt read before": reading,
        "canvas encoded before": lambda: family.encode(pixels),
        "inpainting of 4 steps, both": lambda: list(generate(family, edit)),
    }
    return [compared(case, forgetting(family, work), work, rounds) for case, work in works.items()]


def made(family: Family, request: TextToImage) -> Callable[[], object]:
    return lambda: list(generate(family, request))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=10, help="of a whole picture")
    parser.add_argument("--rounds", type=int, default=3)
    takes_json(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or _written(Path(folder) / "model")
        torch.manual_seed(0)
        AutoencoderTiny().save_pretrained(Path(folder) / "tiny")
        family, quick = load(model, device="cpu"), load(model, device="cpu", vae=Path(folder) / "tiny")
    size, rounds = options.size, options.rounds
    rows = remembered(family, size, rounds)
    whole = made(family, request_of(size, options.steps))
    for start, stop in ((0.0, 0.5), (0.2, 0.8)):
        part = made(family, request_of(size, options.steps, Guiding(start=start, stop=stop)))
        rows.append(compared(f"guidance from {start:g} to {stop:g} of {options.steps} steps", whole, part, rounds))
    few = request_of(size, 4, guidance=1.0)
    rows.append(compared("4 steps without guidance, tiny decoder", made(family, few), made(quick, few), rounds))
    rows.append(
        compared(f"{options.steps} guided steps → 4 unguided ones, tiny decoder", whole, made(quick, few), rounds)
    )
    show(rows)
    save(options.json, "python -m benchmarks.caches", rows)


def _written(folder: Path) -> Path:
    from benchmarks.sd15 import write

    return write(folder)


if __name__ == "__main__":
    main()

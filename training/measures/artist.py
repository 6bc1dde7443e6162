"""The model at work, as a person at the studio gets it: the studio's own engine, the model's own settings."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from pipelines.canvas import to_picture, to_pixels
from pipelines.errors import ModelError
from pipelines.families.family import Family
from pipelines.loading import load
from pipelines.parts import MAX_SEED, Margins, Sampling, Size
from pipelines.requests import Inpaint, Outpaint, Request, TextToImage
from pipelines.run import generate
from training.loop import device

MOST_STEPS = 20


@dataclass(frozen=True)
class Artist:
    """What paints: `run` makes the picture of a request, `copy` sends one through the autoencoder and back."""

    run: Callable[[Request], Image.Image]
    copy: Callable[[Image.Image], Image.Image]
    sampling: Sampling
    size: tuple[int, int]

    def paint(self, words: str, seed: int, size: tuple[int, int] | None = None) -> Image.Image:
        width, height = size or self.size
        return self.run(TextToImage(prompt=words, size=Size(width=width, height=height), sampling=self._seeded(seed)))

    def repaint(self, picture: Image.Image, mask: Image.Image, words: str, seed: int) -> Image.Image:
        return self.run(Inpaint(image=picture, mask=mask, prompt=words, sampling=self._seeded(seed)))

    def extend(self, picture: Image.Image, margins: Margins, words: str, seed: int) -> Image.Image:
        return self.run(Outpaint(image=picture, margins=margins, prompt=words, sampling=self._seeded(seed)))

    def _seeded(self, seed: int) -> Sampling:
        return replace(self.sampling, seed=seed % (MAX_SEED + 1))


def artist(folder: Path) -> Artist:
    """The model of a folder with the settings that its `studio.json` gives, in at most MOST_STEPS steps."""
    family, told = load(folder, device=str(device())), settings(folder)
    return Artist(
        run=lambda request: picture_of(family, request),
        copy=lambda picture: to_picture(family.decode(family.encode(to_pixels(picture)))),
        sampling=Sampling(
            steps=min(told["steps"], MOST_STEPS),
            guidance=told["guidance"],
            sampler=told["sampler"],
            spacing=told["spacing"],
        ),
        size=(told["width"], told["height"]),
    )


def settings(folder: Path) -> dict:
    """What the model's makers advise: width, height, steps, guidance, sampler, spacing."""
    path = folder / "studio.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no studio.json that says how to paint with it: write it with training.export.")
    return json.loads(path.read_text(encoding="utf-8"))["defaults"]


def picture_of(family: Family, request: Request) -> Image.Image:
    """The first picture of a request."""
    *_, last = generate(family, request)
    return last.image

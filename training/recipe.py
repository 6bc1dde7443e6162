"""The recipe's numbers: how wide the networks are and how much each stage does.

Two instances of one recipe: `shipped` makes the model that comes with the studio, `tiny` goes through every stage in
seconds and makes nothing worth looking at; it is there to see that everything works. A work folder remembers which one
it was begun with.
"""

import json
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

from pipelines.errors import InvalidRequest
from training.scenes import SIDE


@dataclass(frozen=True)
class Scale:
    """What differs between a large and a small run of the recipe; everything else is the same."""

    drawings: int  # scenes that the denoiser learns from
    small: int  # further ones, half as large, that it learns from at first
    small_share: float  # of its training
    sketches: int  # scenes that the decoder learns from
    measured: int  # scenes whose cells the encoder is made from
    judged: int  # held-out scenes that copies are judged on
    shrink: int  # drawings are made so many times smaller than their scenes
    autoencoder: tuple[int, int, int, int]  # widths, from whole pictures to latents
    denoiser: tuple[int, int, int]  # widths, from whole latents to the smallest
    heads: tuple[int, int, int]  # of attention, likewise
    words: int  # width of the text encoder
    layers: int  # of the text encoder
    squares: tuple[tuple[int, int], ...]  # side and number of what the decoder learns in a step; side 0 is all of it
    batch: int  # pictures of SIDE × SIDE in a step of the denoiser
    on_gpu: int  # so many times as many in a step on a GPU
    decoder_steps: float  # at most; the shipped model is trained by the clock instead
    denoiser_steps: float
    report: int  # steps between two points of the loss curves
    compiled: bool  # worth a minute or two for every size of picture, where there is a compiler

    @property
    def side(self) -> int:
        """Pixels on a side of the pictures that the model is made for."""
        return SIDE // self.shrink


SCALES = {
    "shipped": Scale(
        drawings=60_000, small=40_000, small_share=0.6, sketches=4_000, measured=1_500, judged=32, shrink=1,
        autoencoder=(16, 48, 64, 96), denoiser=(32, 128, 256), heads=(1, 2, 4), words=192, layers=3,
        squares=((96, 8), (96, 8), (96, 8), (0, 1)), batch=16, on_gpu=16,
        decoder_steps=inf, denoiser_steps=inf, report=50, compiled=True,
    ),
    "tiny": Scale(
        drawings=24, small=16, small_share=0.5, sketches=12, measured=8, judged=2, shrink=4,
        autoencoder=(16, 48, 56, 32), denoiser=(16, 32, 32), heads=(1, 1, 1), words=48, layers=1,
        squares=((48, 4), (0, 1)), batch=8, on_gpu=1,
        decoder_steps=30, denoiser_steps=40, report=5, compiled=False,
    ),
}  # fmt: skip
SHIPPED = SCALES["shipped"]


@dataclass(frozen=True)
class Recipe:
    """What a work folder was begun with: the name of a scale, and the seed of all that is left to chance."""

    name: str = "shipped"
    seed: int = 0

    @property
    def scale(self) -> Scale:
        return SCALES[self.name]

    @staticmethod
    def of(work: Path) -> "Recipe":
        """The recipe that `work` was begun with; the shipped one where nothing says otherwise."""
        path = work / "recipe.json"
        return Recipe(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Recipe()

    def begin(self, work: Path) -> None:
        """Make `work` a folder of this recipe, or make sure that it is one."""
        path = work / "recipe.json"
        if path.exists() and Recipe.of(work) != self:
            raise InvalidRequest(
                f"{work} was begun with {Recipe.of(work)}, this run is {self}: go on with that or take an empty folder."
            )
        work.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        return f"the {self.name} recipe and seed {self.seed}"

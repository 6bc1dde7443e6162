"""Stage one: an autoencoder that holds a picture in 64 times fewer places.

A picture [3, 256, 256] becomes latents [8, 32, 32] and comes back almost unchanged. The denoiser then works on those
small latents, which is why a whole picture can be painted on a laptop. The way there is known (`cells.py`), the way
back is learnt: the decoder guesses from neighbouring cells what eight numbers cannot say.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from math import inf
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from pipelines.errors import ModelError
from training.cells import CELL, CHANNELS, Cells, measure, write_into
from training.command import spoken
from training.drawings import FIRST_HELD_OUT, drawings, pixels
from training.learning import Course, Run, learn, warm_up
from training.loop import at_once, device, half_precision, load, lot, save, sent, to_tensor
from training.recipe import SHIPPED, Recipe, Scale
from training.shelves import Shape

PEAK_RATE = 1.5e-3
UNSURE = 0.03  # noise on the latents while the decoder learns, for a denoiser's are never quite right


def new_autoencoder(cells: Cells, scale: Scale = SHIPPED) -> AutoencoderKL:
    """Narrow where pictures are large, wider where they are small. Its encoder is finished, its decoder is new."""
    levels = scale.autoencoder
    network = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(levels),
        up_block_types=("UpDecoderBlock2D",) * len(levels),
        block_out_channels=levels,
        layers_per_block=1,
        latent_channels=CHANNELS,
        norm_num_groups=8,
        sample_size=scale.side,
        mid_block_add_attention=False,
    )
    write_into(network, cells)
    network.encoder.requires_grad_(False)
    network.quant_conv.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def the_cells(work: Path, scale: Scale) -> Cells:
    """The encoder's map: measured once on the first drawings, or taken up with a model, and then read from `work`."""
    path = work / "cells.pt"
    if not path.exists():
        shelves = drawings(scale.measured, work, scale.shrink)
        cells = measure([picture for shelf in shelves.values() for picture in shelf])
        save(path, mean=cells.mean, patterns=cells.patterns)
    return Cells(**load(path))


def crops(
    shelves: dict[Shape, np.ndarray], squares: tuple[tuple[int, int], ...], seed: int, step: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of (pictures, masks), from step `step` on: `squares` says sides and numbers, side 0 means all.

    Whole pictures come in between because the network's normalisation sees the whole square: one that never met
    more than details would judge the brightness of a large picture wrongly.
    """
    shapes, counts = list(shelves), np.array([len(shelf) for shelf in shelves.values()])
    while True:
        random = np.random.default_rng(lot(seed, "crops", step))
        pictures = shelves[shapes[random.choice(len(shapes), p=counts / counts.sum())]]
        side, batch = squares[random.integers(len(squares))]
        cut = [_cut(pictures[index], side, random) for index in random.integers(len(pictures), size=batch)]
        pixels = sent(np.stack(cut))
        yield to_tensor(pixels[..., :3]), pixels[..., 3:].permute(0, 3, 1, 2).float() / 255
        step += 1


def _cut(picture: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
    """A square of a picture [height, width, 4], or all of it, cut between cells.

    Two of three squares are centred on a thing, for skies are learnt soon.
    """
    if side == 0 or side > min(picture.shape[:2]):
        return picture
    room = np.array(picture.shape[:2]) - side
    corner = random.integers(room + 1)
    rows, columns = np.nonzero(picture[::CELL, ::CELL, 3])
    if len(rows) and random.random() < 2 / 3:
        pick = random.integers(len(rows))
        centre = np.array((rows[pick], columns[pick])) * CELL + random.integers(-side // 4, side // 4, size=2)
        corner = np.clip(centre - side // 2, 0, room)
    top, left = corner // CELL * CELL
    return picture[top : top + side, left : left + side]


def loss_of(network: AutoencoderKL, cells: Cells, pictures: Tensor, mask: Tensor) -> Tensor:
    """The error of copies in detail and at edges, things counting double."""
    latents = cells.latents(pictures)
    latents += UNSURE * torch.randn_like(latents)
    with half_precision():
        copy = network.decode(latents.contiguous(memory_format=torch.channels_last)).sample.float()
    weight = 1 + mask
    error = copy - pictures
    detail = (weight * (error.abs() + 2 * error.square())).mean()
    edges = sum((weight.narrow(dim, 1, weight.shape[dim] - 1) * error.diff(dim=dim).abs()).mean() for dim in (2, 3))
    return detail + edges


@torch.no_grad()
def reconstruct(network: AutoencoderKL, pictures: np.ndarray) -> Tensor:
    """Pictures [n, height, width, 3+] there and back again: [n, 3, height, width] in [-1, 1]."""
    with half_precision():
        images = to_tensor(torch.from_numpy(pictures[..., :3].copy()).to(device()))
        return network.decode(network.encode(images).latent_dist.mode()).sample.float().clamp(-1, 1)


def decibels(network: AutoencoderKL, count: int = SHIPPED.judged, shrink: int = 1) -> float:
    """Mean peak signal-to-noise ratio of copies of held-out pictures; each 6 dB halve the error."""
    ratios = []
    for number in range(FIRST_HELD_OUT, FIRST_HELD_OUT + count):
        picture = pixels(number, shrink)[None]
        error = reconstruct(network, picture) - to_tensor(torch.from_numpy(picture[..., :3].copy())).to(device())
        ratios.append(float(-10 * (error.square().mean() / 4).log10()))
    return float(np.mean(ratios))


def train(work: Path, minutes: float = inf) -> None:
    """Train the decoder until the minutes are over, going on from `work` if there is a checkpoint."""
    recipe = Recipe.of(work)
    scale = recipe.scale
    cells = the_cells(work, scale).to(device())
    torch.manual_seed(lot(recipe.seed, "decoder"))
    network = new_autoencoder(cells, scale).to(device())
    squares = tuple((side, number * at_once(scale)) for side, number in scale.squares)
    course = Course(
        name="autoencoder",
        rate=PEAK_RATE,
        weight_decay=1e-4,
        warm_up=warm_up(100, scale.decoder_steps),
        lessons=partial(crops, drawings(scale.sketches, work, scale.shrink), squares, recipe.seed),
        loss=lambda network, pictures, mask: loss_of(network, cells, pictures, mask),
        look=lambda average, step: (
            f"step {step}: held-out copies {decibels(average, scale.judged, scale.shrink):.2f} dB"
        ),
        unit="squares",
        facts={},
    )
    learn(network, course, work, Run(minutes, scale.decoder_steps, recipe.seed, scale.report))


def trained_autoencoder(work: Path) -> AutoencoderKL:
    """The averaged autoencoder of the checkpoint in `work`, ready for use."""
    kept = load(work / "autoencoder.pt")
    if not kept:
        raise ModelError(f"{work} holds no trained decoder: run python -m training.autoencoder --work {work} first.")
    scale = Recipe.of(work).scale
    network = new_autoencoder(the_cells(work, scale), scale).to(device())
    network.load_state_dict(kept["average"])
    return network.eval().requires_grad_(False)


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    train(options.work, options.minutes)


if __name__ == "__main__":
    main()

"""Stage one: an autoencoder that holds a picture in 64 times fewer places.

A picture [3, 256, 256] becomes latents [8, 32, 32] and comes back almost unchanged. The denoiser then works on those
small latents, which is why a whole picture can be painted on a laptop. The way there is known (`cells.py`), the way
back is learnt: the decoder guesses from neighbouring cells what eight numbers cannot say.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from training.cells import CELL, CHANNELS, Cells, measure, write_into
from training.drawings import FIRST_HELD_OUT, drawings, pixels
from training.loop import Average, Clock, device, half_precision, learning_rate, load, save, to_tensor
from training.scenes import SIDE

SHAPES = (
    (96, 8),
    (96, 8),
    (96, 8),
    (SIDE, 1),
)  # side and number of the squares of a step: many details, some whole pictures
PEAK_RATE = 1.5e-3
UNSURE = 0.03  # noise on the latents while the decoder learns, for a denoiser's are never quite right


def new_autoencoder(cells: Cells) -> AutoencoderKL:
    """Narrow where pictures are large, wider where they are small. Its encoder is finished, its decoder is new."""
    levels = (16, 48, 64, 96)
    network = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(levels),
        up_block_types=("UpDecoderBlock2D",) * len(levels),
        block_out_channels=levels,
        layers_per_block=1,
        latent_channels=CHANNELS,
        norm_num_groups=8,
        sample_size=SIDE,
        mid_block_add_attention=False,
    )
    write_into(network, cells)
    network.encoder.requires_grad_(False)
    network.quant_conv.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def the_cells(work: Path, count: int = 1500) -> Cells:
    """The encoder's map, measured once on the first drawings and then read from `work`."""
    path = work / "cells.pt"
    if not path.exists():
        cells = measure(np.stack([pixels(number) for number in range(count)]))
        save(path, mean=cells.mean, patterns=cells.patterns)
    return Cells(**load(path))


def crops(pictures: np.ndarray, random: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of (picture, mask) squares.

    Whole pictures come in between because the network's normalisation sees the whole square: one that never met
    more than details would judge the brightness of a large picture wrongly.
    """
    while True:
        side, batch = SHAPES[random.integers(len(SHAPES))]
        squares = []
        for index in random.integers(len(pictures), size=batch):
            top, left = _corner(pictures[index, ..., 3], side, random)
            squares.append(pictures[index, top : top + side, left : left + side])
        pixels = torch.from_numpy(np.stack(squares)).to(device())
        yield to_tensor(pixels[..., :3]), pixels[..., 3:].permute(0, 3, 1, 2).float() / 255


def _corner(mask: np.ndarray, side: int, random: np.random.Generator) -> tuple[int, int]:
    """Where to cut, between cells: two of three squares are centred on a thing, for skies are learnt soon."""
    top, left = random.integers(SIDE - side + 1, size=2)
    rows, columns = np.nonzero(mask[::CELL, ::CELL])
    if len(rows) and random.random() < 2 / 3:
        pick = random.integers(len(rows))
        offset = random.integers(-side // 4, side // 4, size=2) - side // 2
        top, left = np.clip((rows[pick] * CELL + offset[0], columns[pick] * CELL + offset[1]), 0, SIDE - side)
    return int(top) // CELL * CELL, int(left) // CELL * CELL


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
    """Pictures [n, 256, 256, 3+] there and back again: [n, 3, 256, 256] in [-1, 1]."""
    with half_precision():
        images = to_tensor(torch.from_numpy(pictures[..., :3].copy()).to(device()))
        return network.decode(network.encode(images).latent_dist.mode()).sample.float().clamp(-1, 1)


def decibels(network: AutoencoderKL, count: int = 32) -> float:
    """Mean peak signal-to-noise ratio of copies of held-out pictures; each 6 dB halve the error."""
    ratios = []
    for start in range(FIRST_HELD_OUT, FIRST_HELD_OUT + count, 8):
        pictures = np.stack([pixels(number) for number in range(start, start + 8)])
        error = reconstruct(network, pictures) - to_tensor(torch.from_numpy(pictures[..., :3])).to(device())
        ratios += (-10 * (error.square().mean(dim=(1, 2, 3)) / 4).log10()).tolist()
    return float(np.mean(ratios))


def train(work: Path, minutes: float, pictures: np.ndarray, save_every: int = 400) -> None:
    """Train the decoder until the minutes are over, going on from `work` if there is a checkpoint."""
    torch.manual_seed(0)
    cells = the_cells(work).to(device())
    network = new_autoencoder(cells).to(device())
    average = Average(network, 0.998)
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=PEAK_RATE, betas=(0.9, 0.99), weight_decay=1e-4)
    before = load(work / "autoencoder.pt")
    if before:
        network.load_state_dict(before["network"])
        average.network.load_state_dict(before["average"])
        if "optimizer" in before:
            optimizer.load_state_dict(before["optimizer"])
    step, clock = int(before.get("step", 0)), Clock(minutes, before.get("seconds", 0.0))
    for pictures_now, mask in crops(pictures, np.random.default_rng(step)):
        progress = clock.tick()
        optimizer.param_groups[0]["lr"] = learning_rate(PEAK_RATE, step, progress)
        loss = loss_of(network, cells, pictures_now, mask)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.update(network, step)
        step += 1
        if step % 50 == 0:
            print(f"step {step}  {clock.seconds / 60:.1f} min  loss {loss.item():.4f}", flush=True)
        if step % save_every == 0 or progress == 1:
            parts = {"network": network.state_dict(), "average": average.network.state_dict()}
            save(work / "autoencoder.pt", **parts, optimizer=optimizer.state_dict(), step=step, seconds=clock.seconds)
            print(f"step {step}  held-out copies {decibels(average.network):.2f} dB", flush=True)
        if progress == 1:
            return


def trained_autoencoder(work: Path) -> AutoencoderKL:
    """The averaged autoencoder of the checkpoint in `work`, ready for use."""
    network = new_autoencoder(the_cells(work)).to(device())
    network.load_state_dict(load(work / "autoencoder.pt")["average"])
    return network.eval().requires_grad_(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    train(options.work, options.minutes, drawings(options.pictures, options.work))


if __name__ == "__main__":
    main()

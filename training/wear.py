"""Pictures as a judge meets them: drawings of every size, a little worn, some of them copies by an autoencoder.

A judge that only ever saw clean drawings would stumble over the softness of a decoder before it looks at the scene.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional as F

from training.cells import CELL
from training.drawings import FIRST_HELD_OUT
from training.labels import labels
from training.loop import device, half_precision, lot, to_tensor
from training.scenes import Facts, draw, imagine
from training.workers import ahead, cores

SIGHT = 128  # pixels on the shorter side of what a judge sees: enough to tell things apart, and quick
QUICK = 0.7  # share of steps whose drawings are made no larger than that
SIZES = (
    (256, 256), (256, 256), (256, 256), (192, 192), (320, 320), (512, 512),
    (384, 192), (192, 384), (320, 192), (192, 320), (512, 256), (256, 512),
)  # of the others  # fmt: skip
COPIED = 0.15  # share of the others that the autoencoder copies; each costs as much as several steps of learning
UNSURE = 0.08  # noise on the latents of copies: a denoiser's are never quite right
GAIN, SHIFT = 0.04, 0.04  # how far colours go astray: much less than from one colour of the world to the next
GRAIN = 0.04  # the strongest noise, of pixels in [-1, 1]
NARROW, WIDE = 0.2, 0.8  # how far a blur reaches, in pixels at sight


def at_sight(pictures: Tensor) -> Tensor:
    """Pictures [n, 3, height, width] with SIGHT pixels on the shorter side.

    Things grow with the picture they are in, so the judge sees them all in one size.
    """
    height, width = pictures.shape[2:]
    size = (round(SIGHT * height / min(height, width)), round(SIGHT * width / min(height, width)))
    if size == (height, width):
        return pictures
    return F.interpolate(pictures, size, mode="bicubic", align_corners=False, antialias=True).clamp(-1, 1)


def lessons(batch: int, autoencoder: AutoencoderKL, first: int) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """From step `first` on: pictures [n, 3, height, width] in [-1, 1] and true answers, drawn ahead by others.

    Each drawing comes with its mirror image, for that is a picture of the world too and need not be drawn.
    """
    for numbers, drawings in ahead(partial(drawings_of, batch // 2), count(first), cores() - 1):
        pictures, scenes = to_tensor(torch.from_numpy(drawings).to(device())), [imagine(number) for number in numbers]
        seen = at_sight(some_copied(pictures, autoencoder))
        truth = labels(scenes + [mirrored(facts) for facts in scenes])
        yield worn(torch.cat((seen, seen.flip(3)))), {name: values.to(device()) for name, values in truth.items()}


def mirrored(facts: Facts) -> Facts:
    """What is true of the mirror image."""
    opposite = {"left": "right", "right": "left"}
    things = tuple(replace(thing, place=opposite.get(thing.place, thing.place)) for thing in facts.things)
    return replace(facts, things=things)


def drawings_of(batch: int, step: int) -> tuple[list[int], np.ndarray]:
    """The scenes of a step and their drawings, bytes [n, height, width, 3], all of one size.

    Every step has new scenes, for drawing one costs no more than learning from it.
    """
    random = Random(lot("judge", step))
    size = (SIGHT, SIGHT) if random.random() < QUICK else random.choice(SIZES)
    length = max(1, batch * min(size) // max(size))
    numbers = [random.randrange(FIRST_HELD_OUT) for _ in range(length)]
    return numbers, np.stack([np.asarray(draw(imagine(number), number, size)) for number in numbers])


def copier(folder: Path) -> AutoencoderKL:
    """The autoencoder of a model folder."""
    return AutoencoderKL.from_pretrained(folder / "vae").to(device()).eval().requires_grad_(False)


@torch.no_grad()
def some_copied(pictures: Tensor, autoencoder: AutoencoderKL) -> Tensor:
    """Pictures [n, 3, height, width] in [-1, 1], some of them copied as far as whole cells go; small ones never."""
    copied = torch.rand(len(pictures), device=pictures.device) < COPIED
    if min(pictures.shape[2:]) <= SIGHT or not copied.any():
        return pictures
    pictures, (height, width) = pictures.clone(), (side // CELL * CELL for side in pictures.shape[2:])
    pictures[copied, :, :height, :width] = copies(autoencoder, pictures[copied, :, :height, :width])
    return pictures


def copies(autoencoder: AutoencoderKL, pictures: Tensor) -> Tensor:
    """There and back again, by latents that are a little wrong."""
    with half_precision():
        latents = autoencoder.encode(pictures).latent_dist.mode()
        return autoencoder.decode(latents + UNSURE * torch.randn_like(latents)).sample.float().clamp(-1, 1)


def worn(pictures: Tensor) -> Tensor:
    """Pictures [n, 3, height, width] in [-1, 1], each worn in its own way."""
    return _grainy(_faded(_blurred(pictures))).clamp(-1, 1)


def _blurred(pictures: Tensor) -> Tensor:
    """One batch in two blurred, by a Gaussian of random width."""
    if torch.rand(()) < 0.5:
        return pictures
    spread = NARROW + (WIDE - NARROW) * torch.rand(()).item()
    row = torch.exp(-torch.arange(-3.0, 4.0, device=pictures.device).square() / (2 * spread**2))
    across = (row / row.sum()).expand(3, 1, 1, -1)
    padded = F.pad(pictures, (3, 3, 3, 3), mode="replicate")
    return F.conv2d(F.conv2d(padded, across, groups=3), across.transpose(2, 3), groups=3)


def _faded(pictures: Tensor) -> Tensor:
    gain, shift = (torch.rand(len(pictures), 3, 1, 1, device=pictures.device) * 2 - 1 for _ in range(2))
    return pictures * (1 + GAIN * gain) + SHIFT * shift


def _grainy(pictures: Tensor) -> Tensor:
    amount = GRAIN * torch.rand(len(pictures), 1, 1, 1, device=pictures.device)
    return pictures + amount * torch.randn_like(pictures)

"""The encoder, which is not learnt but known: principal components of the picture's cells.

A cell is a square of 8 × 8 pixels, 192 numbers. Three latents say its mean colour; the others say how it changes
inside, by the few patterns that explain most of what drawings have there (edges across, edges down, ...). Such latents
have their advantages: no colour can be lost, what a small change of a latent does is known, and a denoiser trained on
them stays good however often the decoder is trained anew.

The recipe shares its layout with Stable Diffusion, whose encoder is a stack of convolutions and normalisations. A
linear map can be written into one: see `write_into`.
"""

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional as F

CELL = 8  # pixels on a side
COLOURS = 3
CHANNELS = 8  # latents of a cell
COLOUR_SPREAD, DETAIL_SPREAD = 1.0, 0.5  # standard deviations; what comes later out of the noise is what is smaller
ANCHOR = 64.0  # so much larger than any latent that no normalisation notices the latents


@dataclass(frozen=True)
class Cells:
    """The map from cells to latents: `latents = patterns @ (cell - mean)`."""

    mean: Tensor  # [192], in the order (colour, row, column), as everything of a cell here
    patterns: Tensor  # [CHANNELS, 192]

    def to(self, device: torch.device) -> "Cells":
        return Cells(self.mean.to(device), self.patterns.to(device))

    def latents(self, images: Tensor) -> Tensor:
        """Pictures [n, 3, 8 h, 8 w] in [-1, 1] → latents [n, CHANNELS, h, w]."""
        kernel = self.patterns.view(-1, 3, CELL, CELL)
        return F.conv2d(images, kernel, bias=-self.patterns @ self.mean, stride=CELL)


def measure(pictures: np.ndarray) -> Cells:
    """The cells of drawings [n, 256, 256, 3+], bytes: colours made independent, then the commonest patterns."""
    cells = torch.cat([_cut(picture) for picture in pictures]).double()
    mean = cells.mean(dim=0)
    cells -= mean
    flat = cells.view(-1, 3, CELL * CELL).mean(dim=2)
    rest = cells - flat.repeat_interleave(CELL * CELL, dim=1)
    # A colour pattern averages the cell: each of its 64 pixels has the same say.
    colours = _components(flat, COLOURS, COLOUR_SPREAD).repeat_interleave(CELL * CELL, dim=1) / CELL**2
    details = _components(rest, CHANNELS - COLOURS, DETAIL_SPREAD)
    return Cells(mean.float(), torch.cat((colours, details)).float())


def _cut(picture: np.ndarray) -> Tensor:
    """One drawing [256, 256, 3+] as cells [1024, 192] in [-1, 1]."""
    pixels = torch.from_numpy(picture[..., :3].copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    return F.unfold(pixels, CELL, stride=CELL)[0].T


def _components(values: Tensor, count: int, spread: float) -> Tensor:
    """Principal components [count, m] of the values [n, m], scaled so that their outputs have that spread."""
    variances, directions = torch.linalg.eigh(values.T @ values / len(values))
    largest = variances.argsort(descending=True)[:count]
    return spread * directions[:, largest].T / variances[largest].sqrt()[:, None]


@torch.no_grad()
def read_from(network: AutoencoderKL) -> Cells:
    """The map that was written into a network, found by asking it: for black between, then for each number alone."""
    asked = torch.cat((torch.zeros(1, 3 * CELL**2), torch.eye(3 * CELL**2))).view(-1, 3, CELL, CELL)
    answers = network.encode(asked.to(network.device)).latent_dist.mode().flatten(1).float().cpu()
    offset, patterns = answers[0].double(), (answers[1:] - answers[0]).T.double()
    # The shortest mean with that offset, by its formula: torch's lstsq goes wrong here on a transposed matrix.
    mean = -patterns.T @ torch.linalg.solve(patterns @ patterns.T, offset)
    return Cells(mean.float(), patterns.float().contiguous())


@torch.no_grad()
def write_into(network: AutoencoderKL, cells: Cells) -> None:
    """Make the network's encoder compute exactly `cells`, and be certain of it (variance e⁻³⁰).

    Its convolutions with stride two gather pixels: 3 numbers of a pixel, 12 of a square of 2 × 2, 48 of 4 × 4, and the
    last of them multiplies with the patterns. The residual branches stay silent. Two tricks carry the latents past the
    nonlinear end: their group's normalisation is ruled by two large constants, and `silu(x) - silu(-x) = x`.
    """
    encoder = network.encoder
    for parameter in (*encoder.parameters(), *network.quant_conv.parameters()):
        parameter.zero_()
    for norm in (module for module in encoder.modules() if isinstance(module, torch.nn.GroupNorm)):
        norm.weight.fill_(1)
    middle = torch.eye(3)
    encoder.conv_in.weight[:3, :3, 1, 1] = middle
    first, second, third, last = encoder.down_blocks
    _gather(first, 3)
    _carry(second, 12)
    _gather(second, 12)
    _carry(third, 48)
    third.downsamplers[0].conv.weight[:CHANNELS, :48, :2, :2] = _of_gathered(cells.patterns)
    third.downsamplers[0].conv.bias[:CHANNELS] = -cells.patterns @ cells.mean
    _anchor(last.resnets[0].conv_shortcut, encoder.conv_norm_out.num_groups)
    _read(encoder, network.quant_conv)


def _gather(block: torch.nn.Module, channels: int) -> None:
    """Four neighbours' channels, one after the other: (row, column, channel)."""
    weight = block.downsamplers[0].conv.weight
    for place in range(4):
        for channel in range(channels):
            weight[place * channels + channel, channel, place // 2, place % 2] = 1


def _carry(block: torch.nn.Module, channels: int) -> None:
    """Hand channels on unchanged where the width of the network changes."""
    weight = block.resnets[0].conv_shortcut.weight
    weight[:channels, :channels, 0, 0] = torch.eye(channels)


def _of_gathered(patterns: Tensor) -> Tensor:
    """Patterns in the order in which the convolutions gathered: [CHANNELS, 48, 2, 2]."""
    # A pixel's row is 4 · third + 2 · second + first stride's; the 48 channels: second row, second column, first row …
    split = patterns.view(CHANNELS, 3, 2, 2, 2, 2, 2, 2)  # colour, then rows and columns from the last to the first
    colour, row3, row2, row1, column3, column2, column1 = range(1, 8)
    return split.permute(0, row2, column2, row1, column1, colour, row3, column3).reshape(CHANNELS, 48, 2, 2)


def _anchor(shortcut: torch.nn.Module, groups: int) -> None:
    """Every latent in a group of its own, with both signs, beside two constants."""
    width = shortcut.out_channels // groups
    for latent in range(CHANNELS):
        plus, minus, high, low = range(latent * width, latent * width + 4)
        shortcut.weight[plus, latent, 0, 0] = 1
        shortcut.weight[minus, latent, 0, 0] = -1
        shortcut.bias[high], shortcut.bias[low] = ANCHOR, -ANCHOR


def _read(encoder: torch.nn.Module, to_mean_and_variance: torch.nn.Module) -> None:
    """Undo the normalisation and the nonlinearity; the second half of the outputs is the log of the variance."""
    groups = encoder.conv_norm_out.num_groups
    width = encoder.conv_norm_out.num_channels // groups
    deviation = (2 * ANCHOR**2 / width) ** 0.5
    for latent in range(CHANNELS):
        encoder.conv_out.weight[latent, latent * width, 1, 1] = deviation
        encoder.conv_out.weight[latent, latent * width + 1, 1, 1] = -deviation
        to_mean_and_variance.weight[latent, latent, 0, 0] = 1
        to_mean_and_variance.bias[CHANNELS + latent] = -30

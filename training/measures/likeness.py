"""How near two pictures are. Pictures are tensors [n, 3, height, width] in [-1, 1]."""

import torch
from torch import Tensor
from torch.nn import functional as F

RANGE = 2.0  # from the darkest value to the brightest
WINDOW, SPREAD = 11, 1.5  # side and standard deviation of the window that SSIM looks through, in pixels
COARSE = 16  # cells on a side of a picture of which only the composition is left


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each pair [n] in decibels; each 6 dB halve the error."""
    error = (first.double() - second.double()).square().mean(dim=(1, 2, 3))
    return -10 * (error / RANGE**2).log10()


def ssim(first: Tensor, second: Tensor) -> Tensor:
    """Structural similarity of each pair [n], 1 for equal pictures, averaged over windows and the three colours.

    Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to structural similarity",
    equation 13 with its constants 0.01 and 0.03, its Gaussian window, and only windows that lie within the picture.
    """
    first, second = first.double(), second.double()
    x, y = _seen(first), _seen(second)
    xx, yy = _seen(first * first) - x * x, _seen(second * second) - y * y
    xy = _seen(first * second) - x * y
    small, smaller = (0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2
    likeness = (2 * x * y + small) * (2 * xy + smaller) / ((x * x + y * y + small) * (xx + yy + smaller))
    return likeness.mean(dim=(1, 2, 3))


def _seen(values: Tensor) -> Tensor:
    """Means over the Gaussian window at every place where it fits, colour by colour."""
    places = torch.arange(WINDOW, dtype=values.dtype, device=values.device) - WINDOW // 2
    row = torch.exp(-places.square() / (2 * SPREAD**2))
    row = (row / row.sum()).expand(3, 1, 1, -1)
    return F.conv2d(F.conv2d(values, row, groups=3), row.transpose(2, 3), groups=3)


def composition(pictures: Tensor) -> Tensor:
    """What is left at 16 × 16 places, [n, 768], scaled so that the distance is the root mean square difference."""
    return F.adaptive_avg_pool2d(pictures, COARSE).flatten(1) / (3 * COARSE**2) ** 0.5


def mean_distance(points: Tensor) -> float:
    """Mean distance between two different ones of the points [n, d]."""
    return torch.pdist(points.double()).mean().item()


def nearest(points: Tensor, others: Tensor) -> Tensor:
    """For each point [n, d] the distance to the nearest of the others [m, d]."""
    return torch.cdist(points.double(), others.double()).amin(dim=1)


def seam(picture: Tensor, join: int, near: int = 24) -> tuple[float, float]:
    """Mean step across a join, between columns join - 1 and join, and mean step between columns near it, both sides.

    `picture` is [3, height, width]. The two columns beside the join are no part of what is near.
    """
    steps = picture.double().diff(dim=2).abs().mean(dim=(0, 1))
    at = join - 1
    left, right = steps[max(0, at - near) : at - 1], steps[at + 2 : at + near + 1]
    return steps[at].item(), torch.cat((left, right)).mean().item()

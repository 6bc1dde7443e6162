"""What a network predicts, turned into the one thing the engine speaks of: the estimate of x0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Prediction = Literal["noise", "v", "flow"]


def to_x0(prediction: Prediction, output: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """x0 from the network's ``output`` at ``x = alpha * x0 + sigma * noise``; all broadcast against each other.

    noise: the noise itself.  v: alpha * noise - sigma * x0 (Salimans & Ho 2022, arXiv:2202.00512).
    flow: noise - x0 (Lipman et al. 2022).
    """
    if prediction == "noise":
        return (x - sigma * output) / alpha
    if prediction == "v":
        return alpha * x - sigma * output
    return x - sigma * output

"""What a network predicts, turned into the one thing the engine speaks of, the estimate of x0, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.engine.schedule import Level

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


def believed(prediction: Prediction, output: Tensor, x: Tensor, level: Level) -> Tensor:
    """``to_x0`` at one level."""
    return to_x0(prediction, output, x, level.alpha, level.sigma)  # type: ignore[arg-type]


def predicted(prediction: Prediction, x0: Tensor, x: Tensor, level: Level) -> Tensor:
    """What the network must have said to mean this ``x0``: the inverse of ``believed``."""
    if prediction == "noise":
        return (x - level.alpha * x0) / level.sigma
    if prediction == "v":
        return (level.alpha * x - x0) / level.sigma
    return (x - x0) / level.sigma

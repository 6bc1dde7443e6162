"""From a sampler's question to the network's: which conditionings to ask, and how to combine the answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipelines.engine.samplers import Estimate
from pipelines.engine.schedule import Level

if TYPE_CHECKING:
    from collections.abc import Hashable

    from torch import Tensor

    from pipelines.engine.samplers import Run


class Conditioning(Protocol):
    """A family's encoded prompt: opaque here, but for which ones fit into one call of the network."""

    @property
    def batch_key(self) -> Hashable:
        """Equal keys may share a call."""


class Query(NamedTuple):
    """What the network is asked: x0 of ``x`` (channels, height, width) at ``level`` under ``conditioning``."""

    x: Tensor
    level: Level
    conditioning: Any


Questions = Generator[tuple[Query, ...], tuple["Tensor", ...], "Tensor"]
"""A whole trajectory: asks for several estimates at a time, is sent as many, returns the finished latents."""


def answered(run: Run, ask: Callable[[Estimate], Generator[Any, Any, Tensor]]) -> Generator[Any, Any, Tensor]:
    """Drive a sampler to its end, answering each of its questions with what ``ask`` finds out."""
    try:
        estimate = next(run)
        while True:
            estimate = run.send((yield from ask(estimate)))
    except StopIteration as end:
        return end.value


def watched(run: Run, see: Callable[[Tensor], None]) -> Run:
    """Show every estimate that a sampler is sent to ``see``: guided and masked, as the sampler gets it."""

    def ask(estimate: Estimate) -> Run:
        x0 = yield estimate
        see(x0)
        return x0

    return answered(run, ask)


class Aim(NamedTuple):
    """What a step is guided ``towards``, each conditioning with its weight, and ``away`` from."""

    towards: tuple[tuple[Any, float], ...]
    away: Any


def guide(without: Tensor, towards: Iterable[tuple[Tensor, float]], scale: float) -> Tensor:
    """Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598), of several conditionings (Liu et al. 2022).

    On x0 rather than on noise: x0 is affine in the network's output and the weights add up to one, so it is the same.
    """
    return without + sum(scale * weight * (x0 - without) for x0, weight in towards)


def guided(run: Run, aim_at: Callable[[Level], Aim], scale: float) -> Questions:
    """Ask for all conditionings of a step and extrapolate away from the negative.

    Where the scale makes the negative cancel out, it is not asked for.
    """

    def ask(estimate: Estimate) -> Questions:
        x, level = estimate
        towards, away = aim_at(level)
        if scale * sum(weight for _, weight in towards) == 1 and len(towards) == 1:
            (x0,) = yield (Query(x, level, towards[0][0]),)
            return x0
        without, *answers = yield Query(x, level, away), *(Query(x, level, positive) for positive, _ in towards)
        return guide(without, zip(answers, (weight for _, weight in towards), strict=True), scale)

    return answered(run, ask)

"""From a sampler's question to the network's: which conditionings to ask, and how to combine the answers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipelines.engine.prediction import Prediction, believed, predicted
from pipelines.engine.samplers import Estimate
from pipelines.engine.schedule import Level

if TYPE_CHECKING:
    from collections.abc import Hashable

    from torch import Tensor

    from pipelines.engine.reusing import Deep
    from pipelines.engine.samplers import Run


class Conditioning(Protocol):
    """A family's encoded prompt: opaque here, but for which ones fit into one call of the network."""

    @property
    def batch_key(self) -> Hashable:
        """Equal keys may share a call."""

    @property
    def wording_key(self) -> Hashable:
        """Equal keys say the same to the network, whichever part of the latents it is about."""

    def part(self, rows: slice, columns: slice) -> Conditioning:
        """The same for a part of the latents: what belongs to places is cut out of the whole."""


class Query(NamedTuple):
    """What the network is asked: x0 of ``x`` (channels, height, width) at ``level`` under ``conditioning``.

    ``deep``: where what its deep layers say is kept to be used again, if it is.  ``whole``: they are asked, too;
    otherwise what is in ``deep`` is their answer.
    """

    x: Tensor
    level: Level
    conditioning: Any
    deep: Deep | None = None
    whole: bool = True


Questions = Generator[tuple[Query, ...], tuple["Tensor", ...], "Tensor"]
"""A whole trajectory: asks for several estimates at a time, is sent as many, returns the finished latents."""


def answered(run: Generator[Any, Any, Tensor], ask: Callable[[Any], Generator[Any, Any, Any]]) -> Any:
    """Drive a sampler, or a wrapper of one, to its end, answering each of its questions with what ``ask`` finds out."""
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
    """What a step is guided ``towards``, each conditioning with its weight, ``away`` from what, and how strongly."""

    towards: tuple[tuple[Any, float], ...]
    away: Any
    scale: float


class Pair(NamedTuple):
    """What there is to combine: x0 ``with_prompt`` and ``without``, both estimated from ``x`` at ``level``."""

    with_prompt: Tensor
    without: Tensor
    x: Tensor
    level: Level


Combine = Callable[[Pair, float], "Tensor"]
"""Guidance itself: the two estimates and the scale → the x0 that the sampler is given."""


def guided(run: Run, aim_at: Callable[[Level], Aim], combine: Combine) -> Questions:
    """Ask for all conditionings of a step and combine the answers.

    Where the scale makes the negative cancel out, it is not asked for.  Several positives are added up as differences
    to the negative (Liu et al. 2022, arXiv:2206.01714).
    """

    def ask(estimate: Estimate) -> Questions:
        x, level = estimate
        towards, away, scale = aim_at(level)
        if scale == 1 and len(towards) == 1 and towards[0][1] == 1:
            (x0,) = yield (Query(x, level, towards[0][0]),)
            return x0
        without, *answers = yield Query(x, level, away), *(Query(x, level, positive) for positive, _ in towards)
        weights = (weight for _, weight in towards)
        with_prompt = without + sum(w * (x0 - without) for w, x0 in zip(weights, answers, strict=True))
        return combine(Pair(with_prompt, without, x, level), scale)

    return answered(run, ask)


def classifier_free(pair: Pair, scale: float) -> Tensor:
    """Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598).

    On x0 rather than on noise: x0 is affine in the network's output and the weights add up to one, so it is the same.
    """
    return pair.without + scale * (pair.with_prompt - pair.without)


def projected(momentum: float = -0.5, threshold: float = 15.0, parallel: float = 0.0) -> Combine:
    """Adaptive projected guidance (Sadat et al. 2024, arXiv:2410.02416, algorithm 1): high scales, no burnt colours.

    The difference is averaged over steps with (negative) ``momentum``, its norm is held below ``threshold``, and of its
    part along the estimate itself, which only adds contrast, the share ``parallel`` is kept.
    """
    average: Tensor | float = 0.0

    def combine(pair: Pair, scale: float) -> Tensor:
        nonlocal average
        average = pair.with_prompt - pair.without + momentum * average
        difference = average * min(1.0, threshold / max(float(average.norm()), 1e-12))
        unit = pair.with_prompt / pair.with_prompt.norm().clamp(min=1e-12)
        along = (difference * unit).sum() * unit
        return pair.with_prompt + (scale - 1) * (difference - along + parallel * along)

    return combine


def zero_star(prediction: Prediction) -> Combine:
    """CFG-Zero* (Fan et al. 2025, arXiv:2503.18886): what both answers share is scaled so that it cancels best.

    Works on what the network predicts; flow models, as in the paper, also rest on their very first step.
    """
    begun = False

    def combine(pair: Pair, scale: float) -> Tensor:
        nonlocal begun
        if prediction == "flow" and not begun:
            begun = True
            return pair.x.clone()  # a velocity of zero
        towards = predicted(prediction, pair.with_prompt, pair.x, pair.level)
        away = predicted(prediction, pair.without, pair.x, pair.level)
        away = away * (towards * away).sum() / (away.square().sum() + 1e-8)
        return believed(prediction, away + scale * (towards - away), pair.x, pair.level)

    return combine


def rescaled(combine: Combine, share: float, prediction: Prediction) -> Combine:
    """Take back the contrast that guidance adds, by this share (Lin et al. 2023, arXiv:2305.08891, section 3.4)."""

    def calmer(pair: Pair, scale: float) -> Tensor:
        guided_to = predicted(prediction, combine(pair, scale), pair.x, pair.level)
        plain = predicted(prediction, pair.with_prompt, pair.x, pair.level)
        factor = share * plain.std() / guided_to.std() + (1 - share)
        return believed(prediction, factor * guided_to, pair.x, pair.level)

    return calmer


class Guidance(NamedTuple):
    """A row of the table: the name people know, and how to make the rule for one trajectory of a model."""

    label: str
    make: Callable[[Prediction], Combine]


GUIDANCES: dict[str, Guidance] = {
    "cfg": Guidance("CFG", lambda prediction: classifier_free),
    "apg": Guidance("APG", lambda prediction: projected()),
    "cfg_zero": Guidance("CFG-Zero*", zero_star),
}


def guidance_rule(method: str, rescale: float, prediction: Prediction) -> Combine:
    """A fresh rule for one trajectory: some remember the steps before."""
    combine = GUIDANCES[method].make(prediction)
    return rescaled(combine, rescale, prediction) if rescale else combine

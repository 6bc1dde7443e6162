"""Latents larger than a network composes well, seen through windows that overlap and are denoised together.

    the sampler's question about the whole ─▶ one question a window ─▶ answers blended into one x0 of the whole

That is MultiDiffusion (Bar-Tal et al. 2023, arXiv:2302.08113): because there is one sampler, one noise and one x0 for
all, what windows share is the same picture in each, and there is nothing to be joined afterwards.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pipelines.engine.guidance import Query, Questions, answered


class Window(NamedTuple):
    """A part of some latents, in cells."""

    top: int
    left: int
    height: int
    width: int

    @property
    def rows(self) -> slice:
        """Its rows of the whole."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Its columns of the whole."""
        return slice(self.left, self.left + self.width)

    def of(self, latents: Tensor) -> Tensor:
        """What is seen of (channels, h, w) through it."""
        return latents[:, self.rows, self.columns]


def windowed(questions: Questions, windows: Sequence[Window]) -> Questions:
    """Put each question once for every window, and blend the answers; the windows leave no cell out."""
    shares: list[Tensor] = []

    def ask(queries: tuple[Query, ...]) -> Generator[tuple[Query, ...], tuple[Tensor, ...], tuple[Tensor, ...]]:
        if not shares:
            shares.extend(blending(windows, queries[0].x))
        seen = tuple(seen_through(window, query) for query in queries for window in windows)
        answers = iter((yield seen))
        return tuple(blended(queries[0].x, windows, shares, [next(answers) for _ in windows]) for _ in queries)

    return answered(questions, ask)


def seen_through(window: Window, query: Query) -> Query:
    """The same question about what a window shows."""
    return query._replace(x=window.of(query.x), conditioning=query.conditioning.part(window.rows, window.columns))


def blended(like: Tensor, windows: Sequence[Window], shares: Sequence[Tensor], answers: Sequence[Tensor]) -> Tensor:
    """One estimate of the whole from those of its windows."""
    whole = torch.zeros_like(like)
    for window, share, answer in zip(windows, shares, answers, strict=True):
        window.of(whole).add_(share * answer)
    return whole


def blending(windows: Sequence[Window], like: Tensor) -> list[Tensor]:
    """How much each window has to say in its cells, (height, width) each: less towards its edges, all together 1."""
    weights = [torch.outer(_tent(window.height), _tent(window.width)).to(like) for window in windows]
    total = torch.zeros_like(like[:1])
    for window, weight in zip(windows, weights, strict=True):
        window.of(total).add_(weight)
    return [weight / window.of(total)[0] for window, weight in zip(windows, weights, strict=True)]


def _tent(length: int) -> Tensor:
    """Rising evenly to the middle and falling again, nowhere 0."""
    place = torch.arange(length) + 0.5
    return torch.minimum(place, length - place)

"""An encoded prompt, as the families here have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from pipelines.adapters.controls import Shown
from pipelines.adapters.image_prompts import Glimpse
from pipelines.adapters.rack import NONE, Adapters


@dataclass(frozen=True)
class Conditioning:
    """``tokens`` (length, width); ``pooled`` (width), one vector for the whole wording, where a network wants it.

    ``extra``: channels (n, h, w) that join the latents, if any.  ``scale``: the guidance scale, for networks that are
    told it.  ``silent``: the wording says nothing.  ``negative``: it is guided away from.  ``adapters``: what is on in
    the network while it answers.  ``controls``: what ControlNets are shown meanwhile.
    ``glimpses``: what IP-Adapters have made of pictures.
    """

    tokens: Tensor
    pooled: Tensor | None = None
    extra: Tensor | None = None
    scale: float = 1.0
    silent: bool = False
    negative: bool = False
    adapters: Adapters = NONE
    controls: tuple[Shown, ...] = ()
    glimpses: tuple[Glimpse, ...] = ()

    @property
    def batch_key(self) -> tuple[Any, ...]:
        return (
            tuple(self.tokens.shape),
            self.extra is not None,
            self.adapters.loras,
            *(each.batch_key for each in self.controls),
            *(each.batch_key for each in self.glimpses),
        )

    @property
    def wording_key(self) -> tuple[Any, ...]:
        glimpsed = tuple(id(each.tokens) for each in self.glimpses)
        shown = tuple(each.whole_picture for each in self.controls)
        return self.batch_key, id(self.tokens), self.scale, self.negative, glimpsed, shown

    def part(self, rows: slice, columns: slice) -> Conditioning:
        """The same for a part of the latents."""
        extra = None if self.extra is None else self.extra[:, rows, columns]
        return replace(self, extra=extra, controls=tuple(each.part(rows, columns) for each in self.controls))

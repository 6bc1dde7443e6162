"""LoRAs on for the time of a call, and no longer.

A layer's answer is added to as it comes out of it.  Nothing is merged into the model's weights, so there is nothing to
take back: when a call is over the model answers as it did before, bit for bit, and calls with other LoRAs do not know
of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from pipelines.adapters.changes import Change
from pipelines.adapters.lora import Lora
from pipelines.adapters.lora_names import Place


@dataclass(frozen=True)
class Weighed:
    """A LoRA with its weights for the ``network`` and for the ``text`` encoders."""

    lora: Lora
    network: float
    text: float

    def weight_in(self, part: str) -> float:
        """Its weight in a part of the model."""
        return self.text if part.startswith("text_encoder") else self.network


Loras = tuple[Weighed, ...]


class Switches:
    """Has LoRAs on in the layers of a model.

    A layer that once had one keeps the hook, which does nothing while none is on: putting hooks on all layers takes
    longer than a step on a fast device.
    """

    def __init__(self, layers: Mapping[Place, Any]) -> None:
        self._layers = layers
        self._hooked: set[Place] = set()
        self._now: Mapping[Place, Sequence[tuple[Change, float]]] = {}

    @contextmanager
    def on(self, loras: Sequence[Weighed]) -> Iterator[None]:
        """Have these on, and no others, while this lasts."""
        before, self._now = self._now, self._changes(loras)
        try:
            yield
        finally:
            self._now = before

    def _changes(self, loras: Sequence[Weighed]) -> Mapping[Place, Sequence[tuple[Change, float]]]:
        found: dict[Place, list[tuple[Change, float]]] = defaultdict(list)
        for each in loras:
            for place, change in each.lora.changes.items():
                weight = each.weight_in(place.part)
                if weight:
                    found[place].append((change, weight))
        for place in found.keys() - self._hooked:
            self._layers[place].register_forward_hook(partial(self._add, place))
            self._hooked.add(place)
        return dict(found)

    def _add(self, place: Place, layer: Any, given: tuple[Tensor, ...], answer: Tensor) -> Tensor:
        for change, weight in self._now.get(place, ()):
            answer = answer + change.added(layer, given[0], weight)
        return answer

"""What the tasks may ask of a model, whatever its family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

from pipelines.adapters.controls import Shown
from pipelines.adapters.image_prompts import Glimpse
from pipelines.adapters.rack import Adapters, Rack
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import Prediction
from pipelines.engine.schedule import Path
from pipelines.prompt import Piece
from pipelines.remembering import Remembered
from pipelines.shelf import Shelf

if TYPE_CHECKING:
    from pipelines.offloading import Parts


def always() -> bool:
    """What ``Family.go_on`` says where nobody can change their mind."""
    return True


@dataclass(frozen=True)
class Facts:
    """What a model is, independent of any run.

    ``channels``: of its latents.  ``downscale``: pixels per latent cell and side.  ``multiple``: width and height in
    pixels must be multiples of it.  ``native``: side in pixels of the squares it was trained on.  ``takes_mask``: its
    network is given the mask and the masked picture.  ``embeds_guidance``: its network is told the guidance scale and
    needs no second call without the prompt (distilled models).  ``longest``: the longest side in pixels that the
    network can be shown at once; 0 where it has no bound.  ``weighs_words``: attention weights mean something to it;
    some networks bring the vectors of all words to one length first.  ``has_outer_layers``: it can be asked without its
    deep layers, which then say what they said before.
    """

    family: str
    channels: int
    downscale: int
    multiple: int
    native: int
    takes_mask: bool
    embeds_guidance: bool = False
    longest: int = 0
    weighs_words: bool = True
    has_outer_layers: bool = False


class Family(Protocol):
    """A loaded model.  Latents are (channels, height / downscale, width / downscale), float32, about unit variance;
    pixels are (3, height, width), float32 in [-1, 1]; no batch dimension outside ``estimate``."""

    facts: Facts
    path: Path
    prediction: Prediction
    device: Any
    report: Mapping[str, str]
    """What is really on, in words: device, precision, attention, memory."""
    modules: Mapping[str, Any]
    """Its parts by the names that diffusers' layout gives them."""
    network: Any
    """The one of them that estimates."""
    parts: Parts
    """Where they are."""
    savings: Sequence[str]
    """Ways to want less memory at the price of time, in words, the cheapest first."""
    thrift: int
    """How many of the savings are in force; may be set at any time."""
    go_on: Callable[[], bool]
    """Asked while it decodes, whether anybody still waits for that picture; may be set at any time."""

    shelf: Shelf | None
    """Where adapters are looked up by their names."""
    rack: Rack
    """LoRAs and embeddings that it can be given; prompts are encoded while they are on."""
    remembered: Remembered
    """Prompts and pictures that it has encoded."""

    def rest(self) -> bool:
        """Leave the device to another model; whether that could be done."""

    def wake(self) -> None:
        """Come back to it."""

    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Any]:
        """One conditioning per wording, all of the same length, so that they can share a call.

        ``clip_skip``: the text encoder's layer to use, counted from the last, which is 1.
        """

    def with_mask(self, conditioning: Any, mask: Tensor, kept: Tensor) -> Any:
        """The conditioning with a mask (1, h, w) and the latents of the picture that shows what is kept."""

    def with_adapters(self, conditioning: Any, adapters: Adapters) -> Any:
        """The conditioning with what is to be on while it is estimated with; those of others never share its calls."""

    def with_controls(self, conditioning: Any, controls: tuple[Shown, ...]) -> Any:
        """The conditioning with what ControlNets are shown while it is estimated with."""

    def with_glimpses(self, conditioning: Any, glimpses: tuple[Glimpse, ...]) -> Any:
        """The conditioning with what IP-Adapters have made of pictures, which is asked beside its words."""

    def as_negative(self, conditioning: Any) -> Any:
        """The conditioning as it is guided away from: some networks are told so, or shown nothing for an empty one."""

    def with_guidance(self, conditioning: Any, scale: float) -> Any:
        """The conditioning with the guidance scale, for networks that are told it."""

    def encode(self, pixels: Tensor) -> Tensor:
        """Pixels → latents, the most likely ones (no random draw)."""

    def decode(self, latents: Tensor) -> Tensor:
        """Latents → pixels, not yet clamped."""

    def estimate(self, queries: Sequence[Query]) -> Sequence[Tensor]:
        """x0 for each query, in one call of the network."""

    def preview(self, x0: Tensor) -> Tensor:
        """A small picture (3, h, w) of an estimate, one pixel per latent cell, for a fraction of a step's cost."""

    def at_once(self, width: int, height: int) -> int:
        """How many queries of pictures this large to put into one call on this device, as much memory as it has now."""

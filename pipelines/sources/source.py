"""What a family may ask of the place that its model is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch


class Source(Protocol):
    """The parts of one model, each by the name that diffusers' layout gives it: ``unet``, ``vae``, ``text_encoder`` …

    Every method raises ModelError, in one sentence, for what is missing, damaged or not what it should be.
    """

    @property
    def name(self) -> str:
        """What sentences call it."""

    @property
    def needed(self) -> Sequence[str]:
        """The parts with weights that there have to be."""

    def has(self, part: str) -> bool:
        """Whether the model has this part."""

    def config(self, part: str) -> dict[str, Any]:
        """The configuration of a part, as diffusers and transformers write it.

        ``scheduler`` is one of them, and so is ``model_index``: what is said of the model as a whole, perhaps nothing.
        """

    def weights(self, part: str, kind: Any, dtype: torch.dtype) -> Any:
        """A part as a module of the class ``kind``: complete, in evaluation mode, without gradients, on the CPU.

        Of its weights some may wait for its first call to be as they should be (`waiting.py`).
        """

    def count(self, part: str) -> int:
        """How many numbers a part's weights are; only headers are read."""

    def tokenizer(self, part: str = "tokenizer") -> Any:
        """A tokenizer."""

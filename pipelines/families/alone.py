"""What families do alike whose words are read by one text encoder, not CLIP: a wording at a time, at its own length."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from pipelines.errors import InvalidRequest
from pipelines.families.adapter import Adapter
from pipelines.families.conditioning import Conditioning
from pipelines.prompt import Piece


@dataclass(eq=False, kw_only=True)
class ReadAlone(Adapter, ABC):
    """An adapter that has only to say how one wording is read."""

    transformer: Any
    text_encoder: Any
    tokenizer: Any

    cells_at_once: ClassVar[Mapping[str, int]] = {"cpu": 8192, "cuda": 16384}

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        """Wordings of different lengths stay so; the network is asked about those of one length at a time."""
        if clip_skip > 1:
            raise InvalidRequest("This model is not read by CLIP, so clip skip has to be 1.")
        return [Conditioning(self.read(prompt)) for prompt in prompts]

    @abstractmethod
    def read(self, prompt: Sequence[Piece]) -> Tensor:
        """What the text encoder makes of a wording, [tokens, width]."""

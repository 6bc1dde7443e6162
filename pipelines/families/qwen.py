"""Qwen-Image: QwenImageTransformer2DModel, Qwen2.5-VL as text encoder, an autoencoder made for films.

It matches flows, with a shift that grows with the picture and levels that are stretched to end at little noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import AutoencoderKLQwenImage, QwenImageTransformer2DModel
from torch import Tensor
from transformers import Qwen2_5_VLForConditionalGeneration

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families import chat
from pipelines.families.adapter import levels_of
from pipelines.families.alone import ReadAlone
from pipelines.families.autoencoder import channels_of, downscale_of, read_autoencoder
from pipelines.families.family import Facts
from pipelines.families.packing import packed, unpacked
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

NATIVE = 1328
ROOM = 1024
"""Tokens of a wording that are read, the end of the chat among them."""

FRAME = chat.Frame(
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
)
"""What the model was trained to read around a prompt; what stands before it is not shown to the network."""

LAYERS = (-1,)

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in some of their layers."""


@dataclass(eq=False, kw_only=True)
class QwenImage(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``."""

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        lead = chat.framed(self.tokenizer, FRAME, (), 0).lead
        said = chat.framed(self.tokenizer, FRAME, prompt, ROOM + lead)
        return chat.read(self.text_encoder, said, LAYERS, self.device)[lead:]

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        height, width = x.shape[2:]
        told = {
            "hidden_states": packed(x).to(self.dtype),
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "timestep": timestep / 1000,
            "img_shapes": [[(1, height // 2, width // 2)]] * len(queries),
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])
        return list(to_x0(self.prediction, unpacked(output.float(), height, width), x, alpha, sigma))


def load(source: Source, placement: Placement) -> QwenImage:
    """Read the parts of a Qwen-Image model; ModelError says what is missing or wrong in it."""
    transformer = placement.read(source, "transformer", QwenImageTransformer2DModel)
    vae = read_autoencoder(source, placement, AutoencoderKLQwenImage)
    downscale = downscale_of(vae)
    return QwenImage(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", Qwen2_5_VLForConditionalGeneration),
        tokenizer=source.tokenizer("tokenizer"),
        facts=Facts(
            family="Qwen-Image",
            channels=channels_of(vae),
            downscale=downscale,
            multiple=2 * downscale,
            native=NATIVE,
            takes_mask=False,
            weighs_words=False,  # the first thing that its network does with them is to normalise them
        ),
        path=flow_path(source.config("scheduler")),
        prediction="flow",
        device=placement.device,
    )

"""Sana: SanaTransformer2DModel, Gemma 2 as text encoder, AutoencoderDC, whose cells are 32 pixels wide.

It matches flows.  A prompt is read in lower case and behind an instruction to enrich it, of which the network is shown
the first token and the last; what it is guided away from is read without (Xie et al. 2024, arXiv:2410.10629).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from diffusers import AutoencoderDC, SanaTransformer2DModel
from torch import Tensor
from transformers import Gemma2Model

from pipelines.engine.guidance import Query
from pipelines.engine.prediction import to_x0
from pipelines.families.adapter import levels_of
from pipelines.families.alone import ReadAlone
from pipelines.families.autoencoder import channels_of, downscale_of, read_autoencoder
from pipelines.families.conditioning import Conditioning
from pipelines.families.family import Facts
from pipelines.families.paths import flow_path
from pipelines.placement import Placement
from pipelines.prompt import Piece
from pipelines.sources import Source

ROOM = 300
"""Tokens that the network is shown, those two of the instruction among them."""

INSTRUCTION = "\n".join(
    (
        "Given a user prompt, generate an 'Enhanced prompt' that provides detailed visual descriptions suitable for "
        "image generation. Evaluate the level of detail in the user prompt:",
        "- If the prompt is simple, focus on adding specifics about colors, shapes, sizes, textures, and spatial "
        "relationships to create vivid and concrete scenes.",
        "- If the prompt is already detailed, refine and enhance the existing details slightly without "
        "overcomplicating.",
        "Here are examples of how to transform or refine prompts:",
        "- User Prompt: A cat sleeping -> Enhanced: A small, fluffy white cat curled up in a round shape, sleeping "
        "peacefully on a warm sunny windowsill, surrounded by pots of blooming red flowers.",
        "- User Prompt: A busy city street -> Enhanced: A bustling city street scene at dusk, featuring glowing "
        "street lamps, a diverse crowd of people in colorful clothing, and a double-decker bus passing by towering "
        "glass skyscrapers.",
        "Please generate only the enhanced description for the prompt below and avoid including any additional "
        "commentary or evaluations:",
        "User Prompt: ",
    )
)
"""What its authors let Gemma read before a prompt, word for word: the network has learnt from what it says then."""

HALF = torch.bfloat16
"""The 16-bit type that these models are computed in; float16 overflows in Gemma."""


@dataclass(frozen=True, kw_only=True)
class Instructed(Conditioning):
    """``plain`` (length, width): the wording read without the instruction."""

    plain: Tensor


@dataclass(eq=False, kw_only=True)
class Sana(ReadAlone):
    """The adapter: implements ``pipelines.families.family.Family``."""

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        instructed = super().encode_prompts(prompts, clip_skip)
        return [
            Instructed(each.tokens, plain=self.read_after("", prompt))
            for each, prompt in zip(instructed, prompts, strict=True)
        ]

    def read(self, prompt: Sequence[Piece]) -> Tensor:
        return self.read_after(INSTRUCTION, prompt)

    def read_after(self, instruction: str, prompt: Sequence[Piece]) -> Tensor:
        """What Gemma says to the first token, and to the ``ROOM - 1`` that end with as much of the prompt as fits."""
        lead = len(self.tokenizer(instruction, add_special_tokens=False).input_ids)
        words = "".join(piece.text for piece in prompt).strip().lower()
        said = self.tokenizer(instruction + words, add_special_tokens=False).input_ids
        tokens = [self.tokenizer.bos_token_id, *said][: max(lead + ROOM - 1, ROOM)]
        answer = self.text_encoder(torch.tensor([tokens], device=self.device))[0][0]
        return answer[[0, *range(max(lead, 1), len(tokens))]]

    def as_negative(self, conditioning: Conditioning) -> Conditioning:
        assert isinstance(conditioning, Instructed)
        return replace(conditioning, tokens=conditioning.plain)

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = levels_of(queries, self.device)
        told = {
            "hidden_states": x.to(self.dtype),
            "encoder_hidden_states": torch.stack([query.conditioning.tokens for query in queries]),
            "timestep": timestep * self.transformer.config.timestep_scale,
            "return_dict": False,
        }
        output = self.asked(queries, lambda: self.transformer(**told)[0])[:, : self.facts.channels]
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))


def load(source: Source, placement: Placement) -> Sana:
    """Read the parts of a Sana model; ModelError says what is missing or wrong in it."""
    scheduler = source.config("scheduler")
    transformer = placement.read(source, "transformer", SanaTransformer2DModel)
    vae = read_autoencoder(source, placement, AutoencoderDC)
    downscale = downscale_of(vae)
    return Sana(
        transformer=transformer,
        vae=vae,
        text_encoder=placement.read(source, "text_encoder", Gemma2Model),
        tokenizer=source.tokenizer("tokenizer"),
        facts=Facts(
            family="Sana",
            channels=channels_of(vae),
            downscale=downscale,
            multiple=transformer.config.patch_size * downscale,
            native=transformer.config.sample_size * downscale,
            takes_mask=False,
            weighs_words=False,  # its network brings what it makes of them to one length
        ),
        path=flow_path(scheduler, even="trailing" if "flow_shift" in scheduler else "linspace"),
        prediction="flow",
        device=placement.device,
    )

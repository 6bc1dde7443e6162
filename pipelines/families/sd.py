"""Stable Diffusion 1 and 2 and what shares their layout: UNet2DConditionModel, one CLIP text encoder, AutoencoderKL.

Noise or v prediction, with or without zero terminal SNR; 4-channel networks and 9-channel inpainting ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from pipelines.attention import use_attention
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import Prediction, to_x0
from pipelines.errors import InvalidRequest, ModelError
from pipelines.families.family import Facts
from pipelines.families.paths import diffusion_path
from pipelines.families.preview import fit_preview
from pipelines.memory import Appetite
from pipelines.prompt import Piece, chunk_tokens, token_weights
from pipelines.sources import Source

PREDICTIONS: dict[str, Prediction] = {"epsilon": "noise", "v_prediction": "v"}
CELLS_AT_ONCE = {"cpu": 8192, "cuda": 65536}
"""Latent cells in one network call beyond which it is no quicker: 8192 is eight 256-pixel pictures, four if guided."""

FIRST = 2
"""Queries in the first call, which shows how much memory one takes: a picture's prompt and negative prompt."""

TILED_ABOVE = 1536 * 1536
"""Pixels beyond which the autoencoder works tile by tile; in one piece it would want tens of gigabytes."""


@dataclass(frozen=True)
class Conditioning:
    """An encoded prompt: ``tokens`` (length, width); ``extra`` channels (n, h, w) that join the latents, if any.

    ``scale``: the guidance scale, for networks that are told it.
    """

    tokens: Tensor
    extra: Tensor | None = None
    scale: float = 1.0

    @property
    def batch_key(self) -> tuple[Any, ...]:
        return tuple(self.tokens.shape), self.extra is not None

    def part(self, rows: slice, columns: slice) -> Conditioning:
        """The same for a part of the latents."""
        return self if self.extra is None else replace(self, extra=self.extra[:, rows, columns])


@dataclass(eq=False)
class StableDiffusion:
    """The adapter: implements ``pipelines.families.family.Family``."""

    unet: Any
    vae: Any
    text_encoder: Any
    tokenizer: Any
    path: Any
    prediction: Prediction
    device: torch.device
    report: dict[str, str]
    thrift: int = 0

    savings = ("one query in a call of the network", "the autoencoder tile by tile")

    @cached_property
    def facts(self) -> Facts:
        channels = self.vae.config.latent_channels
        downscale = 2 ** (len(self.vae.config.block_out_channels) - 1)
        takes_mask = self.unet.config.in_channels == 2 * channels + 1
        return Facts(
            family="Stable Diffusion",
            channels=channels,
            downscale=downscale,
            multiple=downscale,
            native=native_cells(self.unet.config.sample_size) * downscale,
            takes_mask=takes_mask,
            embeds_guidance=self.unet.config.time_cond_proj_dim is not None,
        )

    @torch.inference_mode()
    def encode_prompts(self, prompts: Sequence[Sequence[Piece]], clip_skip: int = 1) -> list[Conditioning]:
        """Wordings of any length: 75 tokens at a time, each between its own start and end, laid one behind another."""
        room = self.tokenizer.model_max_length - 2
        texts = [chunk_tokens(token_weights(self.tokenizer, prompt), room) for prompt in prompts]
        longest = max(len(chunks) for chunks in texts)
        padded = [chunks + [[]] * (longest - len(chunks)) for chunks in texts]
        return [Conditioning(torch.cat([self._encode_chunk(c, clip_skip) for c in chunks])) for chunks in padded]

    def _encode_chunk(self, chunk: Sequence[tuple[int, float]], clip_skip: int) -> Tensor:
        start, end, pad = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
        padding = [pad] * (self.tokenizer.model_max_length - 2 - len(chunk))
        tokens = torch.tensor([[start, *(token for token, _ in chunk), end, *padding]], device=self.device)
        encoded = self._read_tokens(tokens, clip_skip)[0]
        return emphasize(encoded, [1.0, *(weight for _, weight in chunk), 1.0, *(1.0 for _ in padding)])

    def _read_tokens(self, tokens: Tensor, clip_skip: int) -> Tensor:
        """The text encoder's answer (batch, length, width) at this layer from the end, normalised as the last."""
        if clip_skip == 1:
            return self.text_encoder(tokens)[0]
        layers = self.text_encoder.config.num_hidden_layers
        if clip_skip > layers:
            raise InvalidRequest(f"This model's text encoder has {layers} layers, so clip skip can be 1 to {layers}.")
        hidden = self.text_encoder(tokens, output_hidden_states=True).hidden_states[-clip_skip]
        return getattr(self.text_encoder, "text_model", self.text_encoder).final_layer_norm(hidden)

    def with_guidance(self, conditioning: Conditioning, scale: float) -> Conditioning:
        return replace(conditioning, scale=scale)

    def with_mask(self, conditioning: Conditioning, mask: Tensor, kept: Tensor) -> Conditioning:
        return replace(conditioning, extra=torch.cat([mask, kept]))

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        batch = pixels[None].to(self.device, self.vae.dtype)
        self.vae.use_tiling = self._tiled(pixels[0].numel())
        return (self.vae.encode(batch).latent_dist.mode()[0] * self.vae.config.scaling_factor).float()

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        batch = (latents[None] / self.vae.config.scaling_factor).to(self.device, self.vae.dtype)
        self.vae.use_tiling = self._tiled(latents[0].numel() * self.facts.downscale**2)
        return self.vae.decode(batch).sample[0].float()

    def _tiled(self, pixels: int) -> bool:
        return pixels > TILED_ABOVE or self.thrift > 1

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        x = torch.stack([query.x for query in queries])
        alpha, sigma, timestep = self._levels(queries)
        extra = [query.conditioning.extra for query in queries]
        tokens = torch.stack([query.conditioning.tokens for query in queries])
        sample = x if extra[0] is None else torch.cat([x, torch.stack(extra)], dim=1)
        told = {"encoder_hidden_states": tokens, "timestep_cond": self._told_scales(queries), "return_dict": False}
        sample = sample.to(self.unet.dtype)
        output = self.appetite.taking(x[0, 0].numel(), len(x), lambda: self.unet(sample, timestep, **told)[0])
        return list(to_x0(self.prediction, output.float(), x, alpha, sigma))

    def _told_scales(self, queries: Sequence[Query]) -> Tensor | None:
        """The guidance scales as the network wants them, if it wants them."""
        if not self.facts.embeds_guidance:
            return None
        scales = torch.tensor([query.conditioning.scale for query in queries], device=self.device)
        return waves(scales, self.unet.config.time_cond_proj_dim).to(self.unet.dtype)

    def _levels(self, queries: Sequence[Query]) -> tuple[Tensor, Tensor, Tensor]:
        levels = torch.tensor([query.level for query in queries], dtype=torch.float32, device=self.device)
        alpha, sigma, timestep = levels.T
        return alpha.view(-1, 1, 1, 1), sigma.view(-1, 1, 1, 1), timestep

    def preview(self, x0: Tensor) -> Tensor:
        factors, bias = self._preview
        return torch.einsum("chw,cr->rhw", x0, factors) + bias[:, None, None]

    @cached_property
    def _preview(self) -> tuple[Tensor, Tensor]:
        return fit_preview(self.encode, self.facts.downscale, self.device)

    def at_once(self, width: int, height: int) -> int:
        if self.thrift:
            return 1
        cells = (width // self.facts.downscale) * (height // self.facts.downscale)
        quick = max(CELLS_AT_ONCE.get(self.device.type, 8192) // cells, 1)
        return min(quick, self.appetite.room(cells) or FIRST)

    @cached_property
    def appetite(self) -> Appetite:
        """What the network's calls take, measured as they come."""
        return Appetite(self.device)


def waves(scales: Tensor, width: int) -> Tensor:
    """Guidance scales [n] as sines and cosines [n, width] (Meng et al. 2022, arXiv:2210.03142; as diffusers does)."""
    frequencies = torch.exp(torch.arange(width // 2, device=scales.device) * -math.log(10_000.0) / (width // 2 - 1))
    angles = 1000 * (scales - 1)[:, None] * frequencies
    return torch.nn.functional.pad(torch.cat([angles.sin(), angles.cos()], dim=1), (0, width % 2))


def emphasize(encoded: Tensor, weights: Sequence[float]) -> Tensor:
    """Scale each token's vector (length, width) by its weight and keep the mean of all, as A1111 does.

    A mean of nothing cannot be kept: then the vectors are only scaled.
    """
    if all(weight == 1 for weight in weights):
        return encoded
    whole = encoded.float()
    scaled = whole * torch.tensor(weights, device=encoded.device)[:, None]
    kept = whole.mean() / scaled.mean()
    return (scaled * kept if kept.isfinite() else scaled).to(encoded.dtype)


def native_cells(sample_size: Any) -> int:
    """The side in latent cells that a network was trained at; 64 where its configuration is silent, as for SD 1."""
    if isinstance(sample_size, int):
        return sample_size
    return min(sample_size) if sample_size else 64


def load(source: Source, device: torch.device, attention: str) -> StableDiffusion:
    """Read the parts of a Stable Diffusion model; ModelError says what is missing or wrong in it."""
    scheduler = source.config("scheduler")
    kind = scheduler.get("prediction_type", "epsilon")
    if kind not in PREDICTIONS:
        raise ModelError(f"The model in {source.name} predicts {kind!r}; this family knows {', '.join(PREDICTIONS)}.")
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    parts = {
        "unet": source.weights("unet", UNet2DConditionModel, dtype).to(device),
        "vae": source.weights("vae", AutoencoderKL, dtype).to(device),
        "text_encoder": source.weights("text_encoder", CLIPTextModel, dtype).to(device),
    }
    report = {
        "family": "Stable Diffusion",
        "device": str(device),
        "precision": str(dtype).removeprefix("torch."),
        "attention": use_attention([parts["unet"], parts["vae"]], attention, device),
    }
    return StableDiffusion(
        **parts,
        tokenizer=source.tokenizer(),
        path=diffusion_path(scheduler),
        prediction=PREDICTIONS[kind],
        device=device,
        report=report,
    )

"""Pixels to latents and back, with the autoencoder that diffusers calls AutoencoderKL, or one made for films.

A tiny one (AutoencoderTiny, as TAESD is) may stand in for the former: its decoder takes a twentieth of the work.
AutoencoderDC is Sana's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderDC, AutoencoderKL, AutoencoderTiny
from torch import Tensor

from pipelines import decoding
from pipelines.placement import Placement
from pipelines.sources import Source

SPARING_ABOVE = 1536 * 1536
"""Pixels beyond which it spares memory: it encodes tile by tile, for which it would want tens of gigabytes otherwise,
and decodes without storing what it can compute again."""

TILE = 512
"""The largest side of a tile in pixels: larger ones would spare nothing of an ordinary picture."""


def read_autoencoder(source: Source, placement: Placement, kind: Any = AutoencoderKL) -> Any:
    """The model's autoencoder; in float32 where its numbers are too large for float16 (``force_upcast``)."""
    overflows = placement.dtype == torch.float16 and source.config("vae").get("force_upcast", False)
    if source.config("vae").get("_class_name") == "AutoencoderTiny":
        kind = AutoencoderTiny
    vae = placement.read(source, "vae", kind, torch.float32 if overflows else None)
    if hasattr(vae, "tile_latent_min_size") and vae.tile_sample_min_size > TILE:
        vae.tile_latent_min_size = vae.tile_latent_min_size * TILE // vae.tile_sample_min_size
        vae.tile_sample_min_size = TILE
    return vae


def downscale_of(vae: Any) -> int:
    """Pixels per latent cell and side."""
    if _is_for_films(vae) or isinstance(vae, AutoencoderDC):
        return int(vae.spatial_compression_ratio)
    return int(2 ** (len(vae.config.block_out_channels) - 1))


def channels_of(vae: Any) -> int:
    """Channels of its latents."""
    return int(vae.config.z_dim if _is_for_films(vae) else vae.config.latent_channels)


def encode(vae: Any, pixels: Tensor, sparing: bool) -> Tensor:
    """Pixels (3, height, width) → latents (channels, h, w) of about unit variance, the likeliest ones."""
    vae.use_tiling = sparing
    batch = pixels[None].to(vae.device, vae.dtype)
    said = vae.encode(batch.unsqueeze(2) if _is_for_films(vae) else batch)
    raw = said.latent_dist.mode()[0] if hasattr(said, "latent_dist") else said[0][0]
    shift, factor = _shift_and_factor(vae)
    return (((raw[:, 0] if _is_for_films(vae) else raw) - shift) * factor).float()


def decode(vae: Any, latents: Tensor, sparing: bool, go_on: Callable[[], bool] = lambda: True) -> Tensor:
    """Latents (channels, h, w) → pixels (3, height, width).

    ``go_on``: whether anybody still waits, asked between two pieces; ``decoding.Unwanted`` where it says no.  A decoder
    that is not known is diffusers' own affair, which asks nobody and has seams where it spares memory.
    """
    shift, factor = _shift_and_factor(vae)
    raw = (latents.to(vae.device) / factor + shift).to(vae.dtype)
    if decoding.is_known(vae):
        return decoding.decode(vae, raw, sparing, go_on)
    vae.use_tiling = sparing
    if _is_for_films(vae):
        return vae.decode(raw[None].unsqueeze(2)).sample[0, :, 0].float()
    return vae.decode(raw[None]).sample[0].float()


def _is_for_films(vae: Any) -> bool:
    """Whether it has been made for films, of which a picture is one with a single frame."""
    return "temperal_downsample" in vae.config


def _shift_and_factor(vae: Any) -> tuple[Any, Any]:
    """What is taken from raw latents, and what they are multiplied with then: numbers, or one for each channel."""
    config = vae.config
    factor = config.get("scaling_factor", 1.0)
    if config.get("latents_mean") is None or config.get("latents_std") is None:
        return config.get("shift_factor") or 0.0, factor
    mean, std = (torch.tensor(config[name], device=vae.device) for name in ("latents_mean", "latents_std"))
    return mean.view(-1, 1, 1), factor / std.view(-1, 1, 1)

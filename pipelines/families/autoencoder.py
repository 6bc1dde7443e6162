"""Pixels to latents and back, with the autoencoder that diffusers calls AutoencoderKL, or one made for films."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from pipelines.sources import Source

TILED_ABOVE = 1536 * 1536
"""Pixels beyond which it works tile by tile; in one piece it would want tens of gigabytes."""

TILE = 512
"""The largest side of a tile in pixels: larger ones would spare nothing of an ordinary picture."""


def read_autoencoder(source: Source, dtype: torch.dtype, device: torch.device, kind: Any = AutoencoderKL) -> Any:
    """The model's autoencoder; in float32 where its numbers are too large for float16 (``force_upcast``)."""
    overflows = dtype == torch.float16 and source.config("vae").get("force_upcast", False)
    vae = source.weights("vae", kind, torch.float32 if overflows else dtype).to(device)
    if hasattr(vae, "tile_latent_min_size") and vae.tile_sample_min_size > TILE:
        vae.tile_latent_min_size = vae.tile_latent_min_size * TILE // vae.tile_sample_min_size
        vae.tile_sample_min_size = TILE
    return vae


def downscale_of(vae: Any) -> int:
    """Pixels per latent cell and side."""
    if _is_for_films(vae):
        return int(vae.spatial_compression_ratio)
    return int(2 ** (len(vae.config.block_out_channels) - 1))


def channels_of(vae: Any) -> int:
    """Channels of its latents."""
    return int(vae.config.z_dim if _is_for_films(vae) else vae.config.latent_channels)


def encode(vae: Any, pixels: Tensor, tiled: bool) -> Tensor:
    """Pixels (3, height, width) → latents (channels, h, w) of about unit variance, the likeliest ones."""
    vae.use_tiling = tiled
    batch = pixels[None].to(vae.device, vae.dtype)
    raw = vae.encode(batch.unsqueeze(2) if _is_for_films(vae) else batch).latent_dist.mode()[0]
    shift, factor = _shift_and_factor(vae)
    return (((raw[:, 0] if _is_for_films(vae) else raw) - shift) * factor).float()


def decode(vae: Any, latents: Tensor, tiled: bool) -> Tensor:
    """Latents (channels, h, w) → pixels (3, height, width)."""
    vae.use_tiling = tiled
    shift, factor = _shift_and_factor(vae)
    raw = (latents.to(vae.device) / factor + shift).to(vae.dtype)[None]
    if _is_for_films(vae):
        return vae.decode(raw.unsqueeze(2)).sample[0, :, 0].float()
    return vae.decode(raw).sample[0].float()


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

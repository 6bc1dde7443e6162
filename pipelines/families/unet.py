"""What the families around UNet2DConditionModel have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from pipelines.adapters.controls import Shown
from pipelines.engine.guidance import Query
from pipelines.families.adapter import sample_of
from pipelines.families.autoencoder import downscale_of
from pipelines.families.family import Facts
from pipelines.families.shallow import has_outer_layers, kept, outer, outer_control


def facts_of(family: str, unet: Any, vae: Any, native_cells: int) -> Facts:
    """The facts of a model; ``native_cells``: the side it was trained at, where its configuration is silent."""
    channels, downscale = vae.config.latent_channels, downscale_of(vae)
    return Facts(
        family=family,
        channels=channels,
        downscale=downscale,
        multiple=downscale,
        native=_side(unet.config.sample_size, native_cells) * downscale,
        takes_mask=unet.config.in_channels == 2 * channels + 1,
        embeds_guidance=unet.config.time_cond_proj_dim is not None,
        has_outer_layers=has_outer_layers(unet),
    )


def _side(sample_size: Any, otherwise: int) -> int:
    """The side in latent cells that a configuration names: a number, a height and a width, or nothing."""
    if isinstance(sample_size, int):
        return sample_size
    return min(sample_size) if sample_size else otherwise


def told_guidance(unet: Any, scales: Tensor, dtype: torch.dtype) -> Tensor | None:
    """The guidance scales [n] as a network wants them, if it wants them."""
    width = unet.config.time_cond_proj_dim
    return None if width is None else waves(scales, width).to(dtype)


def output_of(unet: Any, queries: Sequence[Query], x: Tensor, timestep: Tensor, told: Mapping[str, Any]) -> Tensor:
    """What the network puts out for these queries: all of it is asked, or its outer layers alone.

    ``x``: their latents [n, channels, h, w] in its own type.  ``told``: what the network is told beside them.
    """
    sample = sample_of(queries, x).to(x.dtype)
    if not queries[0].whole:
        return outer(unet, queries, sample, timestep, told, outer_controlled(queries, x))
    with kept(unet, queries):
        answer = unet(sample, timestep, **told, **controlled(queries, x, timestep, told), return_dict=False)
    return answer[0]


def controlled(queries: Sequence[Query], sample: Tensor, timestep: Tensor, told: Mapping[str, Any]) -> dict[str, Any]:
    """What ControlNets say to the queries, which have the same ones, as the network takes it; empty without any.

    ``sample``: the latents alone [n, channels, h, w].  ``told``: what the network is told beside them.
    """
    rows = shown_to(queries)
    if not rows:
        return {}
    shared = {name: told[name] for name in ("encoder_hidden_states", "added_cond_kwargs") if name in told}
    answers = []
    for row in rows:
        shown = {"controlnet_cond": pictures_of(row, sample), "conditioning_scale": row[0].weight, "return_dict": False}
        answers.append(row[0].network(sample, timestep, **shared, **shown))
    downs, middles = zip(*answers, strict=True)
    return {
        "down_block_additional_residuals": [sum(layer) for layer in zip(*downs, strict=True)],
        "mid_block_additional_residual": sum(middles),
    }


def outer_controlled(queries: Sequence[Query], sample: Tensor) -> Tensor | None:
    """What ControlNets say to the network's outer layers; None without any."""
    added = [
        outer_control(row[0].network, sample, pictures_of(row, sample), row[0].weight) for row in shown_to(queries)
    ]
    return sum(added[1:], added[0]) if added else None


def shown_to(queries: Sequence[Query]) -> list[tuple[Shown, ...]]:
    """What each ControlNet is shown, query by query; they have the same ones."""
    return list(zip(*(query.conditioning.controls for query in queries), strict=True))


def pictures_of(row: Sequence[Shown], like: Tensor) -> Tensor:
    """The pictures of a row [n, 3, height, width]."""
    return torch.stack([shown.picture for shown in row]).to(like)


def waves(scales: Tensor, width: int) -> Tensor:
    """Guidance scales [n] as sines and cosines [n, width] (Meng et al. 2022, arXiv:2210.03142; as diffusers does)."""
    frequencies = torch.exp(torch.arange(width // 2, device=scales.device) * -math.log(10_000.0) / (width // 2 - 1))
    angles = 1000 * (scales - 1)[:, None] * frequencies
    return torch.nn.functional.pad(torch.cat([angles.sin(), angles.cos()], dim=1), (0, width % 2))

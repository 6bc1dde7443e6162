"""A UNet's outer layers by themselves, put upon what its deep ones said before (`pipelines/engine/reusing.py`).

    conv_in ──────────────── skip ────────────────▶ last layer of the last block ─▶ out
        └▶ deep layers ─▶ …  all but that one … ─▶ ┘   what comes in here is kept

Those outer layers are a thirteenth of the work for Stable Diffusion 1 at 512x512, a seventieth for SDXL at 1024x1024.
The UNet's own modules are called, so that whatever is on in them, LoRAs and all, is on here as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from pipelines.engine.guidance import Query

BLOCKS = ("CrossAttnUpBlock2D", "UpBlock2D")
"""Last blocks that are known here: resnets one after another, each given a skip, perhaps with attention behind it."""


def has_outer_layers(unet: Any) -> bool:
    """Whether it is of the shape above."""
    return type(unet.up_blocks[-1]).__name__ in BLOCKS and not unet.config.center_input_sample


@contextmanager
def kept(unet: Any, queries: Sequence[Query]) -> Iterator[None]:
    """Keep what the deep layers say to those of these queries that want it, in the call that is made meanwhile."""
    if all(query.deep is None for query in queries):
        yield
        return
    block = unet.up_blocks[-1]
    layer = (getattr(block, "attentions", None) or block.resnets)[-2]

    def keep(layer: Any, given: Any, answer: Any) -> None:
        features = answer if isinstance(answer, Tensor) else answer[0]
        for place, query in enumerate(queries):
            if query.deep is not None:
                query.deep.features = features[place : place + 1].clone()  # so that others of the call can go

    handle = layer.register_forward_hook(keep)
    try:
        yield
    finally:
        handle.remove()


def outer(
    unet: Any, queries: Sequence[Query], sample: Tensor, timestep: Tensor, told: Mapping[str, Any], beside: Any = None
) -> Tensor:
    """What the UNet puts out for ``sample`` [n, channels, h, w], with the deep features of the queries.

    ``told``: what it is told beside that, as it takes it.  ``beside``: what ControlNets add to the outermost skip.
    """
    words, added = told["encoder_hidden_states"], told.get("added_cond_kwargs")
    time = unet.time_embedding(unet.get_time_embed(sample=sample, timestep=timestep), told["timestep_cond"])
    about = unet.get_aug_embed(emb=time, encoder_hidden_states=words, added_cond_kwargs=added)
    time = time if about is None else time + about
    time = time if unet.time_embed_act is None else unet.time_embed_act(time)
    words = unet.process_encoder_hidden_states(encoder_hidden_states=words, added_cond_kwargs=added)

    skip = unet.conv_in(sample)
    skip = skip if beside is None else skip + beside
    block, deep = unet.up_blocks[-1], torch.cat([query.deep.features for query in queries if query.deep is not None])
    sample = block.resnets[-1](torch.cat([deep, skip], dim=1), time)
    if getattr(block, "attentions", None):
        sample = block.attentions[-1](sample, encoder_hidden_states=words, return_dict=False)[0]
    if unet.conv_norm_out:
        sample = unet.conv_act(unet.conv_norm_out(sample))
    return unet.conv_out(sample)


def outer_control(network: Any, sample: Tensor, pictures: Tensor, weight: float) -> Tensor:
    """What a ControlNet adds to the outermost skip: it has seen no deeper layers, so that it is as good as always.

    ``sample``: the latents alone [n, channels, h, w].  ``pictures``: what it is shown [n, 3, height, width].
    """
    if network.config.controlnet_conditioning_channel_order == "bgr":
        pictures = pictures.flip(1)
    seen = network.conv_in(sample) + network.controlnet_cond_embedding(pictures)
    added = network.controlnet_down_blocks[0](seen) * weight
    return added.mean((2, 3), keepdim=True) if network.config.global_pool_conditions else added

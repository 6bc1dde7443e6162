"""The decoder's layers in their order: what is stored of them, and what is computed twice instead.

There is little to store: a residual block needs what comes into it twice and what its first convolution makes of it
twice, for the group norm and for what follows.  What comes out takes the place of either.  Where memory is short only
one of the two is stored and the other is computed again, and so is what an enlargement makes, which is four times as
large as what it is made of: then little more than a single map is there at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pipelines.decoding.layers import added, convolved, enlarged, mixed, normalised
from pipelines.decoding.maps import Manner, Map, Stored, lying, place_for, surveyed


@torch.inference_mode()
def decode(vae: Any, raw: Tensor, sparing: bool, go_on: Callable[[], bool] = lambda: True) -> Tensor:
    """Raw latents (channels, h, w) → pixels (3, height, width), for an autoencoder that ``is_known``.

    ``sparing``: with as little memory as can be.  ``go_on`` is asked every now and then; Unwanted where it says no.
    """
    decoder, manner = vae.decoder, Manner(sparing, go_on)
    weight = decoder.conv_in.weight
    batch = raw[None].to(weight.device, weight.dtype)
    map = _stored(decoder.conv_in(batch if vae.post_quant_conv is None else vae.post_quant_conv(batch)))
    map = _middle(map, decoder.mid_block, manner)
    for block in decoder.up_blocks:
        for resnet in block.resnets:
            map = _residual(map, resnet, manner)
        for upsampler in block.upsamplers or ():
            map = _larger(map, upsampler.conv, manner)
    return _painted(convolved(normalised(_known(map, manner), decoder.conv_norm_out), decoder.conv_out), manner)


def _middle(map: Map, block: Any, manner: Manner) -> Map:
    """The block at the latents' own size, with the attention that sees all of it, as diffusers has it switched."""
    map = _residual(map, block.resnets[0], manner)
    for attention, resnet in zip(block.attentions, block.resnets[1:], strict=True):
        if attention is not None:
            map = _stored(attention(map.rows(0, map.height).permute(2, 0, 1)[None]))
        map = _residual(map, resnet, manner)
    return map


def _residual(map: Map, block: Any, manner: Manner) -> Map:
    """A residual block; its result is stored, surveyed, in the place of one of its two maps."""
    map = _known(map, manner)
    first = convolved(normalised(map, block.norm1), block.conv1)
    if manner.sparing and _has_room(map.stored, 2):
        first, place, reach = surveyed(first, manner), map.stored, 2
    else:
        place, reach = place_for(first, block.conv1.weight.dtype), 1
        first = surveyed(first, manner, place)
    assert place is not None
    second = convolved(normalised(first, block.norm2), block.conv2)
    past = map if block.conv_shortcut is None else mixed(map, block.conv_shortcut)
    return surveyed(added(second, past), manner, Stored(place.tensor, place.top - reach))


def _has_room(stored: Stored | None, rows: int) -> bool:
    return stored is not None and stored.top >= rows


def _larger(map: Map, conv: Any, manner: Manner) -> Map:
    """The map at twice its size; stored, unless memory is short."""
    larger = enlarged(map, conv)
    return surveyed(larger, manner, None if manner.sparing else place_for(larger, conv.weight.dtype))


def _known(map: Map, manner: Manner) -> Map:
    return surveyed(map, manner) if map.spread is None else map


def _stored(batch: Tensor) -> Map:
    """What a layer that sees all at once has made: (1, channels, height, width)."""
    tensor = batch[0].permute(1, 2, 0).contiguous()
    return lying(Stored(tensor, 0), len(tensor))


def _painted(map: Map, manner: Manner) -> Tensor:
    """The picture that a map of three channels is, in float32."""
    pixels = torch.empty(map.channels, map.height, map.width, device=map.device)
    for top, bottom in manner.bands(map):
        pixels[:, top:bottom] = map.rows(top, bottom).permute(2, 0, 1)
    return pixels

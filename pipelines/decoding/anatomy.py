"""Whether a decoder is built as ``decoder.py`` takes it to be: its modules are looked at, not only their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diffusers import AutoencoderKL, AutoencoderKLFlux2
from diffusers.models.autoencoders.vae import Decoder
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.unets.unet_2d_blocks import UNetMidBlock2D, UpDecoderBlock2D
from diffusers.models.upsampling import Upsample2D
from torch import nn


def is_known(vae: Any) -> bool:
    """Whether our decode computes what this autoencoder's own would.

    Not where a part is of another kind, is trained, or has been given something to do besides, as when its weights are
    only brought to the device for as long as it is called.
    """
    if type(vae) not in (AutoencoderKL, AutoencoderKLFlux2) or type(vae.decoder) is not Decoder:
        return False
    decoder = vae.decoder
    blocks = decoder.up_blocks
    if type(decoder.mid_block) is not UNetMidBlock2D or any(type(block) is not UpDecoderBlock2D for block in blocks):
        return False
    return (
        not any(_is_tampered_with(part) for part in decoder.modules())
        and all(_is_plain(conv, 3) for conv in (decoder.conv_in, decoder.conv_out))
        and type(decoder.conv_norm_out) is nn.GroupNorm
        and type(decoder.conv_act) is nn.SiLU
        and all(_is_known_resnet(block) for block in _resnets(decoder))
        and all(_is_known_upsampler(each) for block in blocks for each in block.upsamplers or ())
        and all(len(block.upsamplers or ()) < 2 for block in blocks)
    )


def _resnets(decoder: Any) -> Iterator[Any]:
    yield from decoder.mid_block.resnets
    for block in decoder.up_blocks:
        yield from block.resnets


def _is_tampered_with(part: nn.Module) -> bool:
    """Whether calling it does more than its class says: hooks, a forward of its own, or dropout that is on."""
    return bool(part.training or part._forward_hooks or part._forward_pre_hooks or "forward" in vars(part))


def _is_plain(conv: Any, size: int) -> bool:
    """Whether it is a convolution that keeps the size and looks at so many pixels in a row."""
    plain = {"kernel_size": size, "stride": 1, "padding": size // 2, "dilation": 1}
    return (
        type(conv) is nn.Conv2d
        and all(getattr(conv, name) == (value, value) for name, value in plain.items())
        and conv.groups == 1
        and conv.padding_mode == "zeros"
    )


def _is_known_resnet(block: Any) -> bool:
    return (
        type(block) is ResnetBlock2D
        and all(type(norm) is nn.GroupNorm and norm.affine for norm in (block.norm1, block.norm2))
        and all(_is_plain(conv, 3) for conv in (block.conv1, block.conv2))
        and (block.conv_shortcut is None or _is_plain(block.conv_shortcut, 1))
        and type(block.nonlinearity) is nn.SiLU
        and block.time_emb_proj is None
        and block.time_embedding_norm in ("default", "group")
        and block.upsample is None
        and block.downsample is None
        and block.output_scale_factor == 1
    )


def _is_known_upsampler(part: Any) -> bool:
    return (
        type(part) is Upsample2D
        and part.norm is None
        and part.use_conv
        and not part.use_conv_transpose
        and part.interpolate
        and part.name == "conv"
        and _is_plain(part.conv, 3)
    )

"""Our decode against diffusers' own, of decoders of every shape that is about, whole and in bands of any height."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from pipelines import decoding
from pipelines.decoding import Unwanted, maps
from pipelines.decoding.layers import squares_of
from pipelines.families import autoencoder
from pipelines.memory import watched
from tests.tiny.parts import make_vae

SHAPES: list[tuple[dict[str, Any], tuple[int, int]]] = [
    ({}, (8, 8)),
    ({}, (9, 13)),
    ({"layers_per_block": 2}, (5, 7)),
    ({"latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False}, (7, 4)),
    ({"mid_block_add_attention": False}, (6, 3)),
    ({"block_out_channels": (8, 16), "norm_num_groups": 2, "latent_channels": 3}, (1, 5)),
    ({"block_out_channels": (64, 128), "norm_num_groups": 32}, (6, 5)),
    ({"force_upcast": True, "norm_num_groups": 8}, (3, 3)),
]


@pytest.fixture
def in_bands(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """``in_bands(numbers)``: let no band have more numbers than that, but for the two rows that each has."""
    return lambda numbers: monkeypatch.setitem(maps.AT_ONCE, "cpu", numbers)


def make(dtype: torch.dtype = torch.float32, **more: Any) -> Any:
    """A decoder whose layers all matter: weights and norms far from what they are made with."""
    torch.manual_seed(3)
    if "block_out_channels" in more:
        count = len(more["block_out_channels"])
        blocks = {"down_block_types": ("DownEncoderBlock2D",) * count, "up_block_types": ("UpDecoderBlock2D",) * count}
        more = blocks | more
    vae = make_vae(**more)
    for weight in vae.parameters():
        torch.nn.init.normal_(weight, 0.2 if weight.ndim == 1 else 0.0, 0.3)
    return vae.to(dtype)


def latents_for(vae: Any, size: tuple[int, int]) -> Tensor:
    return torch.randn(vae.config.latent_channels, *size, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def theirs(vae: Any, raw: Tensor) -> Tensor:
    return vae.decode(raw[None].to(vae.dtype)).sample[0].float()


def error(one: Tensor, other: Tensor) -> float:
    """The largest difference, as a share of the largest number."""
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize("sparing", [False, True])
@pytest.mark.parametrize(("more", "size"), SHAPES)
def test_it_is_what_diffusers_decodes(
    in_bands: Any, more: dict[str, Any], size: tuple[int, int], sparing: bool
) -> None:
    vae = make(**more)
    raw = latents_for(vae, size)
    assert decoding.is_known(vae)
    for numbers in (1, 600, 5000, 2**22):
        in_bands(numbers)
        assert error(decoding.decode(vae, raw, sparing), theirs(vae, raw)) < 1e-5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_with_half_the_bits_it_is_no_worse_than_diffusers(in_bands: Any, dtype: torch.dtype) -> None:
    whole, half = (make(each, block_out_channels=(64, 64), norm_num_groups=8) for each in (torch.float32, dtype))
    in_bands(3000)
    for seed in range(3):
        raw = torch.randn(4, 16, 12, generator=torch.Generator().manual_seed(seed))
        expected = theirs(whole, raw)
        ours, own = (
            (found - expected).square().mean() for found in (decoding.decode(half, raw, False), theirs(half, raw))
        )
        assert ours <= 1.3 * own


def test_a_large_mean_does_not_swallow_a_small_variance(in_bands: Any) -> None:
    """Where a sum of squares in single precision would leave nothing of it."""
    in_bands(64)
    pixels = 1000 + 0.01 * torch.randn(40, 6, 4, generator=torch.Generator().manual_seed(0))
    map = maps.surveyed(maps.lying(maps.Stored(pixels, 0), 40), maps.Manner(False, lambda: True))
    assert map.spread is not None
    of_groups = map.spread.of_groups(2)
    for channels in (slice(0, 2), slice(2, 4)):
        expected = pixels[..., channels].double().var(correction=0)
        assert torch.allclose(of_groups.variance[channels], expected, rtol=1e-2, atol=0)
        assert torch.allclose(of_groups.mean[channels], pixels[..., channels].double().mean(), rtol=1e-7)


def test_four_small_kernels_are_an_enlargement_and_a_large_one() -> None:
    """Each weight of the large kernel is in each of the four once."""
    weight = torch.randn(5, 4, 3, 3)
    for row in squares_of(weight):
        for square in row:
            assert square.shape == (5, 4, 2, 2)
            assert torch.allclose(square.sum((2, 3)), weight.sum((2, 3)), atol=1e-6)


def test_the_same_latents_give_the_same_bytes_and_weights_are_left_alone() -> None:
    vae = make()
    raw, before = latents_for(vae, (8, 9)), {name: value.clone() for name, value in vae.state_dict().items()}
    first, second = (decoding.decode(vae, raw, False) for _ in range(2))
    assert first.numpy().tobytes() == second.numpy().tobytes()
    assert all(torch.equal(value, before[name]) for name, value in vae.state_dict().items())


def test_it_needs_much_less_memory_than_diffusers(in_bands: Any) -> None:
    in_bands(2**14)
    vae = make(block_out_channels=(16, 32, 32), norm_num_groups=4)
    raw = latents_for(vae, (48, 48))
    cpu = torch.device("cpu")
    whole, _ = watched(cpu, lambda: theirs(vae, raw))
    peaks = {}
    for name, call in {
        "diffusers": lambda: theirs(vae, raw),
        "stored": lambda: decoding.decode(vae, raw, False),
        "sparing": lambda: decoding.decode(vae, raw, True),
    }.items():
        found, peaks[name] = watched(cpu, call)
        assert error(found, whole) < 1e-5
    assert peaks["stored"] < 0.6 * peaks["diffusers"]
    assert peaks["sparing"] < peaks["diffusers"] / 3


def test_a_decode_that_nobody_waits_for_stops_at_the_next_band(in_bands: Any) -> None:
    in_bands(1)
    vae, asked, looked_at = make(), [], []
    raw = latents_for(vae, (8, 8))
    decoding.decode(vae, raw, False, lambda: bool(asked.append(1)) or True)
    assert len(asked) > 100

    def go_on() -> bool:
        looked_at.append(1)
        return len(looked_at) < 20

    with pytest.raises(Unwanted):
        decoding.decode(vae, raw, False, go_on)
    assert len(looked_at) == 20


def with_hook(vae: Any) -> None:
    vae.decoder.conv_in.register_forward_hook(lambda module, given, made: made)


def with_own_forward(vae: Any) -> None:
    vae.decoder.conv_out.forward = vae.decoder.conv_out.forward


def with_other_activation(vae: Any) -> None:
    vae.decoder.up_blocks[1].resnets[0].nonlinearity = torch.nn.GELU()


def with_strides(vae: Any) -> None:
    vae.decoder.up_blocks[0].resnets[0].conv1.padding_mode = "reflect"


def with_scale(vae: Any) -> None:
    vae.decoder.mid_block.resnets[0].output_scale_factor = 1.4


@pytest.mark.parametrize(
    "change",
    [with_hook, with_own_forward, with_other_activation, with_strides, with_scale, lambda vae: vae.decoder.train()],
)
def test_what_is_built_otherwise_is_left_to_diffusers(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    vae = make()
    change(vae)
    assert not decoding.is_known(vae)
    monkeypatch.setattr(decoding, "decode", None)
    raw = latents_for(vae, (6, 6))
    latents = raw * vae.config.scaling_factor
    with torch.inference_mode():
        assert error(autoencoder.decode(vae, latents, False), theirs(vae, raw)) < 1e-6


def test_decoders_of_other_kinds_are_not_known() -> None:
    from diffusers import AsymmetricAutoencoderKL, AutoencoderTiny

    assert not decoding.is_known(AutoencoderTiny().eval())
    assert not decoding.is_known(AsymmetricAutoencoderKL(norm_num_groups=4).eval())
    assert not decoding.is_known(
        make(block_out_channels=(8, 16), norm_num_groups=4, up_block_types=("AttnUpDecoderBlock2D",) * 2)
    )

"""Noise between seeds and from other sizes, as people who use variation seeds expect it."""

from __future__ import annotations

import pytest
import torch

from pipelines import text_to_image
from pipelines.engine.noise import Noise, of_size, slerp
from pipelines.events import Picture
from pipelines.planning import first_noise
from pipelines.requests import Sampling, Size, TextToImage, Variation
from pipelines.run import generate


def a_request(variation: Variation, count: int = 1, size: int = 64) -> TextToImage:
    sampling = Sampling(steps=3, guidance=2.0, seed=40, sampler="euler_a")
    side = Size(width=size, height=size)
    return TextToImage(prompt="a red house", size=side, sampling=sampling, variation=variation, count=count)


def pictures(family, request) -> list[bytes]:
    events = [event for event in generate(family, request) if isinstance(event, Picture)]
    return [event.image.tobytes() for event in sorted(events, key=lambda event: event.index)]


def angle(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.acos(((one * other).sum() / (one.norm() * other.norm())).clamp(-1, 1)))


def test_slerp_stays_noise_and_walks_the_arc_evenly() -> None:
    one, other = torch.randn(2, 4, 64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for share in (0.0, 0.2, 0.5, 0.9, 1.0):
        between = slerp(one, other, share)
        assert float(between.std()) == pytest.approx(1, abs=0.02)
        assert angle(one, between) / angle(one, other) == pytest.approx(share, abs=0.02)
    torch.testing.assert_close(slerp(one, one, 0.3), one)


def test_no_strength_is_the_seed_and_full_strength_is_the_other_seed(models) -> None:
    family = models().family
    plain = first_noise_of(family, Variation())
    assert torch.equal(first_noise_of(family, Variation(seed=9)), plain)
    torch.testing.assert_close(first_noise_of(family, Variation(seed=9, strength=1.0)), Noise(9, plain.shape)())


def first_noise_of(family, variation: Variation) -> torch.Tensor:
    shape = (4, 8, 8)
    return first_noise(family, a_request(variation), Noise(40, shape)(), shape, Noise)


def test_a_little_strength_stays_near_and_more_goes_further(models) -> None:
    family = models().family
    made = [
        torch.tensor(list(pictures(family, a_request(Variation(seed=9, strength=strength)))[0])).float()
        for strength in (0.0, 0.1, 0.5)
    ]
    near, far = (float((other - made[0]).abs().mean()) for other in made[1:])
    assert 0 < near < far


def test_pictures_of_a_varied_request_share_the_seed_and_each_can_be_made_alone(models) -> None:
    family, request = models().family, a_request(Variation(seed=9, strength=0.4), count=3)
    together = pictures(family, request)
    assert len(set(together)) == 3
    assert [request.seed_of(index) for index in range(3)] == [40, 40, 40]
    assert [request.alone(index).variation.seed for index in range(3)] == [9, 10, 11]
    assert [pictures(family, request.alone(index))[0] for index in range(3)] == together


def test_noise_of_another_size_lies_in_the_middle() -> None:
    def draw(shape):
        return Noise(7, shape)()

    small, wide = draw((4, 6, 6)), of_size(draw, (4, 8, 12), 6, 6)
    assert torch.equal(wide[:, 1:7, 3:9], small)
    assert torch.equal(of_size(draw, (4, 4, 4), 6, 6), small[:, 1:5, 1:5])
    outside = torch.ones(8, 12, dtype=torch.bool)
    outside[1:7, 3:9] = False
    assert torch.equal(wide[:, outside], draw((4, 8, 12))[:, outside])


def test_a_seed_taken_from_its_own_size_is_the_seed(models) -> None:
    family = models().family
    assert pictures(family, a_request(Variation(width=64, height=64))) == pictures(family, a_request(Variation()))


def test_later_noise_is_that_of_the_seed(models) -> None:
    """Only the start varies: the stream that ancestral samplers draw from goes on as without a variation."""
    family = models().family
    one, other = (
        text_to_image.plan(family, a_request(variation))[0].walk
        for variation in (Variation(), Variation(seed=3, strength=0.5))
    )
    assert one.schedule == other.schedule
    noise = Noise(40, (4, 8, 8))
    first, second = noise(), noise()
    assert not torch.equal(first, second)
    assert torch.equal(first_noise_of(family, Variation()), first)

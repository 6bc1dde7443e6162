"""Copies are found, straight or mirrored; a horizon that goes on is none."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from pipelines.repetition import copied


def shapes(seed: int, height: int = 128, width: int = 128) -> torch.Tensor:
    """A picture of blobs, (3, height, width)."""
    coarse = torch.randn(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (height, width), mode="bicubic")[0].clamp(-1, 1)


@pytest.mark.parametrize("view", [lambda p: p, lambda p: p.flip(2), lambda p: p.flip(1)])
@pytest.mark.parametrize("scale", [1, 3])
def test_a_copy_is_one_even_when_it_is_mirrored_or_changed_in_tone(view, scale: int) -> None:
    source = F.interpolate(shapes(0)[None], scale_factor=scale)[0]
    part = view(source)[:, :, 3 * scale : 60 * scale]
    assert copied(part, source) > 0.9
    assert copied(part * 0.7 + 0.1 + 0.02 * torch.randn_like(part), source) > 0.9


def test_another_picture_is_no_copy() -> None:
    assert copied(shapes(1)[:, :, :64], shapes(0)) < 0.1


def test_half_a_copy_counts_half() -> None:
    source = shapes(0)
    part = torch.cat([source[:, :, 20:68], shapes(2)[:, :, :48]], 2)
    assert 0.25 < copied(part, source) < 0.75


@pytest.mark.parametrize("across", [True, False])
def test_a_horizon_that_goes_on_is_no_copy(across: bool) -> None:
    lines = torch.linspace(-1, 1, 128).sign().repeat(3, 128, 1) + 0.2 * torch.linspace(0, 40, 128).sin()
    source = lines.transpose(1, 2) if across else lines
    assert copied(source[:, :64], source) == 0


def test_what_is_too_small_or_even_tells_nothing() -> None:
    assert copied(torch.zeros(3, 64, 64), torch.zeros(3, 64, 64)) == 0
    assert copied(shapes(0)[:, :4, :], shapes(0)) == 0

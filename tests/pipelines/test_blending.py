"""Repairs of a join, against sparse solutions of Laplace's equation and pictures whose drift is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.sparse.linalg import spsolve
from torch import Tensor

from pipelines.blending import REPAIRS, harmonic, membrane, repaired, ring_colours
from pipelines.seams import measure


def disc(height: int, width: int, radius: float) -> Tensor:
    down, across = torch.arange(height)[:, None] - height / 2, torch.arange(width) - width / 2
    return (down.square() + across.square() < radius**2).float()[None]


def margin(height: int, width: int, start: int) -> Tensor:
    hole = torch.zeros(1, height, width)
    hole[..., start:] = 1
    return hole


def smooth(height: int, width: int, seed: int = 0) -> Tensor:
    """A picture of a few slow waves."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 5, 5, generator=random) - 0.5
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)[0]


def grain(height: int, width: int) -> Tensor:
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(1)) * 0.05


def solved(values: Tensor, hole: Tensor) -> Tensor:
    """Laplace's equation on the graph of neighbours in a picture, by scipy's solver, known pixels as they are."""
    height, width = hole.shape[1:]
    place = np.arange(height * width).reshape(height, width)
    pairs = np.concatenate(
        [np.stack([place[:, 1:], place[:, :-1]]).reshape(2, -1), np.stack([place[1:], place[:-1]]).reshape(2, -1)], 1
    )
    ones = np.ones(pairs.shape[1])
    links = sparse.coo_matrix((ones, pairs), (place.size, place.size))
    links = (links + links.T).tocsr()
    laplace = (sparse.diags(np.asarray(links.sum(1)).ravel()) - links).tocsr()
    inside = hole[0].numpy().ravel() > 0
    result = values.double().reshape(len(values), -1).numpy().copy()
    rows = laplace[inside]
    result[:, inside] = spsolve(rows[:, inside].tocsc(), -(rows[:, ~inside] @ result[:, ~inside].T)).reshape(-1, 3).T
    return torch.from_numpy(result).view_as(values).float()


@pytest.mark.parametrize(
    "hole",
    [disc(48, 56, 19), disc(41, 37, 15), disc(64, 64, 29), margin(40, 64, 44), 1 - disc(64, 64, 25)],
    ids=["disc", "odd", "large", "margin", "frame"],
)
def test_a_membrane_is_the_solution_of_laplaces_equation(hole: Tensor) -> None:
    height, width = hole.shape[1:]
    values = smooth(height, width)
    found, expected = harmonic(values, hole), solved(values, hole)
    assert torch.equal(found * (1 - hole), values * (1 - hole))
    torch.testing.assert_close(found, expected, atol=0.01 * float(values.max() - values.min()), rtol=0)


def test_a_ramp_goes_on_through_a_hole() -> None:
    """A plane is harmonic, so a hole in one is filled without a trace."""
    down, across = torch.meshgrid(torch.linspace(-1, 1, 50), torch.linspace(-1, 1, 60), indexing="ij")
    plane = torch.stack([across, down, across - down])
    torch.testing.assert_close(harmonic(plane, disc(50, 60, 17)), plane, atol=2e-3, rtol=0)


@pytest.mark.parametrize("reach", [0, 6])
@pytest.mark.parametrize("hole", [disc(64, 64, 20), margin(48, 64, 40)], ids=["disc", "margin"])
def test_an_even_difference_is_taken_back_all_over(hole: Tensor, reach: int) -> None:
    original = grain(*hole.shape[1:])
    offset = torch.tensor([0.05, -0.03, 0.1])[:, None, None]
    found = membrane(original + offset, original, hole, reach)
    torch.testing.assert_close(found * hole, original * hole, atol=1e-4, rtol=0)


def test_what_the_painted_part_shows_in_itself_is_kept() -> None:
    """The correction has no gradient of its own but the membrane's, so a texture is the same before and after."""
    hole, original = disc(64, 64, 24), torch.zeros(3, 64, 64)
    painted = hole * grain(64, 64) + 0.04
    found = membrane(painted, original, hole)
    torch.testing.assert_close(
        (found - painted)[:, hole[0] > 0], torch.full((3, int(hole.sum())), -0.04), atol=1e-4, rtol=0
    )


def test_a_difference_at_one_place_of_the_edge_fades_with_the_depth() -> None:
    hole = disc(128, 128, 50)
    original = torch.zeros(3, 128, 128)
    original[:, 60:68, :15] = 0.1
    change = membrane(torch.zeros(3, 128, 128), original, hole)[0, 64]
    assert change[15] > 0.03
    assert change[64] < 0.006
    assert change[110] < 0.001
    assert (change >= -1e-6).all()


def test_one_gain_and_offset_a_channel_is_undone_by_the_ring() -> None:
    hole, original = disc(96, 96, 25), smooth(96, 96)
    gain, offset = torch.tensor([1.08, 0.95, 1.0])[:, None, None], torch.tensor([0.02, 0.0, -0.04])[:, None, None]
    painted = original * gain + offset
    torch.testing.assert_close(ring_colours(painted, original, hole) * hole, original * hole, atol=0.005, rtol=0)


def test_a_thing_that_stands_across_the_edge_is_not_taken_for_a_drift() -> None:
    hole, original = disc(96, 96, 25), torch.zeros(3, 96, 96)
    painted = original + 0.03
    painted[:, 46:54] = 0.9  # a bar from side to side
    for repair in REPAIRS.values():
        change = (repair(painted, original, hole) - painted)[:, 30, 35:60]
        assert float((change + 0.03).abs().max()) < 0.02


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("tint", [(8, 8, 8), (6, -4, 0)], ids=str)
def test_a_picture_with_a_drift_is_repaired(tint: tuple[int, ...], soft: bool) -> None:
    original = smooth(128, 128) + grain(128, 128) / 5
    mask = disc(128, 128, 40)
    weights = torch.nn.functional.avg_pool2d(mask, 9, 1, 4) if soft else mask
    painted = original + torch.tensor(tint)[:, None, None] / 127.5
    found, kind = repaired(original, painted, weights)
    assert kind in REPAIRS
    before, after = (measure(torch.lerp(original, each, weights), weights).score for each in (painted, found))
    truth = measure(original, weights).score
    assert after - truth < 0.2 * (before - truth)
    assert float((found - original)[:, mask[0] > 0].abs().max()) < 2 / 127.5


def test_a_new_part_of_another_tone_is_told_by_what_it_painted_over_old_pixels() -> None:
    """The kept ring has come back as it was; only under the soft edge do both sides say what they think of a place."""
    original, share = smooth(96, 128), margin(96, 128, 72)
    for column in range(16):
        share[..., 56 + column] = (column + 0.5) / 16
    tint = torch.tensor([20.0, -14.0, 9.0])[:, None, None] / 127.5
    painted = original + tint * (share > 0)
    mended, name = repaired(original, painted, share)
    assert name == "overlap"
    before, after = (measure(torch.lerp(original, each, share), share) for each in (painted, mended))
    assert before.drift > 5
    assert after.drift < 1.5
    torch.testing.assert_close(torch.lerp(original, mended, share), original, atol=3 / 127.5, rtol=0)


def test_a_picture_without_a_drift_is_returned_as_it_is() -> None:
    original, weights = smooth(96, 96) + grain(96, 96), disc(96, 96, 30)
    painted = original + weights * disc(96, 96, 20) * 0.4  # something new, well inside
    found, kind = repaired(original, painted, weights)
    assert kind == "none"
    assert found is painted


@pytest.mark.parametrize("weights", [torch.zeros(1, 20, 24), torch.ones(1, 20, 24)], ids=["nothing", "all"])
def test_without_an_edge_there_is_nothing_to_repair(weights: Tensor) -> None:
    painted = torch.rand(3, 20, 24)
    assert repaired(torch.rand(3, 20, 24), painted, weights) == (painted, "none")


def test_a_repair_leaves_the_picture_alone_where_it_is_not_near_the_hole() -> None:
    original = smooth(300, 300)
    weights = torch.zeros(1, 300, 300)
    weights[:, 10:40, 10:40] = 1
    painted = original + 0.06
    found, kind = repaired(original, painted, weights)
    assert kind != "none"
    assert torch.equal(found[:, 140:, 140:], painted[:, 140:, 140:])
    assert found.min() >= -1
    assert found.max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 12), (12, 1), (2, 3), (7, 5)])
def test_pictures_of_a_few_pixels_come_through(shape: tuple[int, int]) -> None:
    hole = torch.zeros(1, *shape)
    hole[..., -1, -1] = 1
    found, _ = repaired(torch.rand(3, *shape), torch.rand(3, *shape), hole)
    assert found.shape == (3, *shape)
    assert found.isfinite().all()
    assert harmonic(torch.ones(3, *shape), hole).isfinite().all()

"""Windows that overlap are one picture: an exact denoiser of single cells cannot tell them from the whole."""

from __future__ import annotations

import pytest
import torch

from pipelines.engine.engine import Engine, Trajectory, Walk, single
from pipelines.engine.guidance import Aim, classifier_free, guided
from pipelines.engine.noise import BLOCK, AnchoredNoise, Noise
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import FlowPath
from pipelines.engine.spacings import build_schedule
from pipelines.engine.windows import Window, blending, windowed

SHAPE = (2, 6, 11)
WINDOWS = (Window(0, 0, 6, 5), Window(0, 3, 6, 5), Window(0, 6, 6, 5))


class Places:
    """A conditioning that knows what belongs to each place."""

    batch_key = ""

    def __init__(self, values: torch.Tensor) -> None:
        self.values = values

    def part(self, rows: slice, columns: slice) -> Places:
        return Places(self.values[:, rows, columns])


def gaussian(queries):
    """x0 of data that is normal in each place, with that place's mean and a spread of 0.5: known exactly."""
    answers = []
    for x, level, conditioning, *_ in queries:
        gain = 0.25 * level.alpha / (0.25 * level.alpha**2 + level.sigma**2)
        answers.append(conditioning.values + gain * (x - level.alpha * conditioning.values))
    return answers


def denoised(windows, network=gaussian, sampler: str = "dpmpp_2m", scale: float = 1.0) -> torch.Tensor:
    schedule, noise = build_schedule(FlowPath(), 5, "uniform"), Noise(3, SHAPE)
    positive, negative = (
        Places(torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))),
        Places(torch.zeros(SHAPE)),
    )
    aim = Aim(((positive, 1.0),), negative, scale)

    def ask(run):
        questions = guided(run, lambda level: aim, classifier_free)
        return windowed(questions, windows) if windows else questions

    engine = Engine()
    picture = Trajectory(network, single(Walk(schedule, SAMPLERS[sampler].run(noise(), schedule, noise), ask)))
    engine.add(picture)
    while engine.live:
        (advance,) = engine.step()
    return advance.latents


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "euler_a"])
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_what_is_known_place_by_place_comes_out_as_without_windows(sampler: str, scale: float) -> None:
    torch.testing.assert_close(
        denoised(WINDOWS, sampler=sampler, scale=scale), denoised((), sampler=sampler, scale=scale)
    )


def test_where_windows_disagree_the_answer_slides_from_one_to_the_other() -> None:
    """Each window says a constant of its own."""

    def stubborn(queries):
        return [torch.full_like(query.x, 10.0 * index) for index, query in enumerate(queries)]

    row = denoised(WINDOWS, stubborn, "euler")[0, 2]
    assert (row[:3], row[-3:]) == (pytest.approx([0.0] * 3), pytest.approx([20.0] * 3))
    assert (row.diff() >= -1e-5).all()
    assert row.diff().max() <= 7.5


def test_shares_add_up_to_one_and_are_positive() -> None:
    shares, whole = blending(WINDOWS, torch.zeros(SHAPE)), torch.zeros(SHAPE[1:])
    for window, share in zip(WINDOWS, shares, strict=True):
        assert share.min() > 0
        whole[window.rows, window.columns] += share
    torch.testing.assert_close(whole, torch.ones(SHAPE[1:]))


def test_the_network_never_sees_more_than_a_window() -> None:
    seen = []

    def network(queries):
        seen.extend(tuple(query.x.shape) for query in queries)
        return gaussian(queries)

    denoised(WINDOWS, network, scale=2.0)
    assert set(seen) == {(2, 6, 5)}
    assert len(seen) == 5 * 2 * 3


@pytest.mark.parametrize("corner", [(0, 0), (-7, 5), (BLOCK - 1, -BLOCK - 3), (40, -100)])
def test_anchored_noise_belongs_to_places(corner: tuple[int, int]) -> None:
    top, left = corner
    whole, part = AnchoredNoise(9, (4, 50, 60), corner), AnchoredNoise(9, (4, 20, 31), (top + 13, left + 17))
    for _ in range(3):
        assert torch.equal(whole()[:, 13:33, 17:48], part())


def test_anchored_noise_is_normal_and_never_the_same_twice() -> None:
    noise = AnchoredNoise(2, (4, 96, 96), (-48, -48))
    first, second = noise(), noise()
    for draw in (first, second):
        assert abs(float(draw.mean())) < 0.02
        assert abs(float(draw.std()) - 1) < 0.02
    assert abs(float((first * second).mean())) < 0.02
    assert abs(float((first * AnchoredNoise(3, (4, 96, 96), (-48, -48))()).mean())) < 0.02
    blocks = first.unfold(1, BLOCK, BLOCK).unfold(2, BLOCK, BLOCK).reshape(-1, BLOCK * BLOCK)
    assert len(torch.unique(blocks, dim=0)) == len(blocks)


def test_a_part_of_nothing_placed_is_itself() -> None:
    from pipelines.families.conditioning import Conditioning

    plain = Conditioning(torch.zeros(3, 4))
    part = plain.part(slice(0, 2), slice(1, 3))
    assert part.tokens is plain.tokens and part.extra is None
    placed = Conditioning(torch.zeros(3, 4), extra=torch.arange(24.0).reshape(1, 4, 6))
    assert torch.equal(placed.part(slice(0, 2), slice(1, 3)).extra, torch.tensor([[[1.0, 2], [7, 8]]]))

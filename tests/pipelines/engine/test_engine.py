"""The loop, with a network whose calls can be counted."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from pipelines.engine.engine import Engine, Trajectory, Walk, single
from pipelines.engine.guidance import Aim, classifier_free, guided
from pipelines.engine.masking import masked
from pipelines.engine.noise import Noise
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import FlowPath
from pipelines.engine.spacings import build_schedule

SHAPE = (2, 3, 3)


class Counting:
    """Answers x0 = its conditioning's colour, and notes the size of every call."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, queries):
        self.calls.append(len(queries))
        return [torch.full_like(query.x, query.conditioning.colour) for query in queries]


def colour(value: float, key: str = "") -> SimpleNamespace:
    return SimpleNamespace(colour=value, batch_key=key)


def trajectory(network, *, sampler="euler", steps=4, value=1.0, scale=1.0, seed=0, at_once=8, **options) -> Trajectory:
    schedule = build_schedule(FlowPath(), steps, "uniform")
    noise = Noise(seed, SHAPE)
    run = SAMPLERS[sampler].run(noise(), schedule, noise)
    aim = Aim(((colour(value), 1.0),), colour(-1.0), scale)
    walk = Walk(schedule, run, lambda run: guided(run, lambda level: aim, classifier_free), at_once=lambda: at_once)
    return Trajectory(network, single(walk), **options)


def walk(start: torch.Tensor, steps: int, value: float, after: int = 0) -> Walk:
    """From ``start`` to the picture that is all ``value``."""
    schedule = build_schedule(FlowPath(), steps, "uniform")
    aim = Aim(((colour(value), 1.0),), colour(-1.0), 1.0)
    run = SAMPLERS["euler"].run(start, schedule, Noise(0, tuple(start.shape)))
    return Walk(schedule, run, lambda run: guided(run, lambda level: aim, classifier_free), after=after)


def finish(engine: Engine) -> dict[Trajectory, torch.Tensor]:
    done = {}
    while engine.live:
        done |= {a.trajectory: a.latents for a in engine.step() if a.latents is not None}
    return done


def test_guidance_extrapolates_from_the_negative() -> None:
    network, engine = Counting(), Engine()
    one = trajectory(network, value=1.0, scale=3.0)
    engine.add(one)
    torch.testing.assert_close(finish(engine)[one], torch.full(SHAPE, -1 + 3 * 2.0))
    torch.testing.assert_close(one.x0, torch.full(SHAPE, -1 + 3 * 2.0))
    assert network.calls == [2, 2, 2, 2]


def test_several_directions_add_up_by_weight() -> None:
    schedule = build_schedule(FlowPath(), 2, "uniform")
    noise = Noise(0, SHAPE)
    aim = Aim(((colour(2.0), 1.0), (colour(5.0), -0.5)), colour(1.0), 3.0)
    network, engine = Counting(), Engine()
    run = SAMPLERS["euler"].run(noise(), schedule, noise)
    one = Trajectory(network, single(Walk(schedule, run, lambda run: guided(run, lambda level: aim, classifier_free))))
    engine.add(one)
    torch.testing.assert_close(finish(engine)[one], torch.full(SHAPE, 1 + 3 * (2.0 - 1) - 0.5 * 3 * (5.0 - 1)))
    assert network.calls == [3, 3]


def test_scale_1_never_asks_for_the_negative() -> None:
    network, engine = Counting(), Engine()
    engine.add(trajectory(network, scale=1.0))
    finish(engine)
    assert network.calls == [1, 1, 1, 1]


def test_trajectories_of_all_tasks_share_calls_and_leave_when_done() -> None:
    network, engine = Counting(), Engine()
    short, long = trajectory(network, steps=2), trajectory(network, steps=4, sampler="dpmpp_2m", value=2.0)
    engine.add(short)
    engine.add(long)
    done = finish(engine)
    assert network.calls == [2, 2, 1, 1]
    torch.testing.assert_close(done[long], torch.full(SHAPE, 2.0))


def test_a_request_joins_a_running_batch() -> None:
    network, engine = Counting(), Engine()
    engine.add(trajectory(network, steps=3))
    engine.step()
    engine.add(trajectory(network, steps=3))
    finish(engine)
    assert network.calls == [1, 2, 2, 1]


def test_calls_are_no_larger_than_they_may_be_and_exact_ones_are_not_shared() -> None:
    network, engine = Counting(), Engine()
    for seed in range(5):
        engine.add(trajectory(network, steps=1, seed=seed, at_once=2))
    finish(engine)
    assert network.calls == [2, 2, 1]
    network.calls.clear()
    for seed in range(3):
        engine.add(trajectory(network, steps=1, scale=2.0, seed=seed, exact=True))
    finish(engine)
    assert network.calls == [2, 2, 2]


def test_a_dropped_trajectory_is_closed_and_asks_no_more() -> None:
    network, engine = Counting(), Engine()
    one, other = trajectory(network), trajectory(network)
    engine.add(one)
    engine.add(other)
    engine.step()
    engine.drop(one)
    assert one.questions.gi_frame is None
    assert list(finish(engine)) == [other]
    assert network.calls == [2, 1, 1, 1]


def test_known_latents_are_held_exactly_by_every_sampler() -> None:
    original = torch.randn(SHAPE, generator=torch.Generator().manual_seed(5))
    mask = torch.zeros(1, 3, 3)
    mask[:, 1:, 1:] = 1
    for name, sampler in SAMPLERS.items():
        schedule = build_schedule(FlowPath(), 6, "uniform")
        noise = Noise(0, SHAPE)
        first = noise()

        def ask(run, first=first, schedule=schedule):
            held = masked(run, original, mask, first, schedule.share_left)
            return guided(held, lambda level: Aim(((colour(3.0), 1.0),), colour(0.0), 1.0), classifier_free)

        engine = Engine()
        held = Trajectory(Counting(), single(Walk(schedule, sampler.run(first, schedule, noise), ask)))
        engine.add(held)
        result = finish(engine)[held]
        assert torch.equal(result * (1 - mask), original * (1 - mask)), name
        torch.testing.assert_close(result * mask, 3.0 * mask.expand(SHAPE))


def test_a_grade_is_a_strength_of_its_own() -> None:
    """A cell of grade g is held at its original until no more than that share of the steps is left."""
    original = torch.full(SHAPE, -2.0)
    grades = torch.tensor([[[0.0, 0.2, 0.25], [0.5, 0.51, 0.74], [0.75, 0.9, 1.0]]])
    schedule = build_schedule(FlowPath(), 4, "uniform")
    seen: list[torch.Tensor] = []

    def network(queries):
        seen.append(queries[0].x)
        return [torch.full(SHAPE, 3.0) for _ in queries]

    noise = Noise(0, SHAPE)
    first = noise()

    def ask(run):
        held = masked(run, original, grades, first, schedule.share_left)
        return guided(held, lambda level: Aim(((colour(3.0), 1.0),), colour(0.0), 1.0), classifier_free)

    engine = Engine()
    graded = Trajectory(network, single(Walk(schedule, SAMPLERS["euler"].run(first, schedule, noise), ask)))
    engine.add(graded)
    result = finish(engine)[graded]
    for step, level in enumerate(schedule.levels[1:-1], start=1):
        on_the_way = level.alpha * original + level.sigma * first
        held = (grades < 1 - step / 4).expand(SHAPE)
        torch.testing.assert_close(seen[step][held], on_the_way[held])
        assert not torch.isclose(seen[step][:, 2, 2], on_the_way[:, 2, 2]).any()
    never = (grades < 0.25).expand(SHAPE)
    torch.testing.assert_close(result[never], original[never])
    torch.testing.assert_close(result[:, 1:], torch.full((2, 2, 3), 3.0))


def test_a_picture_may_take_several_walks_each_knowing_the_last_one() -> None:
    sent = []

    def course():
        latents = yield walk(torch.zeros(1, 2, 2), 3, 2.0, after=2)
        sent.append(latents)
        latents = yield walk(torch.zeros(1, 4, 4), 2, float(latents.mean()) + 5.0)
        sent.append(latents)

    network, engine = Counting(), Engine()
    picture, other = Trajectory(network, course()), trajectory(network, steps=5)
    engine.add(picture)
    engine.add(other)
    advances = [advance for _ in range(5) for advance in engine.step()]
    own = [advance for advance in advances if advance.trajectory is picture]
    assert [(advance.step, advance.steps) for advance in own] == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert [advance.latents is None for advance in own] == [True, True, True, True, False]
    assert not engine.live
    torch.testing.assert_close(sent[0], torch.full((1, 2, 2), 2.0))
    torch.testing.assert_close(own[-1].latents, torch.full((1, 4, 4), 7.0))
    assert picture.x0.shape == (1, 4, 4)


def test_several_walks_go_on_from_their_answers() -> None:
    def course():
        latents = yield walk(torch.zeros(1, 2, 2), 3, 2.0)
        yield walk(latents.repeat(1, 2, 2), 2, 5.0)

    whole = Trajectory(Counting(), course())
    engine = Engine()
    engine.add(whole)
    expected = finish(engine)[whole]
    for count in range(1, 5):
        network, engine = Counting(), Engine()
        again = Trajectory(network, course())
        engine.add(again, whole.answers[:count])
        assert torch.equal(finish(engine)[again], expected)
        assert len(network.calls) == 5 - count


def test_dropping_a_trajectory_ends_its_course() -> None:
    closed = []

    def course():
        try:
            yield walk(torch.zeros(1, 2, 2), 3, 2.0)
            yield walk(torch.zeros(1, 2, 2), 3, 2.0)
        finally:
            closed.append(True)

    engine = Engine()
    dropped = Trajectory(Counting(), course())
    engine.add(dropped)
    engine.step()
    engine.drop(dropped)
    assert closed == [True]


def test_noise_depends_on_seed_and_draw_alone() -> None:
    """The stream is torch's own CPU generator, as in diffusers, so seeds carry over."""
    one, other = Noise(42, SHAPE), torch.Generator().manual_seed(42)
    for _ in range(3):
        assert torch.equal(one(), torch.randn((1, *SHAPE), generator=other)[0])

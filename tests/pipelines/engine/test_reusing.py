"""When the deep layers are asked, with a network whose questions can be looked at."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pipelines.engine.engine import Engine, Trajectory, Walk, single
from pipelines.engine.guidance import Aim, classifier_free, guided
from pipelines.engine.noise import Noise
from pipelines.engine.reusing import reusing
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import FlowPath
from pipelines.engine.spacings import build_schedule
from pipelines.engine.windows import Window, windowed

SHAPE = (2, 4, 6)
WINDOWS = (Window(0, 0, 4, 4), Window(0, 2, 4, 4))


class Wording(SimpleNamespace):
    """A conditioning of a colour."""

    batch_key = ""

    @property
    def wording_key(self) -> float:
        return self.colour

    def part(self, rows: slice, columns: slice) -> Wording:
        return Wording(colour=self.colour)


class Features:
    """What deep layers say: the sum of what they have seen."""

    def __init__(self, value: float) -> None:
        self.value = value


class Network:
    """x0 is the conditioning's colour, a little of what is seen, and of what the deep layers saw."""

    def __init__(self) -> None:
        self.calls: list[tuple[bool, list[float]]] = []

    def __call__(self, queries: Any) -> list[torch.Tensor]:
        (whole,) = {query.whole for query in queries}
        self.calls.append((whole, [query.conditioning.colour for query in queries]))
        answers = []
        for query in queries:
            deep = Features(float(query.x.sum())) if whole else query.deep.features
            if query.deep is not None:
                query.deep.features = deep
            answers.append(query.conditioning.colour + 0.1 * query.x + 0.01 * deep.value)
        return answers

    @property
    def said(self) -> str:
        """A letter for each call: of the whole, or of its outer layers."""
        return "".join("w" if whole else "o" for whole, _ in self.calls)


def aim(scale: float = 1.0, colour: float = 1.0) -> Aim:
    return Aim(((Wording(colour=colour), 1.0),), Wording(colour=-1.0), scale)


def trajectory(
    network: Network, every: int, aims: Any = None, *, sampler: str = "euler", steps: int = 7, **options: Any
) -> Trajectory:
    schedule, noise = build_schedule(FlowPath(), steps, "uniform"), Noise(options.pop("seed", 0), SHAPE)
    windows = options.pop("windows", ())
    chosen = aims or [aim()] * steps

    def ask(run: Any) -> Any:
        questions = guided(run, lambda level: chosen[schedule.step_of(level) - 1], classifier_free)
        questions = windowed(questions, windows) if windows else questions
        return reusing(questions, every) if every > 1 else questions

    run = SAMPLERS[sampler].run(noise(), schedule, noise)
    return Trajectory(network, single(Walk(schedule, run, ask)), **options)


def finish(engine: Engine) -> dict[Trajectory, torch.Tensor]:
    done = {}
    while engine.live:
        done |= {each.trajectory: each.latents for each in engine.step() if each.latents is not None}
    return done


def alone(every: int, aims: Any = None, **options: Any) -> tuple[torch.Tensor, Network]:
    network, engine = Network(), Engine()
    one = trajectory(network, every, aims, **options)
    engine.add(one)
    return finish(engine)[one], network


@pytest.mark.parametrize(("every", "said"), [(1, "wwwwwww"), (2, "wwwowow"), (3, "wwwoowo"), (7, "wwwoooo")])
def test_the_whole_is_asked_at_first_and_then_once_in_so_many_times(every: int, said: str) -> None:
    assert alone(every)[1].said == said


def test_samplers_that_ask_twice_a_step_count_what_they_ask() -> None:
    assert alone(3, sampler="heun", steps=4)[1].said == "wwwoow"


def test_a_new_wording_is_asked_whole_and_counting_begins_there() -> None:
    aims = [aim(colour=1.0)] * 4 + [aim(colour=2.0)] * 3
    assert alone(4, aims)[1].said == "wwwowoo"


def test_where_guidance_ends_what_is_left_goes_on() -> None:
    network = alone(5, [aim(3.0)] * 4 + [aim(1.0)] * 3)[1]
    assert network.said == "wwwoooo"
    assert [len(colours) for _, colours in network.calls] == [2, 2, 2, 2, 1, 1, 1]


def test_where_guidance_begins_the_negative_has_never_been_asked() -> None:
    assert alone(5, [aim(1.0)] * 4 + [aim(3.0)] * 3)[1].said == "wwwowoo"


def test_every_window_has_its_own_features() -> None:
    """The network is linear, so that it can be worked out by hand what it says where."""
    made, network = alone(4, [aim(2.0)] * 6, windows=WINDOWS, steps=6)
    assert network.said == "wwwooo"
    assert network.calls[1][1] == [-1.0, -1.0, 1.0, 1.0]

    schedule, noise = build_schedule(FlowPath(), 6, "uniform"), Noise(0, SHAPE)
    run, asked = SAMPLERS["euler"].run(noise(), schedule, noise), 0
    tent = torch.tensor([0.5, 1.5, 1.5, 0.5])
    left, right = (torch.nn.functional.pad(tent, sides) for sides in ((0, 2), (2, 0)))
    x, _ = next(run)
    try:
        while True:  # guided by 2: twice what the positive says, without what the negative does
            if asked < 3:
                deep = [0.01 * float(window.of(x).sum()) for window in WINDOWS]
            asked += 1
            colour = 2 * 1.0 - (-1.0) + 0.1 * x
            x, _ = run.send(colour + (left * deep[0] + right * deep[1]) / (left + right))
    except StopIteration as end:
        torch.testing.assert_close(made, end.value)


def test_wholes_share_calls_and_outer_layers_share_calls() -> None:
    network, engine = Network(), Engine()
    engine.add(trajectory(network, 2, seed=1))
    for _ in range(3):
        engine.step()
    engine.add(trajectory(network, 2, seed=2))
    engine.add(trajectory(network, 1, seed=3))
    engine.step()
    engine.step()
    assert [(whole, len(colours)) for whole, colours in network.calls] == [
        (True, 1), (True, 1), (True, 1), (False, 1), (True, 2), (True, 3),
    ]  # fmt: skip
    for seed, one in zip((1, 2, 3), [*engine.live], strict=True):
        torch.testing.assert_close(finish_one(engine, one), alone(1 if seed == 3 else 2, seed=seed)[0])


def finish_one(engine: Engine, one: Trajectory) -> torch.Tensor:
    while True:
        (advance,) = engine.step([one])
        if advance.latents is not None:
            return advance.latents


CHANGING = [aim(2.0, colour=1.0 + step // 3) for step in range(7)]


@pytest.mark.parametrize("sampler", ["euler", "heun", "dpmpp_sde"])
@pytest.mark.parametrize("aims", [None, [aim(3.0)] * 3 + [aim(1.0)] * 4, CHANGING])
def test_what_was_stopped_goes_on_as_if_it_had_not_been(sampler: str, aims: Any) -> None:
    made, network = alone(4, aims, sampler=sampler)
    for count in range(1, len(network.calls)):
        stopped, engine = trajectory(Network(), 4, aims, sampler=sampler), Engine()
        engine.add(stopped)
        for _ in range(count):
            engine.step()
        again, later = Network(), Engine()
        fresh = trajectory(again, 4, aims, sampler=sampler)
        later.add(fresh, stopped.answers)
        assert again.said == ("w" if network.said[count] == "o" else "")  # what is about to be used once more
        assert torch.equal(finish(later)[fresh], made)
        assert again.said.endswith(network.said[count:])


@pytest.mark.parametrize("end", ["done", "dropped"])
def test_nothing_is_kept_of_a_trajectory_that_is_gone(end: str) -> None:
    network, engine = Network(), Engine()
    one = trajectory(network, 3, [aim(2.0)] * 7)
    gc.disable()
    try:
        engine.add(one)
        for _ in range(3):
            engine.step()
        features = [weakref.ref(query.deep.features) for query in one.pending]
        assert all(each() is not None for each in features) and len(features) == 2
        if end == "dropped":
            engine.step()
            engine.drop(one)
            del one
        else:
            for _ in range(3):
                engine.step()  # the whole is asked again, and keeps something else
        assert all(each() is None for each in features)
    finally:
        gc.enable()

"""Many requests of every kind in one engine: each picture is what it would be alone, whatever becomes of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.decoding import maps
from pipelines.engine.engine import Engine, Trajectory
from pipelines.engine.samplers import SAMPLERS
from pipelines.events import Ended, Picture, Step
from pipelines.remembering import Remembered
from pipelines.requests import (
    Guiding,
    Hires,
    Inpaint,
    Margins,
    Outpaint,
    Request,
    Sampling,
    Size,
    TextToImage,
    Variation,
)
from pipelines.run import generate
from pipelines.together import PLANS, Together

PROMPTS = ("a red house", "a blue boat AND the sea :0.5", "(hill:1.3) with a [tree:boat:0.5]", "meadow " * 90)


def a_request(random: Random, photo: Image.Image, mask: Image.Image) -> Request:
    shared = {
        "prompt": random.choice(PROMPTS),
        "negative": random.choice(("", "night")),
        "count": random.choice((1, 1, 2, 3)),
        "sampling": Sampling(
            steps=random.randint(1, 4),
            guidance=random.choice((1.0, 3.5)),
            sampler=random.choice(sorted(SAMPLERS)),
            seed=random.randrange(2**32),
        ),
        "guiding": Guiding(method=random.choice(("cfg", "apg", "cfg_zero")), rescale=random.choice((0.0, 0.5))),
        "variation": Variation(seed=random.randrange(99), strength=random.choice((0.0, 0.3))),
    }
    kind = random.choice(("text", "paint", "widen"))
    if kind == "text":
        return TextToImage(**shared, size=Size(width=random.choice((64, 72)), height=64))
    if kind == "paint":
        return Inpaint(**shared, image=photo, mask=mask, strength=random.choice((1.0, 0.6)))
    return Outpaint(**shared, image=photo, margins=Margins(right=8 * random.randint(1, 2)))


Made = tuple[Image.Image, torch.Tensor]


def together(plans: list[tuple[Trajectory, ...]], random: Random) -> dict[tuple[int, int], Made]:
    """All plans in one engine, joining in any order and at any time."""
    engine, done = Engine(), {}
    waiting = [(k, n, t) for k, plan in enumerate(plans) for n, t in enumerate(plan)]
    places = {trajectory: (k, n) for k, n, trajectory in waiting}
    random.shuffle(waiting)
    while waiting or engine.live:
        for _ in range(min(random.randint(0, 5), len(waiting))):
            engine.add(waiting.pop()[2])
        for advance in engine.step():
            if advance.latents is not None:
                k, n = places[advance.trajectory]
                done[k, n] = advance.trajectory.walk.finish(advance.latents), advance.latents
    return done


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "grouped"])
def test_200_random_requests(models, photo, mask, exact: bool) -> None:
    family, random = models().family, Random(4)
    requests = [a_request(random, photo, mask) for _ in range(200)]
    plans = [PLANS[type(request)](family, request, exact) for request in requests]
    made = together(plans, random)
    assert len(made) == sum(request.count for request in requests)
    for k, request in enumerate(requests):
        index = random.randrange(request.count)
        alone = request.alone(index)
        ((picture, latents),) = together([PLANS[type(alone)](family, alone, True)], random).values()
        ours, ours_latents = made[k, index]
        if exact:
            assert ours.tobytes() == picture.tobytes(), request
        else:  # decoded, in [0, 1]; as a picture that is below one of 255 steps, but may fall on either side
            decoded = [(family.decode(each) / 2 + 0.5).clamp(0, 1) for each in (ours_latents, latents)]
            torch.testing.assert_close(*decoded, atol=2e-4, rtol=0)
            apart = np.abs(np.asarray(ours, int) - np.asarray(picture, int))
            assert apart.max() <= 1, request
            assert (apart > 0).mean() < 0.02, request


# The runner that requests join and leave


def wish(seed: int = 5, **options: Any) -> TextToImage:
    settings = {"prompt": "a red house", "steps": 4, "guidance": 3.0, "sampler": "dpmpp_2m_sde"} | options
    sampling = Sampling(seed=seed, **{name: settings.pop(name) for name in ("steps", "guidance", "sampler")})
    return TextToImage(size=Size(width=64, height=64), sampling=sampling, **settings)


def alone(family: Any, request: Request) -> list[bytes]:
    pictures = (event for event in generate(family, request) if isinstance(event, Picture))
    return [event.image.tobytes() for event in sorted(pictures, key=lambda event: event.index)]


Told = list[tuple[Any, Any]]


def finish(runner: Together, heed: Callable[[Any, Any], None] = lambda key, event: None) -> Told:
    """Step until everybody has left; all that was told."""
    told: Told = []
    while runner.keys:
        for key, event in runner.step():
            told.append((key, event))
            heed(key, event)
    return told


def pictures(told: Told, key: Any) -> list[bytes]:
    made = [event for whose, event in told if whose == key and isinstance(event, Picture)]
    return [event.image.tobytes() for event in sorted(made, key=lambda event: event.index)]


def steps(told: Told, key: Any) -> int:
    return sum(whose == key and isinstance(event, Step) for whose, event in told)


@pytest.fixture
def calls(models, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the network's calls, of which each may take eight queries."""
    family, sizes = models().family, []
    estimate = family.estimate

    def counted(queries: Any) -> Any:
        sizes.append(len(queries))
        return estimate(queries)

    monkeypatch.setattr(family, "estimate", counted)
    monkeypatch.setattr(family, "at_once", lambda width, height: 1 if family.thrift else 8)
    return sizes


def test_requests_share_calls_and_one_that_comes_late_joins_them(models, calls: list[int]) -> None:
    family = models().family
    runner = Together(family, exact=False)
    runner.add("one", wish())
    list(runner.step())
    runner.add("two", wish(seed=9, sampler="euler"))
    told = finish(runner)
    assert calls == [2, 4, 4, 4, 2]
    for key, request in (("one", wish()), ("two", wish(seed=9, sampler="euler"))):
        (ours,), (theirs,) = pictures(told, key), alone(family, request)
        assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 1
        assert told[-1] == ("two", Ended())


def test_exact_requests_share_the_engine_but_no_calls(models, calls: list[int], photo, mask) -> None:
    family, random = models().family, Random(8)
    requests = {key: a_request(random, photo, mask) for key in range(12)}
    expected = {key: alone(family, request) for key, request in requests.items()}
    runner, waiting, told = Together(family), list(requests), []
    while waiting or runner.keys:
        for key in waiting[: random.randint(0, 3)]:
            runner.add(key, requests[key])
            waiting.remove(key)
        told += list(runner.step())
    assert {key: pictures(told, key) for key in requests} == expected
    order = [key for key, event in told if isinstance(event, Ended)]
    assert sorted(order) == list(requests) and order != list(requests)  # the quick ones are done first


@pytest.mark.parametrize(("exact", "most"), [(True, 1), (False, 3)])
def test_a_request_of_many_pictures_does_not_hold_up_a_small_one(
    models, calls: list[int], exact: bool, most: int
) -> None:
    """The small one goes on with every step; the large one has the places that are left, where that costs nothing."""
    runner = Together(models().family, exact)
    runner.add("large", wish(count=20))
    list(runner.step())
    runner.add("small", wish(steps=3))
    for _ in range(3):
        told = list(runner.step())
        assert steps(told, "small") == 1 and steps(told, "large") == most
    assert ("small", Ended()) in told
    assert steps(list(runner.step()), "large") == 4  # and then everything is its own again


def test_the_first_pictures_of_a_request_are_done_first(models, calls: list[int]) -> None:
    runner = Together(models().family)
    runner.add("large", wish(count=6))
    runner.add("small", wish(steps=6))
    told = finish(runner)
    made = [event.index for key, event in told if key == "large" and isinstance(event, Picture)]
    assert made == sorted(made) and pictures(told, "large") == alone(models().family, wish(count=6))


def test_a_dropped_request_is_not_decoded_and_the_others_do_not_notice(models, monkeypatch) -> None:
    family, decoded = models().family, []
    expected, decode = alone(family, wish(count=2)), family.decode
    runner = Together(family)
    monkeypatch.setattr(family, "decode", lambda latents: decoded.append(1) or decode(latents))
    runner.add("stays", wish(count=2))
    runner.add("goes", wish(seed=77, steps=3))

    def heed(key: Any, event: Any) -> None:
        if key == "goes" and event.step == event.steps:
            runner.drop("goes")

    told = finish(runner, heed)
    assert pictures(told, "stays") == expected and len(decoded) == 2
    assert [type(event) for key, event in told if key == "goes"] == [Step] * 3
    runner.drop("goes")  # is left in peace


@pytest.mark.parametrize("options", [{}, {"hires": Hires(scale=2.0, steps=2, upscale="pixels")}])
def test_a_request_that_is_not_wanted_any_more_ends_while_it_is_decoded(models, monkeypatch, options: Any) -> None:
    """Also between its two walks.  Nobody asks about it again, and the others are made as if it had not been."""
    family, asked = models().family, []
    monkeypatch.setitem(maps.AT_ONCE, "cpu", 1)
    expected = alone(family, wish(count=2))

    def wanted(key: Any) -> bool:
        asked.append(key)
        return key == "stays" or asked.count("goes") < 20

    runner = Together(family)
    runner.wanted = wanted
    runner.add("stays", wish(count=2))
    runner.add("goes", wish(seed=77, steps=3, **options))
    told = finish(runner)
    assert asked.count("goes") == 20 and asked.count("stays") > 100
    assert not pictures(told, "goes") and [event for key, event in told if key == "goes"][-1] == Ended()
    assert pictures(told, "stays") == expected
    assert family.go_on()


@pytest.mark.parametrize("exact", [True, False])
def test_a_fault_ends_the_request_that_has_it(models, calls: list[int], monkeypatch, exact: bool) -> None:
    """In planning, in the network, in the decoder: the others are made as if nothing had been."""
    family = models().family
    estimate, encode = family.estimate, family.encode_prompts

    def poisoned(wordings: Any, *rest: Any) -> Any:
        bad = any("boat" in piece.text for wording in wordings for piece in wording)
        share = float("nan") if bad else 1.0
        return [replace(each, tokens=each.tokens * share) for each in encode(wordings, *rest)]

    def choking(queries: Any) -> Any:
        if any(query.conditioning.tokens.isnan().any() for query in queries):
            raise ValueError("poison")
        return estimate(queries)

    expected = alone(family, wish(count=2))
    monkeypatch.setattr(family, "remembered", Remembered())  # what is poisoned here is to be forgotten
    monkeypatch.setattr(family, "encode_prompts", poisoned)
    monkeypatch.setattr(family, "estimate", choking)
    runner = Together(family, exact)
    runner.add("fine", wish(count=2))
    runner.add("poison", wish(prompt="a boat"))
    runner.add("no size", replace(wish(), size=Size(width=68, height=64)))
    told = finish(runner)
    faults = {key: str(event.error) for key, event in told if isinstance(event, Ended)}
    assert (
        faults.pop("fine") == "None" and faults.pop("poison") == "poison" and "multiple of 8" in faults.pop("no size")
    )
    ours = pictures(told, "fine")
    assert ours == expected if exact else len(ours) == 2


def test_where_memory_runs_short_all_go_on_with_less_until_they_have_left(models, monkeypatch) -> None:
    family = models().family
    estimate, calls = family.estimate, []

    def failing(queries: Any) -> Any:
        calls.append(len(queries))
        if len(calls) == 2:
            raise MemoryError
        return estimate(queries)

    monkeypatch.setattr(family, "estimate", failing)
    runner = Together(family)
    runner.add("one", wish(steps=2))
    runner.add("two", wish(steps=4))
    told = list(runner.step())
    assert family.thrift == 1 and calls == [2, 2]
    runner.add("late", wish(steps=12))
    thrifts = []

    def note(key: Any, event: Any) -> None:
        if isinstance(event, Ended):
            thrifts.append((key, family.thrift))

    told += finish(runner, note)
    assert thrifts == [("one", 1), ("two", 0), ("late", 0)]
    spared = {key: event.spared for key, event in told if isinstance(event, Picture)}
    assert set(spared.values()) == {"one query in a call of the network"}  # late was there while it was so
    assert set(calls[2:9]) == {1} and calls[-1] == 2
    runner.add("next", wish())
    assert {event.spared for _, event in finish(runner) if isinstance(event, Picture)} == {""}


def test_a_decoder_that_runs_short_takes_up_its_own_request_alone(models, monkeypatch) -> None:
    family = models().family
    decode, asked = family.decode, []

    def failing(latents: Any) -> Any:
        asked.append(family.thrift)
        if len(asked) < 3:
            raise MemoryError("full")
        return decode(latents)

    monkeypatch.setattr(family, "decode", failing)
    runner = Together(family)
    runner.add("short", wish(steps=2))
    runner.add("long", wish(steps=8))
    told = finish(runner)
    assert asked == [0, 1, 2, 2]
    assert (steps(told, "short"), steps(told, "long")) == (2 + 2, 8)
    assert all(event.error is None for _, event in told if isinstance(event, Ended))


def test_where_nothing_is_left_to_save_only_the_one_that_wants_too_much_fails(models, monkeypatch) -> None:
    family = models().family
    estimate = family.estimate

    def failing(queries: Any) -> Any:
        if queries[0].x.shape[-1] > 8:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes.")
        return estimate(queries)

    monkeypatch.setattr(family, "estimate", failing)
    runner = Together(family)
    runner.add("fits", wish(steps=8))
    runner.add("huge", replace(wish(), size=Size(width=72, height=64)))
    told = finish(runner)
    ends = {key: event.error for key, event in told if isinstance(event, Ended)}
    assert ends["fits"] is None and isinstance(ends["huge"], MemoryError)


def test_what_would_change_nothing_comes_back_as_it_came(models, photo) -> None:
    runner = Together(models().family)
    runner.add("idle", Inpaint(image=photo, mask=Image.new("L", photo.size), count=2), done={0})
    told = finish(runner)
    assert [type(event) for _, event in told] == [Picture, Ended]
    assert told[0][1].index == 1 and pictures(told, "idle") == [photo.tobytes()]

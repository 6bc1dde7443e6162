"""Where memory runs short a run goes on with less, and nothing that was computed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image

from pipelines.errors import InvalidRequest
from pipelines.events import Picture, Step
from pipelines.requests import Hires, Inpaint, Request, Sampling, Size, TextToImage
from pipelines.run import generate

SAMPLING = Sampling(steps=6, guidance=3.0, seed=5, sampler="dpmpp_2m_sde")
SHORT = [MemoryError(), torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("cuDNN: ALLOC_FAILED")]


def wish(**options: Any) -> TextToImage:
    return TextToImage(prompt="a red house", size=Size(width=64, height=64), sampling=SAMPLING, **options)


def failing(call: Callable[..., Any], at: int, error: Exception, times: int = 1) -> Callable[..., Any]:
    """The call, which fails the ``at``-th time, and ``times`` in all."""
    calls = 0

    def wrapped(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if at <= calls < at + times:
            raise error
        return call(*arguments)

    return wrapped


def run(family: Any, request: Request) -> tuple[list[Picture], list[int]]:
    """The pictures, and the steps of the first as they were told."""
    events = list(generate(family, request))
    steps = [event.step for event in events if isinstance(event, Step) and event.index == 0]
    return [event for event in events if isinstance(event, Picture)], steps


@pytest.mark.parametrize("error", SHORT)
@pytest.mark.parametrize("at", [1, 4, 9])
def test_a_network_that_runs_short_is_asked_less_at_a_time(
    models, monkeypatch: pytest.MonkeyPatch, at: int, error: Exception
) -> None:
    family = models().family
    whole, _ = run(family, wish(count=2))
    queries: list[int] = []
    estimate = failing(family.estimate, at, error)

    def counted(asked: Any) -> Any:
        queries.append(len(asked))
        return estimate(asked)

    monkeypatch.setattr(family, "estimate", counted)
    pictures, _ = run(family, wish(count=2))
    assert set(queries[:at]) == {2} and set(queries[at:]) == {1}
    assert [each.index for each in pictures] == [0, 1]
    assert pictures[1].spared == "one query in a call of the network"
    for one, other in zip(pictures, whole, strict=True):  # calls of another size round otherwise
        assert _apart(one.image, other.image) <= 1


def test_a_picture_that_cannot_be_decoded_is_decoded_anew_and_not_walked_again(
    models, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = models().family
    whole, told = run(family, wish())
    asked = failing(family.estimate, 99, MemoryError())
    monkeypatch.setattr(family, "estimate", asked)
    monkeypatch.setattr(
        family,
        "decode",
        failing(
            family.decode, 1, RuntimeError("GET was unable to find an engine to execute this computation"), times=2
        ),
    )
    (picture,), steps = run(family, wish())
    assert steps == [*told, told[-1], told[-1]]  # each try asks for the last step only
    assert picture.spared == "one query in a call of the network, the autoencoder piece by piece"
    assert _apart(picture.image, whole[0].image) <= 1


def test_a_second_walk_goes_on_where_it_was(models, monkeypatch: pytest.MonkeyPatch) -> None:
    family = models().family
    request = wish(hires=Hires(scale=2.0, steps=4, upscale="pixels"))
    (whole,), told = run(family, request)
    monkeypatch.setattr(family, "encode", failing(family.encode, 1, MemoryError()))
    (picture,), steps = run(family, request)
    assert picture.spared and _apart(picture.image, whole.image) <= 2
    assert len(steps) <= len(told) + 1


def test_an_edit_goes_on_too(models, monkeypatch: pytest.MonkeyPatch, photo: Image.Image, mask: Image.Image) -> None:
    family = models().family
    request = Inpaint(prompt="a boat", image=photo, mask=mask, sampling=SAMPLING)
    (whole,), _ = run(family, request)
    monkeypatch.setattr(family, "estimate", failing(family.estimate, 3, MemoryError()))
    (picture,), _ = run(family, request)
    assert picture.proof is not None and picture.proof.before == picture.proof.after
    assert _apart(picture.image, whole.image) <= 2


def test_where_nothing_is_left_to_save_it_fails(models, monkeypatch: pytest.MonkeyPatch) -> None:
    family = models().family
    with monkeypatch.context() as patch:
        patch.setattr(family, "estimate", failing(family.estimate, 2, MemoryError("full"), times=99))
        with pytest.raises(MemoryError, match="full"):
            run(family, wish())
    (picture,), _ = run(family, wish())  # and the next run is as usual
    assert picture.spared == "" and family.thrift == 0


def test_a_refusal_is_not_taken_for_want_of_memory(models, monkeypatch: pytest.MonkeyPatch) -> None:
    family = models().family
    monkeypatch.setattr(family, "decode", failing(family.decode, 1, InvalidRequest("No."), times=1))
    with pytest.raises(InvalidRequest, match="No"):
        run(family, wish())


def test_a_real_fault_is_not_tried_again_with_less_memory(models, monkeypatch: pytest.MonkeyPatch) -> None:
    family, asked = models().family, []

    def broken(queries: Any) -> Any:
        asked.append(family.thrift)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)")

    monkeypatch.setattr(family, "estimate", broken)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        run(family, wish())
    assert asked == [0]


def test_pictures_that_are_there_already_are_left_out(models) -> None:
    family = models().family
    whole, _ = run(family, wish(count=3))
    events = list(generate(family, wish(count=3), done={0, 2}))
    assert {event.index for event in events} == {1}
    (picture,) = (event for event in events if isinstance(event, Picture))
    assert picture.image.tobytes() == whole[1].image.tobytes() and picture.seed == 6


def _apart(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any sample."""
    return max(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True))

"""A run that was stopped between any two steps ends in the same picture, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipelines.engine.samplers import SAMPLERS
from pipelines.errors import InvalidRequest
from pipelines.events import Picture, Step
from pipelines.requests import Guiding, Inpaint, Request, Sampling, Size, TextToImage
from pipelines.resuming import pack, unpack
from pipelines.run import generate
from tests.tiny import make_sd_folder

STEPS = 12


def finished(events) -> dict[int, bytes]:
    return {event.index: event.image.tobytes() for event in events if isinstance(event, Picture)}


def stopped_after(family, request: Request, count: int) -> bytes:
    """What would have been saved after so many events."""
    answers = {}
    run = generate(family, request)
    for _ in range(count):
        event = next(run)
        assert isinstance(event, Step)
        answers[event.index] = event.answers
    run.close()
    return pack(request, answers)


def a_request(sampler: str, **options) -> TextToImage:
    sampling = Sampling(steps=STEPS, guidance=3.0, seed=5, sampler=sampler)
    return TextToImage(
        prompt="a red house", negative="boat", size=Size(width=64, height=64), sampling=sampling, **options
    )


def answer(queries) -> list[torch.Tensor]:
    """In place of a network, for thousands of calls: it hears prompts, and what it says bends with what it is shown."""
    return [(query.x / query.level.sigma + query.conditioning.tokens.mean()).tanh() for query in queries]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_stopped_after_every_step(models, monkeypatch, sampler: str) -> None:
    family, request = models().family, a_request(sampler)
    monkeypatch.setattr(family, "estimate", answer)
    events = list(generate(family, request))
    whole, asked = finished(events), sum(isinstance(event, Step) for event in events)
    assert asked >= STEPS
    for count in range(1, asked):
        saved = stopped_after(family, request, count)
        again = list(generate(family, request, resume=unpack(request, saved)))
        assert finished(again) == whole, count
        assert sum(isinstance(event, Step) for event in again) == asked - count  # nothing is asked twice


@pytest.mark.parametrize("method", ["apg", "cfg_zero"])
def test_guidance_that_remembers_goes_on_too(models, method: str) -> None:
    family, request = models().family, a_request("dpmpp_2m_sde", guiding=Guiding(method=method, stop=0.7))
    whole = finished(generate(family, request))
    for count in (1, 5, 9):
        saved = unpack(request, stopped_after(family, request, count))
        assert finished(generate(family, request, resume=saved)) == whole


def test_an_inpainting_of_two_pictures_goes_on_too(models, photo, mask) -> None:
    sampling = Sampling(steps=6, guidance=3.0, seed=5, sampler="euler_a")
    request = Inpaint(prompt="a boat", image=photo, mask=mask, strength=0.8, count=2, sampling=sampling)
    family = models().family
    whole = finished(generate(family, request))
    assert len(whole) == 2
    for count in (1, 3):
        saved = unpack(request, stopped_after(family, request, count))
        assert finished(generate(family, request, resume=saved)) == whole


IN_ANOTHER_PROCESS = """
import hashlib, sys
from pathlib import Path
from pipelines.events import Picture
from pipelines.loading import load
from pipelines.resuming import unpack
from pipelines.run import generate
from tests.pipelines.test_resuming import a_request
request = a_request("dpmpp_3m_sde")
saved = unpack(request, Path(sys.argv[2]).read_bytes())
for event in generate(load(Path(sys.argv[1]), device="cpu"), request, resume=saved):
    if isinstance(event, Picture):
        print(hashlib.sha256(event.image.tobytes()).hexdigest())
"""


def test_another_process_goes_on(tmp_path: Path) -> None:
    from hashlib import sha256

    from pipelines.loading import load

    folder = make_sd_folder(tmp_path / "model")
    request, family = a_request("dpmpp_3m_sde"), load(folder, device="cpu")
    whole = finished(generate(family, request))[0]
    saved = tmp_path / "saved.safetensors"
    saved.write_bytes(stopped_after(family, request, 7))
    said = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, folder, saved], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [sha256(whole).hexdigest()]


def test_what_was_saved_belongs_to_its_request(models) -> None:
    saved = stopped_after(models().family, a_request("euler"), 3)
    with pytest.raises(InvalidRequest, match="belongs to another request: start the picture anew"):
        unpack(a_request("heun"), saved)


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: b"", lambda data: b"{}" * 50])
def test_a_damaged_run_is_refused_in_a_sentence(models, damage) -> None:
    saved = stopped_after(models().family, a_request("euler"), 2)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        unpack(a_request("euler"), damage(saved))


def test_nothing_but_what_the_network_said_is_kept(models) -> None:
    from safetensors.torch import load

    saved = load(stopped_after(models().family, a_request("dpmpp_2m"), 3))
    assert sorted(saved) == [f"0.{time}.{place}" for time in range(3) for place in range(2)]
    assert all(value.shape == (4, 8, 8) and value.dtype == torch.float32 for value in saved.values())

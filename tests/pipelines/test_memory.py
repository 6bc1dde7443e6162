"""What a call takes is counted to the byte, and no more is asked of a device than it has left."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pipelines import memory
from pipelines.events import Picture, Step
from pipelines.memory import SHARE, Appetite, Tensors, free_bytes, is_shortage, watched
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate

CPU = torch.device("cpu")
KILO = torch.ones(250)  # 1000 bytes


def chain() -> torch.Tensor:
    """At most two thousand bytes at a time: what goes in and what comes out of the second step."""
    x = KILO + 1
    x = x * 2
    return x[:10]


def test_the_peak_is_what_was_alive_together() -> None:
    result, taken = watched(CPU, chain)
    assert taken == 2000
    assert result.tolist() == [4.0] * 10


def test_views_and_changes_in_place_cost_nothing() -> None:
    assert watched(CPU, lambda: KILO.view(10, 25).T[2:].unsqueeze(0))[1] == 0
    assert watched(CPU, lambda: (KILO + 1).mul_(3).relu_())[1] == 1000


def test_what_is_gone_is_not_counted() -> None:
    with torch.inference_mode(), Tensors() as tensors:
        kept = [KILO + number for number in range(3)]
        assert tensors.now == 3000
        del kept[:2]
        assert (tensors.now, tensors.peak) == (1000, 3000)


def test_a_linear_network_takes_its_input_and_output() -> None:
    """Batch 8: 8 · 64 · 4 bytes come out of the first layer, 8 · 16 · 4 out of the second, while its input is alive."""
    network = torch.nn.Sequential(torch.nn.Linear(32, 64), torch.nn.Linear(64, 16))
    with torch.inference_mode():
        assert watched(CPU, lambda: network(torch.ones(8, 32)))[1] == 4 * 8 * (32 + 64 + 16)


def test_a_gpu_is_asked_for_its_own_figures(monkeypatch) -> None:
    figures = {"memory_allocated": 100, "memory_reserved": 350, "max_memory_allocated": 900}
    for name, value in figures.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 5000))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    gpu = torch.device("cuda")
    assert free_bytes(gpu) == 1000 + 350 - 100
    assert watched(gpu, lambda: "done") == ("done", 800)


def test_room_is_what_fits_into_the_free_share(monkeypatch) -> None:
    appetite = Appetite(CPU)
    assert appetite.room(64) is None
    appetite.taking(64, 2, chain)  # 1000 bytes a query
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10_000)
    assert appetite.room(64) == int(10 * SHARE)
    assert appetite.room(128) == int(5 * SHARE)  # twice the cells, twice the bytes
    assert appetite.room(16) == int(10 * SHARE)  # a smaller picture is not taken to cost less than what is known
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10)
    assert appetite.room(64) == 1


def raised(call: Callable[[], Any]) -> Exception:
    """What a call that must fail fails with."""
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("this did not fail")


SAID = (
    "CUDA out of memory. Tried to allocate 20.00 MiB.",
    "DefaultCPUAllocator: not enough memory: you tried to allocate 4096 bytes.",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "GET was unable to find an engine to execute this computation",
)


def test_what_torch_says_where_memory_is_too_short_is_known() -> None:
    assert is_shortage(raised(lambda: torch.empty(2**50)))  # a plain RuntimeError of torch's own
    assert is_shortage(MemoryError()) and is_shortage(torch.OutOfMemoryError("anything"))
    assert all(is_shortage(RuntimeError(said)) for said in SAID)


@pytest.mark.parametrize(
    "fault",
    [
        lambda: torch.ones(2, 3) @ torch.ones(2, 3),
        lambda: torch.ones(2).view(3),
        lambda: torch.ones(2, dtype=torch.float16) @ torch.ones(2),
        lambda: int(SAID[0]),  # the words alone are not enough
    ],
)
def test_other_faults_are_not_taken_for_want_of_memory(fault: Callable[[], Any]) -> None:
    assert not is_shortage(raised(fault))


def test_only_the_first_call_of_a_size_is_measured(monkeypatch) -> None:
    measured = []
    monkeypatch.setattr(memory, "watched", lambda device, call: (measured.append(device), (call(), 1))[1])
    appetite = Appetite(CPU)
    assert [appetite.taking(cells, 1, lambda: "x") for cells in (64, 64, 32, 64)] == ["x"] * 4
    assert len(measured) == 2


@pytest.mark.parametrize(("spare", "most"), [(1e12, 8), (0.0, 1)])
def test_where_memory_is_short_calls_become_smaller(models, monkeypatch, spare: float, most: int) -> None:
    family = models(beta_end=0.0121).family
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=spare))
    sizes, network = [], family.unet.forward

    def counting(sample, *args, **kwargs):
        sizes.append(len(sample))
        return network(sample, *args, **kwargs)

    monkeypatch.setattr(family.unet, "forward", counting)
    request = TextToImage(count=8, size=Size(width=64, height=64), sampling=Sampling(steps=3, guidance=1.0))
    events = list(generate(family, request, exact=False))
    assert sum(isinstance(event, Picture) for event in events) == 8
    assert sum(isinstance(event, Step) for event in events) == 24
    assert sizes[0] == 1
    assert max(sizes) == most

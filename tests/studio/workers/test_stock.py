"""Models that are kept for the next time: which, for how long, and that they cost no disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ModelError
from pipelines.requests import Sampling, Size, TextToImage
from studio.workers import Made, Worker
from studio.workers.messages import Model
from studio.workers.stock import GROWTH, SPARE, Stock, size_of
from tests.tiny import make_folder

TOTAL = 1000


class Machine:
    """Memory of a thousand bytes, models of as many as their files have, and what was done."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.done: list[str] = []
        self.taken: dict[str, int] = {}

    def model(self, name: str, size: int) -> Model:
        path = self.folder / f"{name}.safetensors"
        if not path.is_file():
            path.write_bytes(b"x" * size)
        return Model(path)

    def load(self, model: Model) -> Any:
        name = model.folder.stem
        self.done.append(f"load {name}")
        self.taken[name] = size_of(model.folder)
        return Family(name, self)


class Family:
    def __init__(self, name: str, machine: Machine) -> None:
        self.name, self.machine = name, machine

    def rest(self) -> bool:
        self.machine.done.append(f"rest {self.name}")
        return self.name != "restless"

    def wake(self) -> None:
        self.machine.done.append(f"wake {self.name}")

    def __del__(self) -> None:
        self.machine.taken.pop(self.name, None)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def stock(machine: Machine) -> Stock:
    return Stock(machine.load, free=lambda: TOTAL - sum(machine.taken.values()), total=TOTAL)


def nothing() -> None:
    """What is told where a model is loaded."""


def test_what_fits_is_kept(machine: Machine, stock: Stock) -> None:
    first, second = machine.model("first", 100), machine.model("second", 100)
    told: list[int] = []
    for model in (first, second, first, second):
        assert stock.get(model, lambda: told.append(1)).name == model.folder.stem
    assert len(told) == 2
    assert machine.done == [
        "load first", "rest first", "load second", "rest second", "wake first", "rest first", "wake second",
    ]  # fmt: skip


def test_what_does_not_fit_beside_the_next_goes_before_that_is_loaded(machine: Machine, stock: Stock) -> None:
    """The one that has rested longest first, and no more of them than has to."""
    for name in ("one", "two", "three"):
        stock.get(machine.model(name, 150), nothing)
    assert set(machine.taken) == {"one", "two", "three"}
    large = machine.model("large", 200)
    assert TOTAL - 450 < GROWTH * 200 + SPARE * TOTAL <= TOTAL - 300
    stock.get(large, nothing)
    assert set(machine.taken) == {"two", "three", "large"}
    stock.get(machine.model("two", 150), nothing)
    assert machine.done[-1] == "wake two"


def test_what_others_need_is_given_back(machine: Machine, stock: Stock) -> None:
    """Whatever has taken it: what rests goes, what works stays."""
    for name in ("one", "two", "three"):
        stock.get(machine.model(name, 100), nothing)
    machine.taken["another program"] = 500
    stock.make_room()
    assert set(machine.taken) == {"two", "three", "another program"}
    machine.taken["another program"] = 900
    stock.make_room()
    assert set(machine.taken) == {"three", "another program"}


def test_what_cannot_leave_the_device_is_let_go(machine: Machine, stock: Stock) -> None:
    stock.get(machine.model("restless", 100), nothing)
    stock.get(machine.model("first", 100), nothing)
    assert set(machine.taken) == {"first"}


def test_a_file_that_has_changed_is_read_again(machine: Machine, stock: Stock) -> None:
    first = machine.model("first", 100)
    stock.get(first, nothing)
    stock.get(machine.model("second", 100), nothing)
    first.folder.write_bytes(b"y" * 99)
    os.utime(first.folder, ns=(1, 1))
    stock.get(first, nothing)
    assert machine.done.count("load first") == 2


def test_one_that_cannot_be_loaded_leaves_the_others(machine: Machine) -> None:
    def load(model: Model) -> Any:
        if model.folder.stem == "broken":
            raise ModelError("The model is broken.")
        return machine.load(model)

    stock, first = Stock(load, free=lambda: TOTAL, total=TOTAL), machine.model("first", 100)
    stock.get(first, nothing)
    for _ in range(2):
        with pytest.raises(ModelError):
            stock.get(machine.model("broken", 100), nothing)
    assert stock.get(first, nothing).name == "first" and machine.done == ["load first", "rest first", "wake first"]


def test_the_engine_reads_a_model_once(tmp_path: Path) -> None:
    """Two models by turns in the real engine: of one that it comes back to it reads nothing, and draws the same.

    Were it to read again, it would find rubbish in files that look as they did.
    """
    folders = [make_folder(tmp_path / kind, kind) for kind in ("sd", "sdxl")]
    worker = Worker(device="cpu")
    try:
        first = [drawn(worker, folder) for folder in folders]
        for path in tmp_path.rglob("*.safetensors"):
            state, rubbish = path.stat(), path.with_suffix(".new")
            rubbish.write_bytes(bytes(state.st_size))
            os.utime(rubbish, ns=(state.st_mtime_ns, state.st_mtime_ns))
            rubbish.replace(path)
        again = [drawn(worker, folder) for folder in folders]
        assert [each.image.tobytes() for each in again] == [each.image.tobytes() for each in first]
    finally:
        worker.close()


def drawn(worker: Worker, folder: Path) -> Made:
    request = TextToImage(prompt="a red house", size=Size(width=64, height=64), sampling=Sampling(steps=2, seed=3))
    (made,) = (event for event in worker.run(folder.name, request, folder) if isinstance(event, Made))
    return made

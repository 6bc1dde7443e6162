"""The page on performance says what the measurements wrote, and the commands that no machine here can judge run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import figures, gpu
from benchmarks.document import COMMANDS, DOCUMENT, RESULTS, document


def test_the_page_is_made_from_the_results() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "python -m benchmarks.document writes it anew"


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*.json")), ids=lambda file: file.stem)
def test_results_say_what_was_measured_on_what(file: Path) -> None:
    told = json.loads(file.read_text("utf-8"))
    assert told.keys() == {"command", "device", "versions", "taken", "rows"}
    assert told["rows"]


def test_a_row_that_is_measured_is_a_row_of_the_page(tmp_path: Path) -> None:
    rows = [{"side": "ours", "step_s": 2.50004, "fits": True}, {"side": "ours", "error": 0.25}]
    figures.save(tmp_path / "cpu.json", "python -m benchmarks.cpu", rows)
    page = document(tmp_path)
    assert "| side | error |\n|---|---|\n| ours | 0.25 |" in page
    assert "| side | step_s | fits |" in page
    assert "| ours | 2.5 | yes |" in page
    assert all(command in page for command in COMMANDS.values())


def test_sides_take_turns_and_ratios_are_of_the_same_round() -> None:
    order: list[str] = []
    figures.alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2, warm=1)
    assert order == ["a", "b", "a", "b", "b", "a"]
    timed = figures.Timed({"a": [2.0, 30.0, 8.0], "b": [1.0, 10.0, 2.0]})
    assert (timed.median("a"), timed.ratio("a", "b")) == (8.0, 3.0)


def test_flops_are_those_of_products_convolutions_and_attention() -> None:
    matrix, heads = torch.ones(8, 16), torch.ones(1, 2, 32, 4)
    assert figures.flops_of(lambda: matrix @ matrix.T) == 2 * 8 * 16 * 8
    attend = torch.nn.functional.scaled_dot_product_attention
    assert figures.flops_of(lambda: attend(heads, heads, heads)) == 4 * 2 * 32 * 32 * 4


def test_an_error_is_a_share_of_the_reference() -> None:
    reference = torch.randn(100, generator=torch.Generator().manual_seed(0))
    assert figures.error_to(1.1 * reference, reference) == pytest.approx(0.1, rel=1e-5)


@pytest.mark.parametrize("what", gpu.COMMANDS)
def test_the_commands_for_a_gpu_run_with_models_of_no_size(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--tiny", "--device", "cpu", "--backend", "eager", "--steps", "2", "--rounds", "1", "--requests", "3"]
    monkeypatch.setattr(sys, "argv", ["gpu", what, *options, "--json", str(tmp_path / "out.json")])
    gpu.main()
    told = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert told["command"] == f"python -m benchmarks.gpu {what}"
    assert all(value for row in told["rows"] for name, value in row.items() if name.endswith("_s"))

"""What the measurements share: sides that take turns, medians, FLOPs, this machine's own peak, a file of results.

timed = alternate({"ours": ours, "diffusers": theirs}, rounds=5)
rows = [{"case": "512 px", "ours_s": timed.median("ours"), "ratio": timed.ratio("diffusers", "ours")}]
show(rows)
save(options.json, "benchmarks.example", rows)
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

PACKAGES = ("torch", "diffusers", "transformers", "xformers")
Work = Callable[[], object]
Row = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Timed:
    """Seconds of each side, round by round."""

    seconds: Mapping[str, Sequence[float]]

    def median(self, side: str) -> float:
        return statistics.median(self.seconds[side])

    def ratio(self, slower: str, faster: str) -> float:
        """How many times as long ``slower`` takes: the median of the ratios within the rounds."""
        pairs = zip(self.seconds[slower], self.seconds[faster], strict=True)
        return statistics.median(one / other for one, other in pairs)


def seconds(work: Work) -> float:
    """How long it takes, until the device is done with it."""
    synchronize()
    start = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - start


def alternate(sides: Mapping[str, Work], rounds: int, warm: int = 1) -> Timed:
    """Every side once a round, forwards and backwards in turn, after ``warm`` rounds that do not count."""
    for _ in range(warm):
        for work in sides.values():
            seconds(work)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: 1 if number % 2 == 0 else -1]:
            times[name].append(seconds(sides[name]))
    return Timed(times)


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def flops_of(work: Work) -> int:
    """Floating point operations of matrix products, convolutions and attention; a multiplication with its sum is 2."""
    plain = contextlib.nullcontext() if torch.cuda.is_available() else sdpa_kernel(SDPBackend.MATH)
    with plain, FlopCounterMode(display=False) as counter:  # which knows the GPU's fused attention, not the processor's
        work()
    return counter.get_total_flops()


def peak_of(device: torch.device | str, dtype: torch.dtype, rounds: int = 5) -> float:
    """FLOP/s that this device reaches with this type now: the better of a matrix product and a convolution."""
    side = 8192 if torch.device(device).type == "cuda" else 2048
    matrix = torch.randn(side, side, dtype=dtype, device=device)
    pixels = torch.randn(2, 320, 64, 64, dtype=dtype, device=device).to(memory_format=torch.channels_last)
    kernel = torch.randn(320, 320, 3, 3, dtype=dtype, device=device).to(memory_format=torch.channels_last)
    works: tuple[Work, ...] = (
        lambda: matrix @ matrix,
        lambda: torch.nn.functional.conv2d(pixels, kernel, padding=1),
    )
    best = 0.0
    for work in works:
        operations = flops_of(work)
        best = max(best, operations / min(seconds(work) for _ in range(rounds + 1)))
    return best


def error_to(ours: Tensor, reference: Tensor) -> float:
    """The root of the mean square of the difference, as a share of the reference's own."""
    ours, reference = ours.detach().double().cpu(), reference.detach().double().cpu()
    return float((ours - reference).square().mean().sqrt() / reference.square().mean().sqrt())


def device_name(device: torch.device | str) -> str:
    """The device in words, with what matters for its speed."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    capability = torch.backends.cpu.get_cpu_capability()
    native = "bf16 in hardware" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "no bf16 in hardware"
    return f"{_processor()}, {torch.get_num_threads()} threads, {capability}, {native}"


def _processor() -> str:
    """Its name, as Linux gives it, or at least its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions() -> str:
    """Python's and those of the packages that matter, where they are there."""
    return ", ".join([f"Python {platform.python_version()}", *filter(None, map(_version, PACKAGES))])


def _version(package: str) -> str | None:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


def takes_json(parser: argparse.ArgumentParser) -> None:
    """Give a command the option ``--json FILE``."""
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def save(file: Path | None, command: str, rows: Sequence[Row], device: torch.device | str = "cpu") -> None:
    """One flat object with what was measured, on what and when; nowhere where no file is wished."""
    if file is None:
        return
    told: dict[str, Any] = {
        "command": command,
        "device": device_name(device),
        "versions": versions(),
        "taken": datetime.now(UTC).date().isoformat(),
        "rows": [{name: rounded(value) for name, value in row.items()} for row in rows],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def rounded(value: Any) -> Any:
    """A figure with the four digits that a measurement is good for."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def show(rows: Sequence[Row]) -> None:
    """The rows, a line each."""
    for row in rows:
        print("  ".join(f"{name} {rounded(value)}" for name, value in row.items()), flush=True)

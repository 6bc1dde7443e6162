"""Our decode beside diffusers' own, with the same random weights: the autoencoder of Stable Diffusion 1.5 in full size.

python -m benchmarks.decode [--sizes 512 1024] [--rounds 3] [--memory-at 2048] [--json FILE]

Both sides take turns in one process; memory is measured in a process each, once: the tensors that are there together,
and the whole process.  *GFLOP* are those that are computed, *share of peak* what the fastest matrix
product or convolution of this machine makes of the same time.  The error is the largest difference, as a share of the
largest number: of ours from diffusers' float32, and of both from diffusers' float64, at a small size.
Bars: 1.3 times as fast at 512 and 1024 pixels, a third of the memory at 2048, errors below 1e-4.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from benchmarks.figures import alternate, flops_of, peak_of, save, show, takes_json
from benchmarks.sd15 import make_autoencoder
from pipelines import decoding
from pipelines.families import autoencoder
from pipelines.memory import watched

FASTER, SMALLER, EXACT = 1.3, 3.0, 1e-4
SIDES = ("ours", "diffusers")
SMALL = 256
"""Pixels a side where float64 does not take too long."""


def make_decoder() -> Any:
    """Weights drawn from normals that keep the size of what goes through."""
    torch.manual_seed(0)
    vae = make_autoencoder().eval()
    for name, weight in vae.named_parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, 0.0, weight[0].numel() ** -0.5)
        else:
            torch.nn.init.normal_(weight, 1.0 if name.endswith("weight") else 0.0, 0.1)
    return vae


def latents(size: int) -> Tensor:
    return torch.randn(4, size // 8, size // 8, generator=torch.Generator().manual_seed(size))


def decoders(vae: Any, size: int) -> dict[str, Callable[[], Tensor]]:
    """Each side's decode of a picture of that size, as it is made in earnest."""
    raw = latents(size)
    sparing = size * size > autoencoder.SPARING_ABOVE
    return {
        "ours": lambda: decoding.decode(vae, raw, sparing),
        "diffusers": torch.inference_mode()(lambda: vae.decode(raw[None]).sample[0]),
    }


def compare(vae: Any, size: int, rounds: int, peak: float) -> dict[str, Any]:
    """How long either takes, what it computes, and how far they are apart."""
    sides = decoders(vae, size)
    found: dict[str, Tensor] = {}
    with patch("pipelines.decoding.layers.is_for_onednn", lambda weight: False):  # whose calls are not counted
        work = {
            name: flops_of(lambda name=name, side=side: found.update({name: side()})) for name, side in sides.items()
        }
    apart = off(sides["ours"](), found["diffusers"])
    timed = alternate(sides, rounds, warm=0)  # they have been warmed
    row: dict[str, Any] = {"case": f"{size} px", "ratio": timed.ratio("diffusers", "ours")}
    for name in SIDES:
        took = timed.median(name)
        row |= {
            f"{name}_s": took,
            f"{name}_gflop": work[name] / 1e9,
            f"{name}_share_of_peak": work[name] / took / peak,
        }
    return row | {"apart": apart}


def off(found: Tensor, expected: Tensor) -> float:
    return float((found.double() - expected.double()).abs().max() / expected.double().abs().max())


def errors(vae: Any) -> dict[str, Any]:
    """Of both sides, and of ours where it spares memory, against diffusers with twice the bits."""
    found = {name: side() for name, side in decoders(vae, SMALL).items()}
    found["ours_sparing"] = decoding.decode(vae, latents(SMALL), True)
    with torch.inference_mode():
        exact = vae.double().decode(latents(SMALL).double()[None]).sample[0]
    vae.float()
    return {"case": f"error at {SMALL} px"} | {f"{name}_error": off(each, exact) for name, each in found.items()}


def take(side: str, size: int) -> dict[str, Any]:
    """In a process of its own: seconds, and GiB at the most, of one decode."""
    decode = decoders(make_decoder(), size)[side]
    began = time.perf_counter()
    _, tensors = watched(torch.device("cpu"), decode)
    took = time.perf_counter() - began
    return {"s": took, "tensors_gib": tensors / 2**30, "process_gib": largest()}


def largest() -> float:
    """GiB that this process had at the most; what ``resource`` says on Linux counts that which started it, too."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 2**20


def memory(size: int) -> dict[str, Any]:
    """What either needs at most for one picture."""
    row: dict[str, Any] = {"case": f"memory at {size} px"}
    for side in SIDES:
        command = [sys.executable, "-m", "benchmarks.decode", "--take", side, "--memory-at", str(size)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        row |= {f"{side}_{name}": value for name, value in json.loads(told.splitlines()[-1]).items()}
    return {
        **row,
        "ratio_tensors": row["diffusers_tensors_gib"] / row["ours_tensors_gib"],
        "ratio_process": row["diffusers_process_gib"] / row["ours_process_gib"],
    }


def measure(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    vae = make_decoder()
    yield errors(vae)
    peak = peak_of("cpu", torch.float32)
    yield {"case": "peak", "gflop_a_second": peak / 1e9}
    for size in options.sizes:
        yield compare(vae, size, options.rounds, peak)
    del vae
    if options.memory_at:
        yield memory(options.memory_at)


def is_met(row: dict[str, Any]) -> bool:
    """Whether a row is as good as its bar."""
    worst = max((value for name, value in row.items() if name.endswith(("error", "apart"))), default=0.0)
    smallest = min((value for name, value in row.items() if name.startswith("ratio_")), default=SMALLER)
    return worst < EXACT and row.get("ratio", FASTER) >= FASTER and smallest >= SMALLER


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[512, 1024], help="sides of square pictures in pixels")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-at", type=int, default=2048, help="0: do not measure it")
    parser.add_argument("--take", choices=SIDES, help=argparse.SUPPRESS)
    takes_json(parser)
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    if options.take:
        print(json.dumps(take(options.take, options.memory_at)))
        return 0
    rows = []
    for row in measure(options):
        show([row])
        rows.append(row)
    save(options.json, "python -m benchmarks.decode", rows)
    return 0 if all(map(is_met, rows)) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Ways of paying attention side by side: time, memory and error, for the heads and tokens of real models.

python -m benchmarks.attention [--device cpu] [--rounds 5] [--json FILE]

Every way that passes the trial of `pipelines/attention.py` on this device takes part.  The error is to plain arithmetic
in float32, the memory what a call holds beyond what it is given.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

import torch

from benchmarks.figures import alternate, error_to, save, show, takes_json
from pipelines.attending import plainly
from pipelines.attention import BACKENDS, RIVALS, fault_of, function_of
from pipelines.loading import pick_device
from pipelines.memory import watched


class Case(NamedTuple):
    """Layers of a model, for two pictures: their heads, and who asks whom."""

    name: str
    heads: int
    width: int
    tokens: int
    keys: int


CASES = (
    Case("SD 1.5 at 512, outer layers", 8, 40, 4096, 4096),
    Case("SD 1.5 at 512, middle layers", 8, 80, 1024, 1024),
    Case("SD 1.5 at 512, asking the words", 8, 40, 4096, 77),
    Case("SDXL at 1024, outer layers", 10, 64, 4096, 4096),
    Case("SDXL at 1024, inner layers", 20, 64, 1024, 1024),
    Case("Flux at 1024", 24, 128, 4608, 4608),
)
WAYS = tuple(dict.fromkeys(["native", *RIVALS, *(name for names in BACKENDS.values() for name in names), "sliced"]))


def ways(case: Case, dtype: torch.dtype, device: torch.device) -> dict[str, Any]:
    """Those that answer rightly here."""
    heads = [(case.heads, case.width)]
    return {name: function_of(name) for name in WAYS if fault_of(name, heads, dtype, device) is None}


def measure(case: Case, dtype: torch.dtype, device: torch.device, rounds: int) -> list[dict[str, Any]]:
    """A row a way."""
    draw = torch.Generator().manual_seed(0)
    shapes = ((2, count, case.heads, case.width) for count in (case.tokens, case.keys, case.keys))
    asked = [torch.randn(shape, generator=draw).to(device, dtype) for shape in shapes]
    few = [each[:1, :, :2] for each in asked]  # enough to see how wrong it is
    there = ways(case, dtype, device)
    timed = alternate({name: partial(way, *asked) for name, way in there.items()}, rounds)
    return [
        {
            "case": case.name,
            "way": name,
            "precision": str(dtype).removeprefix("torch."),
            "ms": 1000 * timed.median(name),
            "times_sdpa": timed.ratio(name, "native"),
            "MiB": watched(device, partial(way, *asked))[1] / 2**20,
            "error": error_to(way(*few), plainly(*few)),
        }
        for name, way in there.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    takes_json(parser)
    options = parser.parse_args()
    device = pick_device(options.device)
    dtypes = (torch.float16, torch.bfloat16) if device.type == "cuda" else (torch.float32, torch.bfloat16)
    rows: list[dict[str, Any]] = []
    with torch.inference_mode():
        for dtype in dtypes:
            for case in CASES:
                new = measure(case, dtype, device, options.rounds)
                show(new)
                rows += new
    save(options.json, "benchmarks.attention", rows, device)


if __name__ == "__main__":
    main()

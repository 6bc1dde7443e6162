"""The processor's profile: a step of Stable Diffusion 1.5's network as `pipelines.tuning` leaves it, beside others.

python -m benchmarks.cpu [--sizes 256 512] [--rounds 3] [--json FILE]

Random weights, one call for prompt and negative prompt.  Beside it: the same network as diffusers has it, in float32,
which is its default, and in bfloat16.  Bars at 512 pixels: 5 times as fast as the one, 1.5 times as fast as the other;
the first was set for processors with matrix units (AMX).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from benchmarks.figures import Row, alternate, error_to, flops_of, peak_of, save, show, takes_json
from pipelines.attention import use_attention
from pipelines.placement import Placement
from pipelines.tuning import tune

CPU = torch.device("cpu")
TYPES = {"diffusers float32": torch.float32, "diffusers bfloat16": torch.bfloat16}
TYPES |= {"ours float32": torch.float32, "ours bfloat16": torch.bfloat16}


def networks() -> dict[str, Any]:
    """The same random network four times; those called ours as `pipelines.loading` leaves them."""
    torch.manual_seed(0)
    base = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8).eval()
    base.requires_grad_(False)
    found = {name: deepcopy(base).to(dtype) for name, dtype in TYPES.items()}
    for name in ("ours float32", "ours bfloat16"):
        use_attention(found[name], "auto", CPU)
        tune(found[name], Placement(CPU, TYPES[name]))
    return found


def step_of(network: Any, size: int) -> Callable[[], Tensor]:
    """A call for a picture's prompt and negative prompt."""
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(2, 4, size // 8, size // 8, generator=draw).to(network.dtype)
    words = torch.randn(2, 77, 768, generator=draw).to(network.dtype)
    times = torch.tensor([500.0, 500.0])

    @torch.inference_mode()
    def step() -> Tensor:
        answer: Tensor = network(x, times, words, return_dict=False)[0]
        return answer

    return step


def measured(found: dict[str, Any], size: int, rounds: int) -> list[Row]:
    """A row a network for pictures of this size."""
    steps = {name: step_of(network, size) for name, network in found.items()}
    operations = flops_of(steps["diffusers float32"])
    reference = steps["diffusers float32"]()
    peaks = {dtype: peak_of(CPU, dtype) for dtype in (torch.float32, torch.bfloat16)}
    timed = alternate(steps, rounds)
    return [
        {
            "size": size,
            "side": name,
            "step_s": timed.median(name),
            "times diffusers float32": timed.ratio("diffusers float32", name),
            "times diffusers bfloat16": timed.ratio("diffusers bfloat16", name),
            "GFLOP/s": operations / timed.median(name) / 1e9,
            "share of peak": operations / timed.median(name) / peaks[TYPES[name]],
            "error to float32": error_to(steps[name](), reference),
        }
        for name in steps
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--rounds", type=int, default=3)
    takes_json(parser)
    options = parser.parse_args()
    found = networks()
    rows = [row for size in options.sizes for row in measured(found, size, options.rounds)]
    show(rows)
    save(options.json, "python -m benchmarks.cpu", rows)


if __name__ == "__main__":
    main()

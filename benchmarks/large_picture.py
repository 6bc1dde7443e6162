"""What an edit of a large picture costs beside the network: everything before the first step and after the last.

python -m benchmarks.large_picture [--side 4096] [--share 0.03] [--feather 256] [--rounds 5]

The model's parts cost nothing here.  Seconds are of the middle round; memory is the most that a process of its own held
above what it held with the picture, its mask and the libraries (Linux).
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import Tensor

from pipelines.adapters.controls import Shown
from pipelines.adapters.image_prompts import Glimpse
from pipelines.adapters.rack import Adapters, Rack
from pipelines.engine.guidance import Query
from pipelines.engine.prediction import Prediction
from pipelines.engine.schedule import FlowPath
from pipelines.events import Picture
from pipelines.families.family import Facts
from pipelines.remembering import Remembered
from pipelines.requests import Inpaint, Sampling
from pipelines.run import generate


class Nothing:
    """A model whose network finds what it is given to be clean, and whose autoencoder is an average."""

    facts = Facts(family="nothing", channels=4, downscale=8, multiple=8, native=512, takes_mask=False)
    path = FlowPath()
    prediction: Prediction = "flow"
    device = torch.device("cpu")
    report: Mapping[str, str] = {}
    savings: Sequence[str] = ()
    thrift = 0
    rack = Rack({}, device)

    @cached_property
    def remembered(self) -> Remembered:
        return Remembered()

    def encode_prompts(self, prompts: Sequence[Any], clip_skip: int = 1) -> list[Any]:
        return [SimpleNamespace(batch_key=0) for _ in prompts]

    def with_adapters(self, conditioning: Any, adapters: Adapters) -> Any:
        return conditioning

    def with_controls(self, conditioning: Any, controls: tuple[Shown, ...]) -> Any:
        return conditioning

    def with_glimpses(self, conditioning: Any, glimpses: tuple[Glimpse, ...]) -> Any:
        return conditioning

    def as_negative(self, conditioning: Any) -> Any:
        return conditioning

    def encode(self, pixels: Tensor) -> Tensor:
        return F.avg_pool2d(torch.cat([pixels, pixels[:1]]), self.facts.downscale)

    def decode(self, latents: Tensor) -> Tensor:
        return F.interpolate(latents[None, :3], scale_factor=self.facts.downscale)[0]

    def estimate(self, queries: Sequence[Query]) -> list[Tensor]:
        return [query.x for query in queries]

    def preview(self, x0: Tensor) -> Tensor:
        return x0[:3]

    def at_once(self, width: int, height: int) -> int:
        return 8


def edit(side: int, share: float, feather: int, scattered: bool) -> Inpaint:
    """A round hole of so large a share of the picture; ``scattered``: in the four corners, so that all lies between."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    mask = Image.new("L", (side, side))
    radius = math.sqrt(share * side**2 / math.pi / (4 if scattered else 1))
    ends = (radius + 1, side - radius - 1) if scattered else (side * 0.4,)
    for x in ends:
        for y in ends:
            ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return Inpaint(image=Image.fromarray(pixels), mask=mask, feather=feather, sampling=Sampling(steps=1, guidance=1.0))


def seconds(request: Inpaint) -> float:
    start = time.perf_counter()
    (picture,) = (event for event in generate(Nothing(), request) if isinstance(event, Picture))
    taken = time.perf_counter() - start
    assert picture.proof is not None and picture.proof.before == picture.proof.after
    return taken


def measured(options: argparse.Namespace, scattered: bool) -> tuple[float, float]:
    """Seconds, and GiB at most beyond what was held when the request was there."""
    seconds(edit(256, options.share, 8, scattered))
    request = edit(options.side, options.share, options.feather, scattered)
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    middle = statistics.median(seconds(request) for _ in range(options.rounds))
    return middle, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 - before / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--share", type=float, default=0.03)
    parser.add_argument("--feather", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    print(f"{options.side}x{options.side}, feather {options.feather}, {torch.get_num_threads()} threads")
    for words, scattered in (("in one place", False), ("in the four corners", True)):
        with get_context("spawn").Pool(1) as fresh:
            taken, memory = fresh.apply(measured, (options, scattered))
        print(f"{options.share:.0%} masked {words}: {taken:.2f} s, {memory:.2f} GiB beyond the picture")


if __name__ == "__main__":
    main()

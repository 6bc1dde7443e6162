"""Every setting of memory side by side, each in a process of its own: peak memory, time of a step, error.

python -m benchmarks.placement FOLDER [--device cpu] [--size 512] [--steps 2] [--json FILE]

FOLDER: a model, such as one that `python -m benchmarks.sd15` writes.  Peaks are beyond what the process held before,
while it loads, steps and decodes: of the GPU's memory, or on the processor of what is the process's own (files that are
mapped count for nothing, since they can be let go).  The error is to the latents of ``high`` in float32.
"""

from __future__ import annotations

import argparse
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import torch
from torch import Tensor

from benchmarks.figures import error_to, save, show, takes_json
from pipelines.engine.engine import Engine
from pipelines.errors import StudioError
from pipelines.loading import load, pick_device
from pipelines.placement import MEMORIES
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.text_to_image import plan

SETTINGS = [(memory, precision) for precision in ("float32", "auto") for memory in MEMORIES[1:]]
"""The first is what the others' errors are to."""


class Peak:
    """The most memory that this process has for itself in one part of its work after the other."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._most = self._before = self._now()
        Thread(target=self._look, daemon=True).start()

    def mib(self) -> float:
        """Since it was last asked, beyond what was there at first."""
        if self._device.type == "cuda":
            most = torch.cuda.max_memory_allocated(self._device) / 2**20
            torch.cuda.reset_peak_memory_stats(self._device)
        else:
            most, self._most = max(self._most, self._now()), 0.0
        return most - self._before

    def _now(self) -> float:
        if self._device.type == "cuda":
            return torch.cuda.memory_allocated(self._device) / 2**20
        facts = psutil.Process().memory_info()
        return (facts.rss - facts.shared) / 2**20

    def _look(self) -> None:
        while self._device.type == "cpu":
            self._most = max(self._most, self._now())
            time.sleep(0.02)


def drawn(family: Any, request: TextToImage) -> tuple[Tensor, list[float]]:
    """The last latents, and the seconds of each step."""
    engine, (trajectory,) = Engine(), plan(family, request, True)
    engine.add(trajectory)
    seconds, latents = [], torch.empty(0)
    while engine.live:
        began = time.perf_counter()
        for advance in engine.step():
            latents = latents if advance.latents is None else advance.latents
        seconds.append(time.perf_counter() - began)
    return latents, seconds


def measure(
    to: Connection, folder: Path, device: str, setting: tuple[str, str], request: TextToImage, threads: int
) -> None:
    """Tell of one setting; runs in a process of its own."""
    torch.set_num_threads(threads)
    memory, precision = setting
    told: dict[str, Any] = {"memory": memory, "precision": precision}
    try:
        peak, began = Peak(pick_device(device)), time.perf_counter()
        family = load(folder, device=device, memory=memory, precision=precision)
        told |= {"load_s": time.perf_counter() - began, "load_MiB": peak.mib()}
        latents, seconds = drawn(family, request)
        told |= {"step_s": min(seconds), "steps_MiB": peak.mib()}
        began = time.perf_counter()
        family.decode(latents)
        told |= {"decode_s": time.perf_counter() - began, "decode_MiB": peak.mib()}
        told["placement"] = family.report["placement"]
        to.send((told, latents.cpu().numpy()))
    except StudioError as error:
        to.send((told | {"refused": str(error)}, None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    takes_json(parser)
    options = parser.parse_args()
    sampling = Sampling(steps=options.steps, guidance=5.0, sampler="euler", seed=1)
    size = Size(width=options.size, height=options.size)
    request = TextToImage(prompt="a red house by the sea", size=size, sampling=sampling)
    rows, right, context = [], None, get_context("spawn")
    for setting in SETTINGS:
        mine, theirs = context.Pipe()
        given = (theirs, options.folder, options.device, setting, request, options.threads)
        process = context.Process(target=measure, args=given)
        process.start()
        theirs.close()
        told, latents = mine.recv()
        process.join()
        right = latents if right is None else right
        if latents is not None:
            told["error"] = error_to(torch.from_numpy(latents), torch.from_numpy(right))
        rows.append(told)
        show([told])
    save(options.json, "benchmarks.placement", rows, pick_device(options.device))


if __name__ == "__main__":
    main()

"""The engine by itself: what a step costs beside the network, and many mixed requests at once beside one after another.

python -m benchmarks.engine [--model FOLDER] [--requests 24] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image, ImageDraw

from pipelines.engine.engine import Engine, Trajectory, Walk, single
from pipelines.engine.guidance import Aim, classifier_free, guided
from pipelines.engine.noise import Noise
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.schedule import FlowPath
from pipelines.engine.spacings import build_schedule
from pipelines.loading import load
from pipelines.requests import Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage
from pipelines.together import PLANS

BUILT_IN = Path(__file__).parents[1] / "assets" / "meadow"


def milliseconds_a_step(count: int, guidance: float, steps: int = 50) -> float:
    """What the engine needs for a step of ``count`` trajectories: Euler, 4x64x64, a network that does nothing."""
    schedule, engine = build_schedule(FlowPath(), steps, "uniform"), Engine()
    aim = Aim(((SimpleNamespace(batch_key=0), 1.0),), SimpleNamespace(batch_key=0), guidance)
    for seed in range(count):
        noise = Noise(seed, (4, 64, 64))
        run = SAMPLERS["euler"].run(noise(), schedule, noise)
        engine.add(
            Trajectory(
                lambda queries: [query.x for query in queries],
                single(
                    Walk(schedule, run, lambda run: guided(run, lambda level: aim, classifier_free), at_once=lambda: 64)
                ),
            )
        )
    start = time.perf_counter()
    while engine.live:
        engine.step()
    return (time.perf_counter() - start) / steps * 1000


def mixed_requests(count: int) -> list[Request]:
    """Tasks, prompts, seeds, samplers and numbers of steps, in turn."""
    picture = Image.linear_gradient("L").resize((256, 256)).convert("RGB")
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse((64, 96, 192, 224), fill=255)
    small = picture.resize((192, 256))
    prompts = ("a meadow by day", "a sunset over the sea", "a snowy field at night", "the desert in a storm")
    samplers = ("euler", "dpmpp_2m", "euler_a", "unipc", "dpmpp_2m_sde")
    requests: list[Request] = []
    for number in range(count):
        shared = {
            "prompt": prompts[number % 4],
            "sampling": Sampling(
                steps=12 + 4 * (number % 3), guidance=4.0, seed=number, sampler=samplers[number % len(samplers)]
            ),
        }
        kinds: Sequence[Request] = (
            TextToImage(**shared, size=Size(width=256, height=256)),
            Inpaint(**shared, image=picture, mask=mask),
            Outpaint(**shared, image=small, margins=Margins(right=64)),
        )
        requests.append(kinds[number % 3])
    return requests


def run(plans: Sequence[tuple[Trajectory, ...]], at_once: int) -> list[Image.Image]:
    """The first picture of each plan, ``at_once`` of them under way together."""
    engine, done = Engine(), {}
    waiting = list(enumerate(plan[0] for plan in plans))
    places = {trajectory: place for place, trajectory in waiting}
    while waiting or engine.live:
        while waiting and len(engine.live) < at_once:
            engine.add(waiting.pop(0)[1])
        for advance in engine.step():
            if advance.latents is not None:
                place = places[advance.trajectory]
                done[place] = advance.trajectory.walk.finish(advance.latents)
    return [done[place] for place in range(len(plans))]


def largest_difference(ones: Sequence[Image.Image], others: Sequence[Image.Image]) -> int:
    """In steps of 255, over all pictures."""
    pairs = zip(ones, others, strict=True)
    return max(int(np.abs(np.asarray(one, int) - np.asarray(other, int)).max()) for one, other in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--requests", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for count, guidance in ((1, 1.0), (1, 4.0), (16, 4.0)):
        best = min(milliseconds_a_step(count, guidance) for _ in range(5))
        print(f"engine alone, one core: {best:5.2f} ms a step for {count} with guidance {guidance:g}")
    torch.set_num_threads(threads)

    family, requests = load(options.model, device="cpu"), mixed_requests(options.requests)

    def timed(at_once: int, exact: bool) -> tuple[float, list[Image.Image]]:
        plans = [PLANS[type(request)](family, request, exact) for request in requests]
        start = time.perf_counter()
        pictures = run(plans, at_once)
        return time.perf_counter() - start, pictures

    together_at = family.at_once(256, 256) // 2
    ratios, differences, exactly = [], [], []
    for _ in range(options.rounds):
        alone, solo = timed(1, True)
        together, grouped = timed(together_at, False)
        _, exact = timed(together_at, True)
        ratios.append(together / alone)
        differences.append(largest_difference(solo, grouped))
        exactly.append(largest_difference(solo, exact))
    print(f"{options.requests} mixed requests, 256x256, {threads} threads, {family.device}")
    print(f"{together_at} at a time / one after another, median of {options.rounds}: {statistics.median(ratios):.2f}")
    print(f"largest difference to a picture made alone: {max(differences)} of 255; in exact mode: {max(exactly)}")


if __name__ == "__main__":
    main()

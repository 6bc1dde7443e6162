"""A small edit of a large picture: ours around the mask, beside diffusers' inpaint pipeline on the whole picture.

python -m benchmarks.masked --model FOLDER [--size 2048] [--share 0.05] [--steps 1] [--rounds 1] [--precision float32]
    [--json FILE]

``python -m benchmarks.sd15 FOLDER`` writes a model of Stable Diffusion 1.5's size.  Each side runs in a process of its
own, turn by turn, so that the most memory it held can be told; loading is not counted in the time.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.figures import Row, save, show, takes_json

PROMPT = "a red house"
SEED = 1


def scene(size: int, share: float) -> tuple[Image.Image, Image.Image]:
    """A picture, and a mask of that share of it in the middle."""
    picture = Image.radial_gradient("L").resize((size, size)).convert("RGB")
    half = math.sqrt(share) * size / 2
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).rectangle((size / 2 - half, size / 2 - half, size / 2 + half, size / 2 + half), fill=255)
    return picture, mask


def ours(options: Namespace) -> float:
    """Seconds, with only what is around the mask shown to the model."""
    from pipelines.loading import load
    from pipelines.requests import Inpaint, Sampling
    from pipelines.run import generate

    family = load(options.model, device="cpu", precision=options.precision)
    picture, mask = scene(options.size, options.share)
    sampling = Sampling(steps=options.steps, guidance=4.0, sampler="euler", seed=SEED)
    request = Inpaint(prompt=PROMPT, image=picture, mask=mask, sampling=sampling)
    start = time.perf_counter()
    list(generate(family, request))
    return time.perf_counter() - start


def theirs(options: Namespace) -> float:
    """Seconds, with all of the picture."""
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionInpaintPipeline

    pipe = StableDiffusionInpaintPipeline.from_pretrained(options.model, dtype=getattr(torch, options.precision))
    pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    picture, mask = scene(options.size, options.share)
    start = time.perf_counter()
    pipe(
        PROMPT,
        image=picture,
        mask_image=mask,
        width=options.size,
        height=options.size,
        num_inference_steps=options.steps,
        guidance_scale=4.0,
        generator=torch.Generator().manual_seed(SEED),
    )
    return time.perf_counter() - start


SIDES = {"ours": ours, "diffusers": theirs}


def measured(side: str) -> dict[str, float]:
    """Seconds and peak gigabytes of a side, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.masked", *sys.argv[1:], "--side", side], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of both sides")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    takes_json(parser)
    options = parser.parse_args()
    if options.side:
        seconds = SIDES[options.side](options)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps({"seconds": seconds, "gigabytes": peak}))
        return
    rows = [row(options, [{side: measured(side) for side in SIDES} for _ in range(options.rounds)])]
    show(rows)
    save(options.json, "python -m benchmarks.masked", rows)


def row(options: Namespace, runs: list[dict[str, dict[str, float]]]) -> Row:
    """Both sides' seconds and memory, and how many times as fast ours is: medians, but for the memory."""

    def figure(side: str, name: str) -> list[float]:
        return [run[side][name] for run in runs]

    pairs = zip(figure("diffusers", "seconds"), figure("ours", "seconds"), strict=True)
    return {
        "case": f"{options.size}x{options.size}, {options.share:.0%} masked, {options.steps} steps",
        "precision": options.precision,
        **{f"{side}_s": statistics.median(figure(side, "seconds")) for side in SIDES},
        **{f"{side}_process_gib": max(figure(side, "gigabytes")) for side in SIDES},
        "ratio": statistics.median(slow / fast for slow, fast in pairs),
    }


if __name__ == "__main__":
    main()

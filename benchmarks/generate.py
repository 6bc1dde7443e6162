"""Our engine beside diffusers' own pipeline, same parts, same steps, same size, one picture.

python -m benchmarks.generate [--model FOLDER] [--steps 20] [--size 256] [--rounds 5]

The built-in model, or another: ``python -m benchmarks.sd15 FOLDER`` writes one of Stable Diffusion 1.5's size.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline

from pipelines.loading import load
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate

BUILT_IN = Path(__file__).parents[1] / "assets" / "meadow"
PROMPT = "a red house on the left of a meadow at sunset"


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def beside(family: Any, folder: Path, kind: Any = StableDiffusionPipeline) -> Any:
    """diffusers' pipeline of that kind, of the very same parts."""
    pipe = kind(
        unet=family.unet,
        vae=family.vae,
        text_encoder=family.text_encoder,
        tokenizer=family.tokenizer,
        scheduler=EulerDiscreteScheduler.from_pretrained(folder, subfolder="scheduler"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    family = load(options.model, device="cpu")
    pipe = beside(family, options.model)
    sampling = Sampling(steps=options.steps, guidance=4.0, sampler="euler", seed=1)
    request = TextToImage(prompt=PROMPT, size=Size(width=options.size, height=options.size), sampling=sampling)

    def ours() -> object:
        return list(generate(family, request))

    def theirs() -> object:
        size = {"width": options.size, "height": options.size}
        return pipe(PROMPT, num_inference_steps=options.steps, guidance_scale=4.0, **size)

    seconds(ours), seconds(theirs)
    times = [(seconds(ours), seconds(theirs)) for _ in range(options.rounds)]
    mine, oracle = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(a / b for a, b in times)
    print(f"{options.size}x{options.size}, {options.steps} steps, {torch.get_num_threads()} threads, float32")
    print(f"ours       {mine:6.2f} s a picture")
    print(f"diffusers  {oracle:6.2f} s a picture")
    print(f"ours / diffusers, median of {options.rounds} pairs: {ratio:.2f}")


if __name__ == "__main__":
    main()

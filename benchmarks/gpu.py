"""What is to be measured where there is a GPU: our engine beside diffusers' own pipelines, in one run, random weights.

python -m benchmarks.gpu speed [--models sd15 sdxl] [--steps 30] [--rounds 5] [--json FILE]
python -m benchmarks.gpu together [--requests 24]
python -m benchmarks.gpu preview
python -m benchmarks.gpu attention

speed       a picture of SD 1.5 at 512 and of SDXL at 1024 pixels: ours, ours with compiled blocks, diffusers as it is,
            diffusers compiled.  Bars: 1.6 times diffusers, as fast as diffusers compiled, the first picture in a fourth
            of the time that takes.
together    mixed requests in shared calls beside one after another.  Bar: 2.5 times as fast.
preview     a preview of every step beside none.  Bar: 2 % more time.
attention   SDPA beside xformers, where that is installed, within our own engine.

With ``--tiny`` all of it runs with models of a few thousand weights at 64 pixels, on any device, to try the commands.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

from benchmarks import sd15, sdxl
from benchmarks.engine import largest_difference, mixed_requests, run
from benchmarks.figures import Row, alternate, flops_of, save, seconds, show, takes_json
from pipelines.families.family import Family
from pipelines.loading import load
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.together import PLANS
from tests.tiny import make_sd_folder, make_sdxl_pipeline

PEAK = 790e12
"""FLOP/s that an H200 was measured to reach in bfloat16."""

PROMPT = "a red house on the left of a meadow at sunset"
SIZES = {"sd15": 512, "sdxl": 1024}
WRITERS = {"sd15": sd15.write, "sdxl": sdxl.write}
KINDS = {"sd15": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline}


def sides_of(folder: Path, name: str, options: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """Makers of one picture, each with a copy of the same weights."""
    size = 64 if options.tiny else SIZES[name]
    request = request_of(size, options.steps)

    def ours(compiled: bool) -> Callable[[], object]:
        family = load(folder, device=options.device, precision="bfloat16")
        if options.tiny:  # on the processor the first call is watched, in a way that cannot be compiled
            list(generate(family, request))
        if compiled:
            family.network.compile_repeated_blocks(fullgraph=True, backend=options.backend)
        return making(family, request)

    def theirs(compiled: bool) -> Callable[[], object]:
        pipe = KINDS[name].from_pretrained(folder, dtype=torch.bfloat16).to(options.device)
        pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        if compiled:
            pipe.unet.to(memory_format=torch.channels_last)
            pipe.unet = torch.compile(pipe.unet, fullgraph=True, backend=options.backend)
        shape = {"width": size, "height": size, "num_inference_steps": options.steps}
        return lambda: pipe(PROMPT, guidance_scale=5.0, **shape)

    return {
        "ours": ours(False),
        "ours, blocks compiled": ours(True),
        "diffusers": theirs(False),
        "diffusers compiled": theirs(True),
    }


def request_of(size: int, steps: int) -> TextToImage:
    sampling = Sampling(steps=steps, guidance=5.0, sampler="euler", seed=1)
    return TextToImage(prompt=PROMPT, size=Size(width=size, height=size), sampling=sampling)


def making(family: Family, request: TextToImage) -> Callable[[], object]:
    return lambda: list(generate(family, request))


def speed(options: argparse.Namespace, folder: Path) -> list[Row]:
    rows: list[Row] = []
    for name in options.models:
        sides = sides_of(written(folder, name, options), name, options)
        first = {side: seconds(work) for side, work in sides.items()}
        operations = flops_of(sides["ours"])
        timed = alternate(sides, options.rounds)
        rows += [
            {
                "model": name,
                "side": side,
                "picture_s": timed.median(side),
                "times diffusers": timed.ratio("diffusers", side),
                "times diffusers compiled": timed.ratio("diffusers compiled", side),
                "first_s": first[side],
                "TFLOP/s": operations / timed.median(side) / 1e12,
                "share of 790 TFLOP/s": operations / timed.median(side) / PEAK,
            }
            for side in sides
        ]
    return rows


def together(options: argparse.Namespace, folder: Path) -> list[Row]:
    family = load(written(folder, "sd15", options), device=options.device, precision="bfloat16")
    requests = mixed_requests(options.requests)
    pictures: dict[str, Any] = {}

    def timed_at(side: str, at_once: int) -> Callable[[], object]:
        def work() -> None:
            pictures[side] = run([PLANS[type(request)](family, request, False) for request in requests], at_once)

        return work

    most = max(family.at_once(256, 256) // 2, 2)
    timed = alternate({"alone": timed_at("alone", 1), "together": timed_at("together", most)}, options.rounds)
    return [
        {
            "requests": options.requests,
            "at once": most,
            "alone_s": timed.median("alone"),
            "together_s": timed.median("together"),
            "times as fast": timed.ratio("alone", "together"),
            "largest difference of 255": largest_difference(pictures["alone"], pictures["together"]),
        }
    ]


def preview(options: argparse.Namespace, folder: Path) -> list[Row]:
    family = load(written(folder, "sd15", options), device=options.device, precision="bfloat16")
    request = request_of(64 if options.tiny else 512, options.steps)

    def seen() -> None:
        for event in generate(family, request):
            if hasattr(event, "preview"):
                event.preview()

    timed = alternate({"none": making(family, request), "every step": seen}, options.rounds)
    more = timed.ratio("every step", "none") - 1
    return [{"none_s": timed.median("none"), "every step_s": timed.median("every step"), "more": more}]


def attention(options: argparse.Namespace, folder: Path) -> list[Row]:
    rows: list[Row] = []
    choices = ["sdpa", *(["xformers"] if find_spec("xformers") else [])]
    for name in options.models:
        place, request = written(folder, name, options), request_of(64 if options.tiny else SIZES[name], options.steps)
        families = {each: load(place, device=options.device, precision="bfloat16", attention=each) for each in choices}
        works = {each: making(family, request) for each, family in families.items()}
        timed = alternate(works, options.rounds)
        rows += [
            {
                "model": name,
                "attention": families[each].report["attention"],
                "picture_s": timed.median(each),
                "times sdpa": timed.ratio("sdpa", each),
            }
            for each in choices
        ]
    return rows


def written(folder: Path, name: str, options: argparse.Namespace) -> Path:
    """The model, written once."""
    place = folder / name
    if place.exists():
        return place
    if not options.tiny:
        return WRITERS[name](place)
    if name == "sd15":
        return make_sd_folder(place)
    make_sdxl_pipeline().save_pretrained(place)
    return place


COMMANDS = {"speed": speed, "together": together, "preview": preview, "attention": attention}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--models", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=24)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--backend", default="inductor", help="what torch.compile compiles with")
    parser.add_argument("--tiny", action="store_true", help="try the command with models of no size")
    takes_json(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = COMMANDS[options.what](options, Path(folder))
    show(rows)
    save(options.json, f"python -m benchmarks.gpu {options.what}", rows, options.device)


if __name__ == "__main__":
    main()

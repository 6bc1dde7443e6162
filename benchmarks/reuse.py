"""Deep features used again beside every step whole: how much faster, and what it costs in pictures.

python -m benchmarks.reuse [--model FOLDER] [--size 512] [--interval 3] [--steps 20] [--rounds 3] [--precision auto]
python -m benchmarks.reuse --quality [--seeds 2] [--judge FOLDER] [--sheet FILE]

The first times the walks of one picture through the engine, without reading the prompt and without decoding:
``python -m benchmarks.sd15 FOLDER`` writes a model of Stable Diffusion 1.5's size.  The second makes the example
pictures of the built-in model, at its own settings, with features used 2, 3 and 5 times, and beside that with as many
fewer steps as are the same work.  ``--judge``: where ``python -m training.judge`` keeps a judge; its answers about each
picture are compared with its answers about the picture that is whole.

Bar: twice as fast at interval 3 for Stable Diffusion 1.5 at 512x512, with 20 steps, of which the first are whole.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks import figures
from benchmarks.figures import Row
from pipelines import text_to_image
from pipelines.engine.engine import Engine
from pipelines.engine.guidance import Query
from pipelines.engine.reusing import FIRST, Deep
from pipelines.engine.schedule import Level
from pipelines.events import Picture
from pipelines.families.conditioning import Conditioning
from pipelines.families.unet import output_of
from pipelines.loading import load
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from studio.models.card import make_card

BUILT_IN = Path(__file__).parents[1] / "assets" / "meadow"
PROMPT = "a red house on the left of a meadow at sunset"
INTERVALS = (2, 3, 5)


def walk(family: Any, request: TextToImage) -> None:
    """From noise to the last latents."""
    (trajectory,) = text_to_image.plan(family, request)
    engine = Engine()
    engine.add(trajectory)
    while engine.live:
        engine.step()


def a_request(size: int, steps: int, reuse: int, guidance: float = 1.0) -> TextToImage:
    sampling = Sampling(steps=steps, guidance=guidance, sampler="euler", seed=1, reuse=reuse)
    return TextToImage(prompt=PROMPT, size=Size(width=size, height=size), sampling=sampling)


def work_of(family: Any, size: int) -> tuple[float, float]:
    """FLOPs of a whole estimate, and of one by the outer layers alone.

    Counted on a network without weights: how those of the real one are laid out hides some of its work.
    """
    config, cells = family.network.config, size // family.facts.downscale
    with torch.device("meta"):
        network = type(family.network).from_config(config)
        x, words = torch.zeros(1, family.facts.channels, cells, cells), torch.zeros(1, 77, config.cross_attention_dim)
        told: dict[str, Any] = {"encoder_hidden_states": words, "timestep_cond": None}
        if config.addition_embed_type == "text_time":
            width = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
            told["added_cond_kwargs"] = {"text_embeds": torch.zeros(1, width), "time_ids": torch.zeros(1, 6)}
        timestep = torch.zeros(1)
    whole = Query(x[0], Level(0.6, 0.8, 500.0), Conditioning(words[0]), Deep())
    with torch.inference_mode():
        first, later = (
            figures.flops_of(lambda query=query: output_of(network, (query,), x, timestep, told))
            for query in (whole, whole._replace(whole=False))
        )
    return first, later


def wholes(steps: int, every: int) -> int:
    """How many estimates of a walk are whole, with a sampler that asks once a step."""
    return FIRST + math.ceil((steps - FIRST) / every)


def speed(options: argparse.Namespace) -> list[Row]:
    """How long a walk takes with and without."""
    family = load(options.model, device=options.device, precision=options.precision)
    walk(family, a_request(options.size, FIRST + 2, 2))  # both kinds of estimate are slower for the first time
    size, steps, every = options.size, options.steps, options.interval
    whole, outer = work_of(family, size)
    timed = figures.alternate(
        {
            "whole": lambda: walk(family, a_request(size, steps, 1)),
            "reused": lambda: walk(family, a_request(size, steps, every)),
        },
        options.rounds,
        warm=0,
    )
    peak = figures.peak_of(family.device, family.network.dtype)
    some = wholes(steps, every)
    work = {"whole": steps * whole, "reused": some * whole + (steps - some) * outer}
    row: dict[str, Any] = {
        "case": f"{family.facts.family}, {size}x{size}, {steps} steps, interval {every}",
        "precision": family.report["precision"],
    }
    for side, flops in work.items():
        taken = timed.median(side)
        row |= {f"{side}_s": taken, f"{side}_tflop": flops / 1e12, f"{side}_share_of_peak": flops / taken / peak}
    row |= {
        "whole_estimates": some,
        "outer_share_of_flops": outer / whole,
        "ratio_of_flops": work["whole"] / work["reused"],
    }
    return [row | {"ratio": timed.ratio("whole", "reused")}]


def quality(options: argparse.Namespace) -> list[Row]:
    """What becomes of the built-in model's pictures."""
    family, card = load(options.model), make_card("", options.model)
    share = share_of_outer(family, card.native)
    usual = Sampling(**{name: card.defaults[name] for name in ("steps", "guidance", "sampler", "spacing")})
    judge = judge_in(options.judge)
    settings = {"whole": usual}
    for every in INTERVALS:
        settings[f"interval {every}"] = dataclasses.replace(usual, reuse=every)
        some = wholes(usual.steps, every)
        same_work = round(some + (usual.steps - some) * share)
        settings[f"{same_work} steps whole"] = dataclasses.replace(usual, steps=same_work)
    made = {name: list(pictures(family, card, each, options.seeds)) for name, each in settings.items()}
    if options.sheet:
        sheet(made).save(options.sheet)
    return [compared(name, made["whole"], others, judge) for name, others in made.items() if name != "whole"]


def share_of_outer(family: Any, size: int) -> float:
    whole, outer = work_of(family, size)
    return outer / whole


def pictures(family: Any, card: Any, sampling: Sampling, seeds: int) -> Iterator[Image.Image]:
    """The card's examples, with so many seeds each."""
    size = Size(width=card.defaults["width"], height=card.defaults["height"])
    for prompt in card.examples:
        request = TextToImage(prompt=prompt, size=size, sampling=sampling, count=seeds)
        yield from (event.image for event in generate(family, request) if isinstance(event, Picture))


def compared(name: str, whole: Sequence[Image.Image], others: Sequence[Image.Image], judge: Any) -> Row:
    """How near others are to the pictures that are whole."""
    psnrs = [psnr(one, other) for one, other in zip(whole, others, strict=True)]
    row: dict[str, Any] = {
        "case": f"the built-in model, {name}",
        "pictures": len(psnrs),
        "psnr_db": statistics.median(psnrs),
        "worst_psnr_db": min(psnrs),
    }
    return row if judge is None else row | agreement(judge(whole), judge(others))


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Peak signal to noise ratio in dB; infinite for the same picture."""
    error = np.square(np.asarray(one, float) - np.asarray(other, float)).mean()
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def judge_in(work: Path | None) -> Any:
    """Pictures → what a judge says of each, question by question; None where there is no judge."""
    if work is None:
        return None
    from training.judge import look, trained_judge

    judge = trained_judge(work)
    return lambda pictures: [dict(seen.scene) | {"things": frozenset(seen.things)} for seen in look(judge, pictures)]


def agreement(ones: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Share of a judge's answers that are the same about both."""
    said = [(name, one[name] == other[name]) for one, other in zip(ones, others, strict=True) for name in one]
    names = dict.fromkeys(name for name, _ in said)
    return {f"judge_same_{each}": statistics.mean(same for name, same in said if name == each) for each in names}


def sheet(made: Mapping[str, Sequence[Image.Image]]) -> Image.Image:
    """A row for each setting, a column for each picture."""
    width, height = next(iter(made.values()))[0].size
    whole = Image.new("RGB", (width * max(map(len, made.values())), height * len(made)))
    for row, images in enumerate(made.values()):
        for column, image in enumerate(images):
            whole.paste(image, (column * width, row * height))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--interval", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--sheet", type=Path)
    figures.takes_json(parser)
    options = parser.parse_args()
    rows = quality(options) if options.quality else speed(options)
    figures.show(rows)
    figures.save(
        options.json, "python -m benchmarks.reuse", rows, options.device if options.device != "auto" else "cpu"
    )


if __name__ == "__main__":
    main()

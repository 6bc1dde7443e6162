"""Stages two and three: learn to take noise away from latents, listening to the prompt.

Noise a drawing's latents by some amount, show them to the network together with a caption, and let it say what the
noise was. The text encoder learns along: words come to mean what helps the denoiser. To draw, begin with noise
alone and let the network clean it a little at a time; see `samples.py`.
"""

import argparse
from dataclasses import replace
from math import inf
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import CLIPTokenizer

from pipelines.errors import ModelError
from pipelines.parts import MIN_SIDE
from training.command import spoken
from training.dataset import SMALL, WHOLE, Lessons
from training.learning import Course, Run, learn, warm_up
from training.loop import device, half_precision, has_compiler, lot
from training.noising import STEPS, Road, new_road
from training.painter import Painter
from training.recipe import Recipe, Scale
from training.samples import sheet
from training.shelves import read
from training.text import new_tokenizer

PEAK_RATE = 1e-3


def loss_of(painter: nn.Module, road: Road, clean: Tensor, prompt: Tensor) -> Tensor:
    """Squared error of the predicted velocity at a random step for each picture, weighted along the road."""
    step = _spread_steps(len(clean), clean.device)
    noise = torch.randn_like(clean)
    noisy = road.noised(clean, noise, step).contiguous(memory_format=torch.channels_last)
    with half_precision():
        said = painter(noisy, step, prompt)
    error = (said.float() - road.velocity(clean, noise, step)).square().mean(dim=(1, 2, 3))
    return (road.weight(step) * error).mean()


def _spread_steps(count: int, where: torch.device) -> Tensor:
    """Random steps [count], one in each of `count` equal parts of the road: less chance, steadier learning."""
    parts = torch.arange(count, device=where) + torch.rand(count, device=where)
    return (parts / count * STEPS).long().clamp(max=STEPS - 1)


def train(work: Path, minutes: float = inf) -> None:
    """Train until the minutes are over, going on from `work` if there is a checkpoint.

    Small pictures come first: four of them cost what a whole one does, and what the words mean is the same in both.
    """
    recipe, tokenizer = Recipe.of(work), new_tokenizer()
    check_words(work / "denoiser.pt", tokenizer)
    scale, parts = recipe.scale, {name: _lessons(work, name) for name in (SMALL, WHOLE)}
    torch.manual_seed(lot(recipe.seed, "painter"))
    painter = Painter(tokenizer, scale).to(device())
    if scale.compiled and has_compiler():
        painter.unet.compile(dynamic=False)
    facts = {"pictures": sum(map(len, parts.values())), "words": tokenizer.get_vocab()}
    run = Run(minutes, scale.denoiser_steps, recipe.seed, scale.report)
    for name, side, until in ((SMALL, max(scale.side // 2, MIN_SIDE), scale.small_share), (WHOLE, scale.side, 1.0)):
        learn(painter, _course(work, scale, parts[name], side, facts), work, replace(run, until=until))


def _lessons(work: Path, name: str) -> Lessons:
    recipe, shelves = Recipe.of(work), read(work / name)
    if not shelves:
        raise ModelError(
            f"{work / name} holds no latents to learn from: run python -m training.dataset --work {work} first."
        )
    return Lessons(shelves, recipe.scale, recipe.seed)


def _course(work: Path, scale: Scale, lessons: Lessons, side: int, facts: dict[str, object]) -> Course:
    """What is painted to be looked at is a square of `side`."""
    road = new_road()
    road = Road(road.alpha.to(device()), road.sigma.to(device()))
    return Course(
        name="denoiser",
        rate=PEAK_RATE,
        weight_decay=1e-2,
        warm_up=warm_up(200, scale.denoiser_steps),
        lessons=lessons.start,
        loss=lambda network, clean, prompt: loss_of(network, road, clean, prompt),
        look=lambda average, step: sheet(average, work, step, side),
        unit="pictures",
        facts=facts,
    )


def check_words(checkpoint: Path, tokenizer: CLIPTokenizer) -> None:
    """A word's number must be the one that was learnt."""
    if not checkpoint.exists():
        return
    kept = torch.load(checkpoint, map_location="meta", weights_only=True)  # the weights themselves are not read
    if kept.get("words", tokenizer.get_vocab()) != tokenizer.get_vocab():
        raise ModelError(
            f"{checkpoint} was trained with other words than the captions have today: take it up in another folder "
            f"(python -m training.take_up --checkpoint {checkpoint} --work FOLDER)."
        )


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    train(options.work, options.minutes)


if __name__ == "__main__":
    main()

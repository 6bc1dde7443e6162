"""A judge: a small network that says what a picture of the world shows.

It learns from drawings alone, whose facts are known, and never from what the model paints; so it can be asked whether
the model painted what was wanted (`measure.py`). It stays in the work folder and is no part of the model.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.canvas import to_pixels
from pipelines.errors import ModelError
from training.command import spoken
from training.drawings import FIRST_HELD_OUT
from training.folder import FOLDER
from training.labels import KINDS, OF_KINDS, OPTIONS, SCENE, UNKNOWN, Seen, labels, read
from training.learning import Course, Run, learn, warm_up
from training.loop import device, half_precision, load
from training.scenes import SIDE, draw, imagine
from training.wear import at_sight, copier, lessons

WIDTHS = (24, 48, 96, 144)  # channels at a half, a quarter, an eighth and a sixteenth of the picture's size
BANDS = 4  # from the sky to the foreground
COLUMNS = 8  # from left to right
THIRDS = 3  # left, centre and right
FOUND = (1 + THIRDS) * WIDTHS[-1] + COLUMNS + 2  # numbers that tell of a kind of thing
GROUPS = 8  # of channels that are normalised together
WEIGHTS = {"there": 5}  # a scene has few of the kinds, and which they are is asked first of all
BATCH = 32
PEAK_RATE = 1.5e-3
WANTED = 0.98  # share of right answers about held-out drawings from which on a judge may be believed
WORLD = {"kinds": list(KINDS)} | {name: list(options) for name, options in OPTIONS.items()}


class Block(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, width) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.first(F.silu(self.norms[0](x)))
        return x + self.second(F.silu(self.norms[1](inner)))


class Judge(nn.Module):
    """Pictures of any size in, scores for every option of every question out.

    Questions about the scene are answered from the whole and from its bands, for the sky is above and the ground below.
    For each kind of thing a map says where in the picture it is: what is there tells its colour, and the map's columns
    with the thirds of the picture tell its place and how many there are.
    """

    def __init__(self) -> None:
        super().__init__()
        inner = [nn.Sequential(_halving(a, b), Block(b)) for a, b in pairwise(WIDTHS)]
        self.stem = nn.Conv2d(3, WIDTHS[0], 5, stride=2, padding=2)
        self.body = nn.Sequential(*inner, Block(WIDTHS[-1]), nn.GroupNorm(GROUPS, WIDTHS[-1]), nn.SiLU())
        self.scene = nn.ModuleDict({name: nn.Linear((2 + BANDS) * WIDTHS[-1], len(SCENE[name])) for name in SCENE})
        self.maps = nn.Conv2d(WIDTHS[-1], len(KINDS), 1)
        self.kinds = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(len(KINDS), len(options), FOUND) / FOUND**0.5)
                for name, options in OF_KINDS.items()
            }
        )

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Pictures [n, 3, height, width] in [-1, 1] → scores [n, options], and [n, kinds, options] of kinds."""
        inside = self.body(self.stem(pictures))
        whole, found = self._whole(inside), self._found(inside)
        answers = {name: head(whole) for name, head in self.scene.items()}
        return answers | {name: torch.einsum("nkc,koc->nko", found, head) for name, head in self.kinds.items()}

    def features(self, pictures: Tensor) -> Tensor:
        """What is seen of pictures at sight as a whole, [n, (2 + BANDS) · WIDTHS[-1]]."""
        return self._whole(self.body(self.stem(pictures)))

    def _whole(self, inside: Tensor) -> Tensor:
        bands = F.adaptive_avg_pool2d(inside, (BANDS, 1)).flatten(1)
        return torch.cat((inside.mean(dim=(2, 3)), inside.amax(dim=(2, 3)), bands), dim=1)

    def _found(self, inside: Tensor) -> Tensor:
        """What tells of each kind, [n, kinds, FOUND]: what its map finds (its look, columns, height, 1), and the most
        of everything in the left, the middle and the right, which is the same for all kinds."""
        maps = self.maps(inside)
        shares = maps.flatten(2).softmax(dim=2)
        looks = torch.einsum("nkp,ncp->nkc", shares, inside.flatten(2))
        columns = F.adaptive_avg_pool2d(shares.view_as(maps), (1, COLUMNS)).squeeze(2) * shares.shape[2]
        height = maps.amax(dim=(2, 3))[..., None]
        thirds = F.adaptive_max_pool2d(inside, (1, THIRDS)).flatten(1)[:, None].expand(-1, len(KINDS), -1)
        return torch.cat((looks, columns, height, torch.ones_like(height), thirds), dim=2)


def _halving(narrow: int, wide: int) -> nn.Module:
    return nn.Sequential(nn.SiLU(), nn.Conv2d(narrow, wide, 3, stride=2, padding=1))


def loss_of(judge: nn.Module, pictures: Tensor, truth: dict[str, Tensor]) -> Tensor:
    """Cross entropy, summed over the questions, some weightier than others; no answer, no loss."""
    with half_precision():
        answers = judge(pictures.contiguous(memory_format=torch.channels_last))
    return sum(WEIGHTS.get(name, 1) * _loss(answers[name].float(), truth[name]) for name in OPTIONS)


def _loss(scores: Tensor, truth: Tensor) -> Tensor:
    known = (truth != UNKNOWN).sum().clamp(min=1)
    total = F.cross_entropy(scores.flatten(0, -2), truth.flatten(), ignore_index=UNKNOWN, reduction="sum")
    return total / known


@torch.no_grad()
def answers_to(judge: nn.Module, pictures: Tensor) -> dict[str, Tensor]:
    """Scores for pictures [n, 3, height, width] in [-1, 1] of any size, as float32."""
    with half_precision():
        return {name: scores.float() for name, scores in judge(at_sight(pictures.to(device()))).items()}


@torch.no_grad()
def features_of(judge: Judge, pictures: Tensor) -> Tensor:
    """What the judge sees of pictures [n, 3, height, width] as a whole before it answers, as `Judge.features`."""
    return judge.features(at_sight(pictures.to(device()))).cpu()


def look(judge: Judge, pictures: Sequence[Image.Image]) -> list[Seen]:
    """What each picture shows; they may be of different sizes."""
    return [read(answers_to(judge, to_pixels(picture)[None]))[0] for picture in pictures]


def accuracy(answer: Callable[[Tensor], dict[str, Tensor]], count: int, size: tuple[int, int]) -> dict[str, float]:
    """Share of right answers to each question about the first `count` held-out drawings at (width, height).

    "there" is right where every kind of the picture is: one answer a picture, not one a kind.
    """
    right: dict[str, list[Tensor]] = {name: [] for name in OPTIONS}
    for number in range(FIRST_HELD_OUT, FIRST_HELD_OUT + count):
        said = answer(to_pixels(draw(imagine(number), number, size))[None])
        for name, truth in labels([imagine(number)]).items():
            known = truth != UNKNOWN
            hits = said[name].cpu().argmax(dim=-1)[known] == truth[known]
            right[name].append(hits.all().view(1) if name == "there" else hits)
    return {name: torch.cat(hits).float().mean().item() for name, hits in right.items()}


def train(work: Path, folder: Path, run: Run, batch: int = BATCH) -> None:
    """Train until the run is over, going on from `work` if there is a checkpoint."""
    torch.manual_seed(0)
    work.mkdir(parents=True, exist_ok=True)
    _kept(work)
    course = Course(
        name="judge",
        rate=PEAK_RATE,
        weight_decay=1e-2,
        warm_up=warm_up(100, run.steps),
        lessons=partial(lessons, batch, copier(folder)),
        loss=loss_of,
        look=lambda judge, step: f"step {step}: right about {_shares(judge, 60)}",
        unit="drawings",
        facts={"world": WORLD},
    )
    learn(Judge().to(device()).to(memory_format=torch.channels_last), course, work, run)


def trained_judge(work: Path) -> Judge:
    """The averaged judge of the checkpoint in `work`, ready for use."""
    if not (work / "judge.pt").exists():
        raise ModelError(f"There is no judge in {work}: train one with python -m training.judge --work {work}.")
    judge = Judge().to(device())
    judge.load_state_dict(_kept(work)["average"])
    return judge.eval().requires_grad_(False)


def _kept(work: Path) -> dict:
    """The checkpoint in `work`, if any; a judge of a world that has changed since is refused."""
    kept = load(work / "judge.pt")
    if kept and kept.get("world") != WORLD:
        raise ModelError(f"The judge in {work} learnt another world: remove {work / 'judge.pt'} and train a new one.")
    return kept


def _shares(judge: nn.Module, count: int) -> str:
    """How often the judge is right about held-out drawings, in words."""
    shares = accuracy(partial(answers_to, judge), count, (SIDE, SIDE))
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())


def report(judge: Judge, count: int) -> None:
    """Print how often the judge is right about held-out drawings, question by question."""
    for name, share in accuracy(partial(answers_to, judge), count, (SIDE, SIDE)).items():
        print(f"{name:8} {share:7.2%}{'' if share >= WANTED else f'   below {WANTED:.0%}'}", flush=True)


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the model whose autoencoder makes the copies")
    parser.add_argument("--batch", type=int, default=BATCH, help="larger on a GPU")
    parser.add_argument("--count", type=int, default=500, help="held-out drawings to be asked about in the end")
    options = parser.parse_args()
    train(options.work, options.folder, Run(options.minutes), options.batch)
    report(trained_judge(options.work), options.count)


if __name__ == "__main__":
    main()

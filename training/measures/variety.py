"""Does the model paint anew, or the same picture again, or one that it was shown?

Two spaces are used: the composition (16 × 16 places of mean colour, root mean square difference) and what the judge
sees of the scene as a whole before it answers (Euclidean distance).
"""

from collections.abc import Callable, Sequence
from itertools import islice

import torch
from PIL import Image
from torch import Tensor

from pipelines.canvas import to_pixels
from training.judge import Judge, features_of
from training.measures.claims import examples
from training.measures.likeness import composition, mean_distance, nearest
from training.measures.rows import Row
from training.measures.trial import Trial, watched
from training.scenes import draw, imagine

SEEDS = 6  # pictures of one caption
TRAINING = 2000  # training drawings among which the nearest is sought
COPY = 0.5  # of the distance that is usual between drawings: what is nearer to one than this looks like its copy

Space = Callable[[Sequence[Image.Image]], Tensor]


def spaces(judge: Judge) -> dict[str, Space]:
    """Pictures of one size → points [n, d]."""

    def pixels(pictures: Sequence[Image.Image]) -> Tensor:
        return torch.cat([composition(to_pixels(picture)[None]) for picture in pictures])

    def features(pictures: Sequence[Image.Image]) -> Tensor:
        return torch.cat([features_of(judge, to_pixels(picture)[None]) for picture in pictures])

    return {"composition": pixels, "judge's features": features}


def variety(trial: Trial) -> list[Row]:
    """Distance between pictures of one caption from different seeds, in drawings' distances."""
    asked = list(islice(examples("hour", "ground"), max(2, trial.count // 16)))
    painted = [
        [trial.artist.paint(example.words, seed) for seed in range(SEEDS)] for example in watched(asked, "variety")
    ]
    drawn = [[draw(example.facts, seed, trial.artist.size) for seed in range(SEEDS)] for example in asked]
    how = f"mean distance between {SEEDS} seeds of one caption / {SEEDS} drawings of its facts, {len(asked)} captions"
    return [
        Row(f"variety: {name}", _spread(painted, space) / _spread(drawn, space), None, how, unit="")
        for name, space in spaces(trial.judge).items()
    ]


def _spread(groups: Sequence[Sequence[Image.Image]], space: Space) -> float:
    return sum(mean_distance(space(group)) for group in groups) / len(groups)


def novelty(trial: Trial) -> list[Row]:
    """How near pictures come to training drawings, beside how near drawings that were never trained on come."""
    size, asked = trial.artist.size, list(islice(examples(), trial.some))
    painted = [trial.artist.paint(example.words, example.number) for example in watched(asked, "newness")]
    held_out = [draw(example.facts, example.number, size) for example in asked]
    shown = [draw(imagine(number), number, size) for number in range(TRAINING)]
    copied = [trial.artist.copy(drawing) for drawing in shown[:8]]
    rows = []
    for name, space in spaces(trial.judge).items():
        known = space(shown)
        ours, theirs, copy = (nearest(space(pictures), known) for pictures in (painted, held_out, copied))
        usual = theirs.median()
        rows.append(_novelty(name, ours / usual, (copy.median() / usual).item()))
    return rows


def _novelty(name: str, distances: Tensor, copy: float) -> Row:
    """The middle of the distances; `copy`: what a real copy would give."""
    near = int((distances < COPY).sum())
    how = (
        f"median distance to the nearest of {TRAINING} training drawings, in that of held-out drawings, "
        f"{len(distances)} pictures; a copy would give {copy:.2f}; below {COPY}: {near}, least {distances.min():.2f}"
    )
    return Row(f"newness: {name}", distances.median().item(), COPY, how, unit="")

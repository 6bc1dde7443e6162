"""What can be asked of a picture of the world, and the true answers as numbers, for a network that learns to judge.

Some questions are about the scene as a whole, the others about each kind of thing. An answer is its place in OPTIONS;
where a question makes no sense (the colour of what is not there) the answer is UNKNOWN.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from training.scenes import Facts, Thing
from training.scenes.facts import COLOURS, FARS, GROUNDS, HOURS, PLACES, STYLES, WEATHERS
from training.scenes.palette import PAINT

UNKNOWN = -100  # what torch's cross entropy passes over
KINDS = tuple(COLOURS)
SCENE = {"hour": HOURS, "weather": WEATHERS, "ground": GROUNDS, "far": FARS, "style": STYLES}
OF_KINDS = {"there": (False, True), "colour": tuple(PAINT), "place": PLACES, "count": (1, 2, 3)}
OPTIONS: dict[str, tuple] = SCENE | OF_KINDS


@dataclass(frozen=True)
class Seen:
    """What a picture shows: the answers about its scene, by question, and the things that are there."""

    scene: dict[str, str]
    things: tuple[Thing, ...]

    def find(self, kind: str) -> Thing | None:
        """The thing of that kind, where there is one."""
        return next((thing for thing in self.things if thing.kind == kind), None)


def labels(scenes: Iterable[Facts]) -> dict[str, Tensor]:
    """True answers: of the scene [n], of kinds [n, len(KINDS)], as places in OPTIONS or UNKNOWN."""
    rows = [_label(facts) for facts in scenes]
    return {name: torch.tensor([row[name] for row in rows]) for name in OPTIONS}


def _label(facts: Facts) -> dict[str, int | list[int]]:
    of_scene = {name: options.index(getattr(facts, name)) for name, options in SCENE.items()}
    return of_scene | {name: [_of_kind(facts, name, kind) for kind in KINDS] for name in OF_KINDS}


def _of_kind(facts: Facts, name: str, kind: str) -> int:
    """What is true of the one thing of a kind. Where several things are of one kind, only their presence is plain."""
    found = [thing for thing in facts.things if thing.kind == kind]
    if name == "there":
        return int(bool(found))
    value = getattr(found[0], name) if len(found) == 1 else None
    return OF_KINDS[name].index(value) if value in OF_KINDS[name] else UNKNOWN


def read(answers: dict[str, Tensor]) -> list[Seen]:
    """Scores [n, options] and [n, kinds, options] as words: of each question the option with the highest score."""
    best = {name: scores.argmax(dim=-1).tolist() for name, scores in answers.items()}
    return [_read({name: column[index] for name, column in best.items()}) for index in range(len(best["there"]))]


def _read(best: dict) -> Seen:
    scene = {name: options[best[name]] for name, options in SCENE.items()}
    told = {name: [options[pick] for pick in best[name]] for name, options in OF_KINDS.items()}
    columns = zip(KINDS, told["there"], told["colour"], told["place"], told["count"], strict=True)
    return Seen(scene, tuple(Thing(kind, *rest) for kind, there, *rest in columns if there))

"""Does the picture show what the caption says? At the usual size, and at others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from training.labels import Seen
from training.measures.claims import Example, examples
from training.measures.rows import Row, share
from training.measures.trial import Trial

SIZES = ((192, 192), (320, 320), (512, 512), (512, 256), (256, 512))
LAND = ("hour", "ground")


@dataclass(frozen=True)
class Question:
    """All that a caption says of `claims` has to be right; `bar` in percent."""

    name: str
    claims: tuple[str, ...]
    bar: float | None = None

    def examples(self, count: int) -> list[Example]:
        """The first held-out captions that say anything of it."""
        return list(islice((example for example in examples() if example.claims & set(self.claims)), count))

    def right(self, example: Example, seen: Seen) -> bool:
        return all(example.right(claim, seen) for claim in self.claims if claim in example.claims)

    def row(self, asked: Sequence[Example], painted: Mapping[int, Seen], drawn: Mapping[int, Seen]) -> Row:
        """The share of right pictures, beside that of drawings of the same scenes: a judge is no better than that."""
        right, judged = ([self.right(example, seen[example.number]) for example in asked] for seen in (painted, drawn))
        own = 100 * sum(judged) / max(1, len(judged))
        how = f"held-out captions that say it; of drawings of them the judge gets {own:.1f} % right"
        return share(self.name, right, self.bar, how)


QUESTIONS = (
    Question("hour and weather", ("hour", "weather"), 97.0),
    Question("ground", ("ground",), 95.0),
    Question("main thing", ("thing",), 92.0),
    Question("its colour", ("colour",), 90.0),
    Question("its place", ("place",), 90.0),
    Question("style", ("style",), 95.0),
    Question("two things, two colours", ("pair",), 75.0),
)


def following(trial: Trial) -> list[Row]:
    """A row for each thing that a caption may say, over held-out captions that say it."""
    asked = {question: question.examples(trial.count) for question in QUESTIONS}
    everything = list(chain.from_iterable(asked.values()))
    painted, drawn = trial.painted(everything), trial.drawn(everything)
    return [question.row(asked[question], painted, drawn) for question in QUESTIONS]


def sizes(trial: Trial) -> list[Row]:
    """Hour and ground, both right, at sizes other than the usual."""
    asked = list(islice(examples(*LAND), trial.some))
    rows = []
    for width, height in SIZES:
        painted, drawn = (see(asked, (width, height)) for see in (trial.painted, trial.drawn))
        rows.append(Question(f"hour and ground at {width}x{height}", LAND).row(asked, painted, drawn))
    return rows

"""Who is judged, by whom, and how thoroughly."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from training.judge import Judge, look
from training.labels import Seen
from training.measures.artist import Artist
from training.measures.claims import Example
from training.progress import Line
from training.scenes import draw

Item = TypeVar("Item")


@dataclass(frozen=True)
class Trial:
    """`count`: pictures for each share that is measured."""

    artist: Artist
    judge: Judge
    folder: Path
    count: int = 200

    @property
    def some(self) -> int:
        """Pictures for measures that vary less, or come in several sizes."""
        return max(2, self.count // 4)

    def look(self, pictures: Sequence[Image.Image]) -> list[Seen]:
        return look(self.judge, pictures)

    def painted(self, examples: Iterable[Example], size: tuple[int, int] | None = None) -> dict[int, Seen]:
        """What the artist's pictures of some examples show, by the number of the scene; each is painted once."""
        wanted = list({example.number: example for example in examples}.values())
        pictures = (self.artist.paint(example.words, example.number, size) for example in watched(wanted, "painting"))
        return {example.number: self.look([picture])[0] for example, picture in zip(wanted, pictures, strict=True)}

    def drawn(self, examples: Iterable[Example], size: tuple[int, int] | None = None) -> dict[int, Seen]:
        """What drawings of the same scenes show to the judge: where it errs itself."""
        wanted = {example.number: example.facts for example in examples}
        drawings = (draw(facts, number, size or self.artist.size) for number, facts in wanted.items())
        return {number: self.look([drawing])[0] for number, drawing in zip(wanted, drawings, strict=True)}


def watched(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Each of the items, while a line tells how far they are done."""
    line = Line(what, "pictures")
    for done, item in enumerate(items, 1):
        yield item
        line.show(done / len(items), done)
    line.end()

"""Inpainting and outpainting: is the new thing there, does the land go on, can the join be seen?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from random import Random

from PIL import Image, ImageChops, ImageDraw

from pipelines.canvas import to_pixels
from pipelines.parts import Margins
from training.captions import caption
from training.drawings import FIRST_HELD_OUT
from training.labels import Seen
from training.measures.claims import Example, examples, named
from training.measures.likeness import seam
from training.measures.rows import Row, share
from training.measures.trial import Trial, watched
from training.scenes import Facts, Thing, draw, draw_with_mask, imagine
from training.scenes.facts import COLOURS, STANDING

LAND = ("hour", "ground")
SEAM = "mean step across the old edge / between the columns within 24 pixels of it, {} pictures"


@dataclass(frozen=True)
class Swap:
    """A drawing, the box around its only thing and around the one wanted instead, and the caption to repaint it by."""

    number: int
    picture: Image.Image
    mask: Image.Image
    old: Thing
    new: Thing
    words: str

    def done(self, seen: Seen) -> bool:
        """Whether the new thing is there, where it was wanted."""
        found = seen.find(self.new.kind)
        return found is not None and found.place == self.new.place


def inpainting(trial: Trial) -> list[Row]:
    """Repaint the box of a thing, asking for another one."""
    hits, gone, ideal = [], [], []
    for swap in watched(list(islice(swaps(trial.artist.size), trial.count)), "inpainting"):
        painted = trial.artist.repaint(swap.picture, swap.mask, swap.words, swap.number)
        wanted = draw(with_only(imagine(swap.number), swap.new), swap.number, trial.artist.size)
        seen, drawn = trial.look([painted, wanted])
        hits.append(swap.done(seen))
        gone.append(seen.find(swap.old.kind) is None)
        ideal.append(swap.done(drawn))
    own, without = (100 * sum(found) / max(1, len(found)) for found in (ideal, gone))
    how = (
        "the box of a drawn thing and of the one asked for, repainted; "
        f"of drawings the judge gets {own:.1f} % right; the old thing is gone in {without:.1f} %"
    )
    return [share("inpainting: new thing in its place", hits, 85.0, how)]


def swaps(size: tuple[int, int]) -> Iterator[Swap]:
    """Held-out scenes with a single thing and nothing else in the foreground, and another thing for its place."""
    for number in count(FIRST_HELD_OUT):
        facts, random = imagine(number), Random(f"swap {number}")
        kinds = set(STANDING[facts.ground])
        if len(facts.things) != 1 or facts.flowers or not facts.things[0].place or facts.things[0].kind not in kinds:
            continue
        old, kinds = facts.things[0], sorted(kinds - {facts.things[0].kind})
        kind = random.choice(kinds)
        changed = with_only(facts, Thing(kind, random.choice(COLOURS[kind]), old.place))
        words = _naming(changed, random)
        picture, mask = box_of(facts, changed, number, size)
        yield Swap(number, picture, mask, old, changed.things[0], words)


def with_only(facts: Facts, thing: Thing) -> Facts:
    return replace(facts, things=(thing,))


def _naming(facts: Facts, random: Random) -> str:
    """A caption that names the thing."""
    said = (caption(facts, random) for _ in range(1000))
    return next(words for words in said if named(words, facts))


def box_of(facts: Facts, changed: Facts, number: int, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """The drawing of the facts, and a mask: the box around its thing and around the changed facts' thing."""
    picture, old = draw_with_mask(facts, number, size)
    _, new = draw_with_mask(changed, number, size)
    both = ImageChops.lighter(old, new).point(lambda value: 255 if value > 127 else 0)
    mask = Image.new("L", picture.size)
    left, top, right, bottom = both.getbbox() or (0, 0, *picture.size)
    ImageDraw.Draw(mask).rectangle((left, top, right - 1, bottom - 1), fill=255)
    return picture, mask


def outpainting(trial: Trial) -> list[Row]:
    """Half as much again to the left or to the right: the same land, and no join to be seen."""
    hits, at, near = [], 0.0, 0.0
    asked = list(islice(examples(*LAND), trial.count))
    for index, example in enumerate(watched(asked, "outpainting")):
        picture = draw(example.facts, example.number, trial.artist.size)
        margins = Margins(**{("left", "right")[index % 2]: picture.width // 2})
        wide = trial.artist.extend(picture, margins, example.words, example.number)
        join, end = (margins.left or picture.width), (0 if margins.left else margins.right)
        hits.append(_same(example, trial.look([wide.crop((end, 0, end + picture.width, picture.height))])[0]))
        steps = seam(to_pixels(wide), join)
        at, near = at + steps[0], near + steps[1]
    return [
        share("outpainting: same hour and ground", hits, None, "judged of a square, its outer half new"),
        Row("outpainting: seam", at / near, 1.3, SEAM.format(len(asked)), unit="", at_most=True),
    ]


def _same(example: Example, seen: Seen) -> bool:
    return all(example.right(claim, seen) for claim in LAND)

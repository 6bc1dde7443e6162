"""Losses as they were, in a table and in a picture: `losses.csv` and `loss.png` in the work folder."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor, log10
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HEAD = ("stage", "step", "seen", "seconds", "loss")
WIDTH, HEIGHT = 900, 360  # of one stage's panel, pixels
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 34, 34  # margins around the curve
RAW, SMOOTH, GRID, INK = "#c9d6e8", "#1f4e9c", "#e6e6e6", "#333333"

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """The losses of one stage. What an interrupted run noted after its last checkpoint is forgotten: it comes again."""

    work: Path
    stage: str
    begun: int  # the step from which this run goes on

    def __post_init__(self) -> None:
        rows = read(self.work)
        kept = [row for row in rows if row[0] != self.stage or int(row[1]) <= self.begun]
        if kept != rows or not rows:
            _write(self.work, kept)

    def note(self, step: int, seen: int, seconds: float, loss: float) -> None:
        with (self.work / "losses.csv").open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow((self.stage, step, seen, f"{seconds:.1f}", f"{loss:.6f}"))

    def draw(self) -> None:
        """Draw the curves of all stages anew."""
        points: dict[str, list[Point]] = {}
        for stage, step, _, _, loss in read(self.work):
            points.setdefault(stage, []).append((float(step), float(loss)))
        if points:
            unfinished = self.work / "loss.part.png"
            picture(points).save(unfinished)
            unfinished.replace(self.work / "loss.png")


def read(work: Path) -> list[list[str]]:
    """The rows noted so far; a torn last one is left out."""
    path = work / "losses.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.reader(file) if len(row) == len(HEAD) and row[1].isdigit()]


def _write(work: Path, rows: list[list[str]]) -> None:
    unfinished = work / "losses.part.csv"
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEAD, *rows])
    unfinished.replace(work / "losses.csv")


def picture(points: dict[str, list[Point]]) -> Image.Image:
    """A panel for each stage, one below the other."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT * len(points)), "white")
    for number, (stage, curve) in enumerate(points.items()):
        panel = Image.new("RGB", (WIDTH, HEIGHT), "white")
        _draw_panel(ImageDraw.Draw(panel), stage, curve)
        sheet.paste(panel, (0, number * HEIGHT))
    return sheet


def smoothed(values: Sequence[float], memory: float = 0.9) -> list[float]:
    """Means of the values so far, in which each counts for a tenth less with every one that follows."""
    sums = accumulate(values, lambda total, value: memory * total + value)
    weights = accumulate((1.0 for _ in values), lambda total, one: memory * total + one)
    return [total / weight for total, weight in zip(sums, weights, strict=True)]


def _draw_panel(pen: ImageDraw.ImageDraw, stage: str, curve: list[Point]) -> None:
    steps, losses = [step for step, _ in curve], [log10(max(loss, 1e-9)) for _, loss in curve]
    low, high = min(losses) - 0.03, max(losses) + 0.03

    def place(step: float, loss: float) -> Point:
        across = (step - steps[0]) / max(steps[-1] - steps[0], 1)
        return LEFT + across * (WIDTH - LEFT - RIGHT), TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM)

    font = ImageFont.load_default(13)
    for value in ticks(10**low, 10**high):
        y = place(steps[0], log10(value))[1]
        pen.line((LEFT, y, WIDTH - RIGHT, y), fill=GRID)
        pen.text((LEFT - 8, y), f"{value:g}", fill=INK, font=font, anchor="rm")
    for step in (steps[0], steps[-1]):
        pen.text((place(step, low)[0], HEIGHT - BOTTOM + 8), f"{step:,.0f}", fill=INK, font=font, anchor="mt")
    pen.text((LEFT, 10), f"{stage}: loss after so many steps", fill=INK, font=font)
    pen.line([place(*point) for point in zip(steps, losses, strict=True)], fill=RAW, width=1)
    pen.line([place(*point) for point in zip(steps, smoothed(losses), strict=True)], fill=SMOOTH, width=2)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones, for an axis of logarithms: few where the range is wide."""
    for fractions in ((1,), (1, 2, 5), range(1, 10), [tenth / 10 for tenth in range(10, 100)]):
        decades = range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
        found = [float(f"{part * 10.0**decade:.6g}") for decade in decades for part in fractions]
        found = [value for value in found if low <= value <= high]
        if len(found) >= 3:
            return found[:: ceil(len(found) / 10)]
    return found

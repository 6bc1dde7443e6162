"""Finished pictures side by side, with what they differ in written above and beside them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from pipelines.depth import eight_bits

LONGEST = 8192
"""Pixels on a side of a sheet; where cells of full size would make more, they are made smaller."""

PAPER, INK, BLANK = "#ffffff", "#222222", "#e8e8e8"
GAP = 8


def sheets(labels: Sequence[Sequence[str]], pictures: Sequence[Image.Image | None]) -> list[Image.Image]:
    """One picture for each value of the third axis (one at all, where there is none).

    ``labels``: of each axis, one to three.  ``pictures``: in the order of the grid's requests; None where one was not
    made, whose cell stays blank.
    """
    across, down, title = (*labels, ("",), ("",))[:3]
    columns, rows, count = len(across), len(down), len(title)
    plain = [None if each is None else eight_bits(each).convert("RGB") for each in pictures]
    page = columns * rows
    return [
        _Sheet(across, down, title[number], plain[number * page : (number + 1) * page]).draw()
        for number in range(count)
    ]


class _Sheet:
    """One page: a row of labels, a column of labels, and cells as large as the largest picture."""

    def __init__(
        self, across: Sequence[str], down: Sequence[str], title: str, pictures: Sequence[Image.Image | None]
    ) -> None:
        self.across, self.down, self.title = across, down, title
        sizes = [picture.size for picture in pictures if picture is not None] or [(256, 256)]
        width, height = (max(sides) for sides in zip(*sizes, strict=True))
        shrink = min(1.0, LONGEST / (width * (len(across) + 1)), LONGEST / (height * (len(down) + 1)))
        self.cell = max(round(width * shrink), 1), max(round(height * shrink), 1)
        self.pictures = [None if each is None else _fitted(each, shrink) for each in pictures]
        self.letters = max(12, min(self.cell) // 14)
        self.font = ImageFont.load_default(size=self.letters)

    def draw(self) -> Image.Image:
        width, height = self.cell
        left = self._room(self.down, width // 2)
        lines = [_wrapped(label, self.font, width) for label in self.across]
        top = self._height(max(lines, key=len)) + (self._height([self.title]) if self.title else 0) + GAP
        columns, rows = len(self.across), len(self.down)
        sheet = Image.new("RGB", (left + columns * (width + GAP) + GAP, top + rows * (height + GAP)), PAPER)
        pen = ImageDraw.Draw(sheet)
        pen.text((sheet.width / 2, GAP), self.title, INK, self.font, anchor="ma")
        for column, words in enumerate(lines):
            middle = left + column * (width + GAP) + GAP + width / 2
            pen.multiline_text((middle, top - GAP / 2), "\n".join(words), INK, self.font, anchor="md", align="center")
        for row, label in enumerate(self.down):
            text = "\n".join(_wrapped(label, self.font, left - 2 * GAP))
            middle = top + row * (height + GAP) + height / 2
            pen.multiline_text((left - GAP, middle), text, INK, self.font, anchor="rm", align="right")
        for number, picture in enumerate(self.pictures):
            x = left + number % columns * (width + GAP) + GAP
            y = top + number // columns * (height + GAP)
            if picture is None:
                pen.rectangle((x, y, x + width - 1, y + height - 1), BLANK)
            else:
                sheet.paste(picture, (x, y))
        return sheet

    def _room(self, labels: Sequence[str], most: int) -> int:
        """The width that labels beside the rows take."""
        widest = max(self.font.getlength(label) for label in labels)
        return int(min(widest, most)) + 2 * GAP if widest else 0

    def _height(self, lines: Sequence[str]) -> int:
        return round(len(lines) * self.letters * 1.4) + GAP


def _fitted(picture: Image.Image, shrink: float) -> Image.Image:
    if shrink == 1:
        return picture
    return picture.resize([max(round(side * shrink), 1) for side in picture.size], Image.Resampling.LANCZOS)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    """The text in lines that are no wider; a word that is wider stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]

"""What a page is told of a job, from its requests alone."""

from __future__ import annotations

from PIL import Image

from pipelines.pictures import picture_key
from pipelines.requests import Hires, ImageToImage, Inpaint, Margins, Outpaint, Request, Size, TextToImage
from studio.jobs.about import MOST_WORDS, about

PICTURE = Image.new("RGB", (64, 48), "teal")


def told(request: Request) -> tuple[int, int, str | None]:
    said = about([request.to_dict()])
    return said["width"], said["height"], said["source"]


def test_how_large_the_pictures_will_be_and_what_they_are_made_from() -> None:
    size, source = Size(width=96, height=64), picture_key(PICTURE)
    assert told(TextToImage(size=size)) == (96, 64, None)
    assert told(TextToImage(size=size, hires=Hires(scale=1.5))) == (144, 96, None)
    assert told(ImageToImage(image=PICTURE)) == (0, 0, source)  # as large as that
    assert told(ImageToImage(image=PICTURE, width=128, height=72)) == (128, 72, source)
    assert told(Inpaint(image=PICTURE, mask=Image.new("L", PICTURE.size))) == (0, 0, source)
    assert told(Outpaint(image=PICTURE, margins=Margins(left=8))) == (0, 0, source)


def test_margins_are_told_where_there_are_some() -> None:
    margins = about([Outpaint(image=PICTURE, margins=Margins(left=8, top=16)).to_dict()])["margins"]
    assert margins == {"left": 8, "top": 16, "right": 0, "bottom": 0}
    assert about([TextToImage().to_dict()])["margins"] is None


def test_words_are_those_of_the_first_picture_and_not_endless() -> None:
    said = about([TextToImage(prompt="x" * 2 * MOST_WORDS).to_dict(), TextToImage(prompt="y").to_dict()])
    assert said["prompt"] == "x" * MOST_WORDS

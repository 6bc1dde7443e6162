"""``--control`` and ``--image-prompt``: a file of the shelf and the picture that it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pipelines.controls import Control, ImagePrompt
from pipelines.errors import InvalidRequest
from studio import arguments, asking
from studio.models import Models


def test_it_becomes_a_part_of_the_request(tmp_path: Path) -> None:
    image, path = Image.new("RGB", (32, 24), "teal"), tmp_path / "map.png"
    image.save(path)
    words = ["a house", "--control", f"lines, image={path},weight=0.5,end=.8,preparation=edges"]
    options = arguments.generate().parse_args([*words, "--control", f"depth,image={path}"])
    request = asking.text_to_image(options, Models().card("meadow"))
    assert request.controls == (
        Control(image=image, name="lines", weight=0.5, end=0.8, preparation="edges"),
        Control(image=image, name="depth"),
    )


def test_so_does_an_image_prompt(tmp_path: Path) -> None:
    image, path = Image.new("RGB", (32, 24), "teal"), tmp_path / "like.png"
    image.save(path)
    words = ["a house", "--image-prompt", f"face,image={path},weight=0.5,start=.2", "--image-prompt"]
    options = arguments.generate().parse_args([*words, f"plus,image={path}"])
    request = asking.text_to_image(options, Models().card("meadow"))
    first, second = ImagePrompt(image=image, name="face", weight=0.5, start=0.2), ImagePrompt(image=image, name="plus")
    assert request.image_prompts == (first, second) and request.controls == ()
    with pytest.raises(InvalidRequest, match="--image-prompt has no use for 'preparation=edges'"):
        arguments.generate().parse_args(["a house", "--image-prompt", f"face,image={path},preparation=edges"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lines", "--control 'lines' needs the picture that it is shown"),
        ("lines,image=a.png,wait=3", "no use for 'wait=3'"),
        ("lines,image=a.png,image=b.png", "no use for 'image=b.png'"),
        ("lines,image=a.png,weight=much", "must be a number, but is 'much'"),
    ],
)
def test_what_it_cannot_be(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        arguments.generate().parse_args(["a house", "--control", text])

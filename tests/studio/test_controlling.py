"""``--control``: a ControlNet and the picture that it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pipelines.controls import Control
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

"""What stands in the fields and cannot be meant is refused in a sentence, and so is what a canvas cannot have sent."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from pipelines.errors import InvalidRequest, StudioError
from studio.services import Studio
from studio.ui import image_to_image, inpaint, outpaint, text_to_image
from studio.ui.several import Asked
from studio.ui.tab import submitted
from tests.studio.ui.conftest import Tab

Make = Callable[[ModuleType], Tab]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"steps": 0}, "steps must be a whole number from 1"),
        ({"steps": None}, "Steps is empty or no number"),
        ({"steps": 2.5}, "Steps must be a whole number, but is 2.5"),
        ({"steps": "many"}, "Steps is empty or no number"),
        ({"guidance": float("nan")}, "Guidance is empty or no number"),
        ({"guidance": 0}, "guidance must be a number from 1"),
        ({"sampler": "magic"}, "Unknown sampler 'magic'"),
        ({"sampler": None}, "Unknown sampler None"),
        ({"spacing": "wide"}, "Unknown spacing 'wide'"),
        ({"guidance-method": "pag"}, "Unknown guidance method 'pag'"),
        ({"guidance-stop": "late"}, "Guidance stop is empty or no number"),
        ({"variation-seed": 1.5}, "Variation seed must be a whole number, but is 1.5"),
        ({"clip-skip": 0}, "clip skip must be a whole number from 1"),
        ({"reuse": 11}, "reuse must be a whole number from 1 to 10"),
        ({"reuse": 1.5}, "Reuse must be a whole number, but is 1.5"),
        ({"seed": "seven"}, "Seed must be a whole number from 0"),
        ({"seed": "4294967296"}, "seed must be a whole number from 0"),
        ({"seed": "9" * 5000}, "Seed must be a whole number from 0"),
        ({"count": 0}, "count must be a whole number from 1"),
        ({"enlarge": 0}, "hires scale must be a number from 1 to 4"),
        ({"enlarge": None}, "Enlarge is empty or no number"),
        ({"enlarge": 2, "enlarge-what": "words"}, "Unknown hires upscale 'words'"),
        ({"enlarge": 2, "second-strength": 0}, "hires strength must be a number from 0.01"),
        ({"width": 0}, "width must be a whole number from 64"),
        ({"height": True}, "Height is empty or no number"),
        ({"prompt": "a" * 10_000}, "The prompt has 10,000 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused(make_tab: Make, typed: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^{said}"):
        make_tab(text_to_image).request(**typed)


@pytest.mark.parametrize(
    ("module", "typed", "said"),
    [
        (image_to_image, {"width": 128}, "The new size needs both a width and a height"),
        (image_to_image, {"width": 12, "height": 128}, "width must be a whole number from 64"),
        (image_to_image, {"resize": "squeeze"}, "Unknown resize mode 'squeeze'"),
        (image_to_image, {"loops": 0}, "loops must be a whole number from 1"),
        (image_to_image, {"all-steps-from-there": "yes"}, "full_steps must be true or false"),
        (image_to_image, {"strength": 2}, "strength must be a number from 0 to 1"),
        (inpaint, {"area": "sky"}, "Unknown area 'sky'"),
        (inpaint, {"area": ["masked"]}, "Unknown area"),
        (inpaint, {"area": "masked", "padding": -1}, "padding must be a whole number from 0"),
        (inpaint, {"join": "glue"}, "Unknown blend 'glue'"),
        (inpaint, {"grey-repaints-less": None}, "graded must be true or false"),
        (outpaint, {"fill": "paint"}, "Unknown fill 'paint'"),
        (outpaint, {"paint-copies-anew": 11}, "rolls must be a whole number from 0 to 10"),
    ],
)
def test_what_a_picture_cannot_be_asked_for_is_refused(
    make_tab: Make, canvas: dict[str, str], module: ModuleType, typed: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"^{said}"):
        make_tab(module).request(canvas, **typed)


@pytest.mark.parametrize(
    ("canvas", "said"),
    [
        (None, "Open a picture first"),
        ("nonsense", "Open a picture first"),
        ({"picture": None}, "Open a picture first"),
        ({"picture": ["../../etc/passwd"]}, "Open a picture first"),
        ({"picture": "../../etc/passwd"}, "The library does not have this picture"),
        ({"problem": "The studio does not answer."}, "The studio does not answer."),
    ],
)
def test_a_canvas_is_not_believed(make_tab: Make, canvas: Any, said: str) -> None:
    for module in (image_to_image, inpaint, outpaint):
        with pytest.raises(StudioError, match=said):
            make_tab(module).request(canvas)


def test_nothing_painted_is_refused(make_tab: Make, canvas: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="Nothing is painted yet"):
        make_tab(inpaint).request(canvas | {"mask": None})


def test_a_mask_of_another_size_is_refused(make_tab: Make, canvas: dict[str, str], idle_studio: Studio) -> None:
    other = idle_studio.library.keep(Image.new("L", (32, 32), 255))
    with pytest.raises(InvalidRequest, match="The mask must be as large as the picture"):
        make_tab(inpaint).request(canvas | {"mask": other.id})


def test_what_would_change_nothing_is_refused(make_tab: Make, canvas: dict[str, str], idle_studio: Studio) -> None:
    tab = make_tab(outpaint)
    value = submitted(idle_studio, lambda: Asked((tab.request(canvas, left=0, top=0, right=0, bottom=0),)))
    assert value["refusal"].startswith("All margins are 0")


def test_the_same_refusal_twice_is_shown_twice(make_tab: Make, idle_studio: Studio) -> None:
    tab = make_tab(text_to_image)
    first, second = (submitted(idle_studio, lambda: Asked((tab.request(steps=0),))) for _ in range(2))
    assert first["refusal"] == second["refusal"]
    assert first != second

"""What sets the fields again knows all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gradio
import pytest
from PIL import Image

from pipelines.requests import TASKS
from studio.recalling import settings
from studio.services import Studio
from studio.settings import Settings
from studio.ui import page
from tests.studio.fakes import make_worker

PICTURES = {"image": Image.new("RGB", (64, 64)), "mask": Image.new("L", (64, 64))}
AXES = ("across", "down", "sheet")
BESIDE = {"styles", "prompts", *AXES, *(f"{axis}-values" for axis in AXES)}
"""What is no setting of a request: styles are words, and are in the prompt by then; the others ask for several."""


@pytest.fixture
def built(tmp_path: Path, model_folder: Path) -> gradio.Blocks:
    outputs, words = tmp_path / "outputs", tmp_path / "words"
    return page.build(Studio(Settings(outputs=outputs, words=words, model=str(model_folder)), make_worker()))


@pytest.fixture
def names(built: gradio.Blocks) -> list[str]:
    """How the fields of the whole page are called that are set again."""
    (component,) = (block for block in built.blocks.values() if getattr(block, "elem_id", "") == "recall")
    return component.props["names"]  # type: ignore[no-any-return]


def test_every_field_of_every_tab_is_some_settings_own(names: list[str]) -> None:
    for task, kind in TASKS.items():
        needed = {name: picture for name, picture in PICTURES.items() if name in kind.__dataclass_fields__}
        own = {f"{task}-{setting.field}" for setting in settings(kind(**needed))}
        there = {name for name in names if name.startswith(f"{task}-")}
        assert there - own <= {f"{task}-{name}" for name in BESIDE}
        assert {f"{task}-{name}" for name in ("prompt", "negative", "steps", "sampler", "seed", "clip-skip")} <= there
    assert {"text_to_image-enlarge", "inpaint-feather", "outpaint-left", "image_to_image-loops"} <= set(names)


def test_lines_that_only_tell_are_not_set(names: list[str]) -> None:
    assert not [name for name in names if name.endswith(("-seen", "-help"))]


def test_values_come_in_the_order_in_which_gradio_takes_them(built: gradio.Blocks, names: list[str]) -> None:
    (button,) = (block for block in built.blocks.values() if getattr(block, "elem_id", "") == "recall-now")
    (wired,) = (fn for fn in built.fns.values() if (button._id, "click") in fn.targets)
    assert [output.elem_id for output in wired.outputs] == names
    assert json.loads(re.findall(r"taken\((\[.*\])\)", str(wired.js))[0]) == names

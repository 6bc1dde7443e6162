"""Several pictures from one click: a grid's cells and lists of prompts become one job, and are told beforehand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from types import ModuleType
from typing import Any

import pytest

from pipelines.errors import InvalidRequest
from pipelines.requests import TASKS
from studio.grids import SETTINGS, Axis, wish
from studio.services import Studio
from studio.ui import image_to_image, inpaint, outpaint, text_to_image
from studio.ui.grid import EXAMPLES, NUMBERS, settings_of
from studio.ui.several import Asked
from studio.ui.tab import submitted
from tests.studio.ui.conftest import Tab

Make = Callable[[ModuleType], Tab]
TABS = (text_to_image, image_to_image, inpaint, outpaint)
STEPS = {"across": "steps", "across-values": "1-3"}
GUIDANCE = {"down": "guidance", "down-values": "2, 4"}


def asked(tab: Tab, canvas: Any = None, **typed: Any) -> Asked:
    """What Generate would submit."""
    values = tab.fill(canvas, **typed)
    return tab.form.advanced.several.asked(tab.build(values), values, tab.form.advanced.seed)


def told(*axes: tuple[str, str, str], prompts: str = "") -> str:
    """The line of axes and prompts that are all right."""
    line = wish.told(axes, prompts)
    assert not line["problem"]
    return str(line["text"])


@pytest.mark.parametrize("module", TABS)
def test_every_combination_is_a_request_of_the_tab(make_tab: Make, canvas: dict[str, str], module: ModuleType) -> None:
    tab = make_tab(module)
    made = asked(tab, None if module is text_to_image else canvas, prompt="a house", seed="7", **STEPS, **GUIDANCE)
    said = [(each.sampling.guidance, each.sampling.steps, each.sampling.seed) for each in made.requests]
    assert said == [(guidance, steps, 7) for guidance, steps in product((2, 4), (1, 2, 3))]
    assert {(each.task, each.prompt) for each in made.requests} == {(module.TASK, "a house")}
    assert made.labels == (("Steps 1", "Steps 2", "Steps 3"), ("Guidance 2", "Guidance 4"))


def test_without_axes_and_prompts_it_is_the_request_alone(make_tab: Make) -> None:
    made = asked(make_tab(text_to_image), prompt="a house", count=3)
    assert (len(made.requests), made.requests[0].count, made.labels) == (1, 3, None)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_offers_what_it_has(task: str) -> None:
    fields = set(vars(TASKS[task])["__dataclass_fields__"])
    assert set(settings_of(task)) == {name for name in SETTINGS if SETTINGS[name].of in fields}
    assert ("feather" in settings_of(task)) == (task == "inpaint")


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_an_example_is_understood(name: str) -> None:
    assert len(Axis.read(f"{name}: {EXAMPLES.get(name, NUMBERS)}").values) > 1
    assert set(EXAMPLES) <= set(SETTINGS)


def test_what_is_asked_for_is_told_before() -> None:
    steps, guidance = ("Across", "steps", "1-3"), ("Down", "guidance", "2, 4")
    assert told(("Across", "", ""), ("Down", "", " ")) == ""
    assert told(steps, guidance) == "A grid of 6: Steps 1, Steps 2, Steps 3 × Guidance 2, Guidance 4"
    assert told(("Across", "steps", "1-20")).endswith("Steps 6 and 14 more")
    assert told(prompts="a house\n# none\n\na boat") == "2 prompts, one after the other."


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ([("Across", "steps", "")], "The axis steps has no values"),
        ([("Across", "", "1, 2")], "Across has values but no setting"),
        ([("Across", "steps", "few")], "must be a whole number, but is 'few'"),
        ([("Across", "steps", "1"), ("Down", "steps", "4")], "varies steps twice"),
        ([("Across", "cake", "1")], "cannot vary 'cake'"),
    ],
)
def test_what_is_wrong_is_told_before(axes: list[tuple[str, str, str]], sentence: str) -> None:
    line = wish.told(axes, "")
    assert line["problem"] and sentence in line["text"]


def test_a_grid_is_refused_in_one_sentence(make_tab: Make) -> None:
    tab = make_tab(text_to_image)
    for typed, sentence in (
        ({"count": 2, **STEPS}, "one picture a cell"),
        ({"prompts": "a boat", **STEPS}, "A grid is of one prompt"),
        ({"across": "feather", "across-values": "1"}, "no setting feather"),
        ({"prompts": "a boat\n" * 10, "count": 41}, "410 pictures; 400"),
    ):
        with pytest.raises(InvalidRequest, match=sentence):
            asked(tab, **typed)


def test_each_prompt_of_a_list_has_a_seed_of_its_own_unless_one_is_given(make_tab: Make) -> None:
    tab, lines = make_tab(text_to_image), "a house\n  a boat \n# a note\n\na tree"
    drawn = asked(tab, prompts=lines, count=2).requests
    assert [(each.prompt, each.count) for each in drawn] == [("a house", 2), ("a boat", 2), ("a tree", 2)]
    assert len({each.sampling.seed for each in drawn}) == 3
    assert {each.sampling.seed for each in asked(tab, prompts=lines, seed="5").requests} == {5}


def test_a_grid_is_one_job_that_remembers_its_labels(make_tab: Make, studio: Studio) -> None:
    studio.jobs.pause()
    tab = make_tab(text_to_image)
    value = submitted(studio, lambda: asked(tab, prompt="a {red|blue} house", **STEPS, **GUIDANCE))
    view = studio.jobs.view(value["job"])
    assert view is not None
    assert (view["count"], view["steps"]) == (6, 2 * (1 + 2 + 3))
    assert view["grid"] == [["Steps 1", "Steps 2", "Steps 3"], ["Guidance 2", "Guidance 4"]]
    refused = submitted(studio, lambda: asked(tab, across="seed", **{"across-values": "many"}))
    assert "must be a whole number" in refused["refusal"]

"""Components ↔ request: every field arrives where its name says, and the view is told what will come of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipelines.parts import AREAS, BLENDS, UPSCALES
from pipelines.requests import (
    Guiding,
    Hires,
    ImageToImage,
    Inpaint,
    Margins,
    Outpaint,
    Sampling,
    Size,
    TextToImage,
    Tuning,
    Variation,
)
from studio.services import Studio
from studio.ui import image_to_image, inpaint, outpaint, text_to_image, words
from studio.ui.several import Asked
from studio.ui.sight import told
from studio.ui.tab import submitted
from studio.wordlists import Style, write_styles
from tests.studio.fakes import make_worker
from tests.studio.ui.conftest import Tab
from tests.tiny import make_tokenizer

Make = Callable[[ModuleType], Tab]
TABS = (text_to_image, image_to_image, inpaint, outpaint)
TYPED = {
    "prompt": "a house",
    "negative": "rain",
    "count": 3,
    "steps": 7,
    "guidance": 2.5,
    "sampler": "euler",
    "spacing": "exponential",
    "seed": " 42 ",
    "reuse": 3,
}
READ = {
    "prompt": "a house",
    "negative": "rain",
    "count": 3,
    "sampling": Sampling(steps=7, guidance=2.5, sampler="euler", spacing="exponential", seed=42, reuse=3),
}


def test_defaults_come_from_the_model(make_tab: Make) -> None:
    request = make_tab(text_to_image).request()
    assert request.size == Size(width=256, height=192)
    assert (request.sampling.steps, request.sampling.sampler, request.sampling.spacing) == (12, "heun", "karras")
    assert (request.count, request.sampling.guidance) == (1, 4.0)


def test_every_field_of_text_to_image(make_tab: Make) -> None:
    own = {"enlarge": 2, "enlarge-what": "latents", "second-strength": 0.3}
    request = make_tab(text_to_image).request(**TYPED, width=128, height=96, **own)
    hires = Hires(scale=2, upscale="latents", strength=0.3)
    assert request == TextToImage(**READ, size=Size(width=128, height=96), hires=hires)


def test_what_is_not_enlarged_asks_nothing_of_a_second_walk(make_tab: Make) -> None:
    request = make_tab(text_to_image).request(**{"enlarge": 1, "enlarge-what": "latents", "second-strength": None})
    assert request.hires == Hires()


def test_every_field_of_image_to_image(make_tab: Make, idle_studio: Studio, canvas: dict[str, str]) -> None:
    own = {"strength": 0.4, "width": 128, "height": 96, "resize": "crop", "loops": 3}
    request = make_tab(image_to_image).request(canvas, **TYPED, **own, **{"all-steps-from-there": True})
    image = idle_studio.library.picture(canvas["picture"])
    assert request.to_dict() == ImageToImage(**READ, **own, full_steps=True, image=image).to_dict()


@pytest.mark.parametrize("empty", [0, None])
def test_an_empty_size_leaves_the_picture_as_large_as_it_is(
    make_tab: Make, canvas: dict[str, str], empty: int | None
) -> None:
    request = make_tab(image_to_image).request(canvas, width=empty, height=empty)
    assert (request.width, request.height, request.strength, request.full_steps) == (0, 0, 0.6, False)


def test_every_field_of_inpaint(make_tab: Make, idle_studio: Studio, canvas: dict[str, str]) -> None:
    own = {"strength": 0.5, "feather": 3, "grow": -2, "fill": "noise", "area": "closeup", "padding": 5}
    typed = {"join": "none", "grey-repaints-less": True}
    request = make_tab(inpaint).request(canvas, **TYPED, **own, **typed)
    image, mask = (idle_studio.library.picture(canvas[name]) for name in ("picture", "mask"))
    assert request.to_dict() == Inpaint(**READ, image=image, mask=mask, **own, blend="none", graded=True).to_dict()


@pytest.mark.parametrize(("area", "padding"), [("automatic", None), ("whole", None), ("masked", 32), ("closeup", 32)])
def test_only_an_area_with_padding_is_given_some(
    make_tab: Make, canvas: dict[str, str], area: str, padding: int | None
) -> None:
    assert make_tab(inpaint).request(canvas, area=area).padding == padding


def test_every_field_of_outpaint(make_tab: Make, idle_studio: Studio, canvas: dict[str, str]) -> None:
    own = {"overlap": 4, "fill": "patch"}
    typed = {"left": 8, "top": 16, "right": 24, "bottom": None, "join": "none", "paint-copies-anew": 0}
    request = make_tab(outpaint).request(canvas, **TYPED, **own, **typed)
    image = idle_studio.library.picture(canvas["picture"])
    margins = Margins(left=8, top=16, right=24)
    assert request.to_dict() == Outpaint(**READ, image=image, margins=margins, **own, blend="none", rolls=0).to_dict()


@pytest.mark.parametrize("module", TABS)
def test_every_field_of_finer_control(make_tab: Make, canvas: dict[str, str], module: ModuleType) -> None:
    fine = {
        "guidance-method": "apg",
        "guidance-start": 0.1,
        "guidance-stop": 0.8,
        "guidance-rescale": 0.5,
        "variation-seed": 5,
        "variation-strength": 0.2,
        "clip-skip": 2,
    }
    drawn_on = None if module is text_to_image else canvas
    request = make_tab(module).request(drawn_on, sampler="euler_a", **fine)
    assert request.guiding == Guiding(method="apg", start=0.1, stop=0.8, rescale=0.5)
    assert request.variation == Variation(seed=5, strength=0.2)
    assert request.clip_skip == 2
    usual = make_tab(module).request(drawn_on)
    assert (usual.guiding, usual.tuning, usual.variation, usual.clip_skip) == (Guiding(), Tuning(), Variation(), 1)


@pytest.mark.parametrize("seed", ["", None, "-1", " "])
def test_no_seed_means_a_new_one_each_time(make_tab: Make, seed: Any) -> None:
    tab = make_tab(text_to_image)
    assert len({tab.request(seed=seed).sampling.seed for _ in range(4)}) > 1


def test_every_choice_has_words() -> None:
    assert set(words.UPSCALES) == set(UPSCALES)
    assert set(words.AREAS) == set(AREAS)
    assert set(words.BLENDS) == set(BLENDS)


@pytest.mark.parametrize("module", TABS)
def test_labels_are_the_options_of_the_command_line(make_tab: Make, module: ModuleType) -> None:
    for field in make_tab(module).form.fields:
        assert field.elem_id == f"{module.TASK}-{field.label.lower().replace(' ', '-')}"


@pytest.fixture
def waiting(studio: Studio) -> Studio:
    """A studio whose jobs can be looked at before they run."""
    studio.jobs.submit([TextToImage(prompt="slow", sampling=Sampling(steps=500))], studio.model)
    return studio


def test_what_a_prompt_is_read_as_is_said_beside_its_pictures(waiting: Studio) -> None:
    assert submitted(waiting, lambda: Asked((TextToImage(prompt="a (red house", negative="sea]"),)))["notes"] == [
        "A ( has no partner and is read as it stands; write \\( if it is meant so.",
        "A ] has no partner and is read as it stands; write \\] if it is meant so.",
    ]
    assert submitted(waiting, lambda: Asked((TextToImage(prompt="a (red) house"),)))["notes"] == []
    (note,) = submitted(waiting, lambda: Asked((TextToImage(prompt="a __thing__"),)))["notes"]
    assert note.startswith("There is no list thing")


def test_one_click_is_one_job_whatever_its_words(waiting: Studio) -> None:
    write_styles(waiting.settings.words, [Style("old", "old {prompt}")])
    value = submitted(waiting, lambda: Asked((TextToImage(prompt="a {red|blue} house", count=8),)), ["old"])
    assert value["notes"] == []
    view = waiting.jobs.view(value["job"])
    assert view is not None and view["count"] == 8
    refused = submitted(waiting, lambda: Asked((TextToImage(prompt="a house"),)), ["odl"])
    assert refused["refusal"] == "There is no style 'odl': did you mean 'old'?"


@pytest.mark.parametrize("module", TABS)
def test_what_the_model_sees_is_told_of_what_stands_in_the_fields(
    make_tab: Make, idle_studio: Studio, module: ModuleType
) -> None:
    vars(idle_studio)["_tokenizer"] = lambda model: make_tokenizer()
    write_styles(idle_studio.settings.words, [Style("night", "{prompt} at night", "sea")])
    tab = make_tab(module)
    typed = {"prompt": "a {(red:1.3)} [house", "seed": "4", "count": 3, "steps": 2, "styles": ["night"]}
    head, places, *rest = told(idle_studio, tab.form, tab.fill(**typed)).splitlines()
    assert head == "Prompt: a (red:1.3) [house at night"
    assert re.match(r" +\d+ of 75 places: a red\(×1.3\) \[ house ", places)
    assert "Negative: sea" in rest and rest[-1].startswith("Note: A [ has no partner")
    assert told(idle_studio, tab.form, tab.fill(steps=None)) == "Steps is empty or no number: give it a number."


def test_a_model_without_a_tokenizer_says_so(make_tab: Make, idle_studio: Studio, model_folder: Path) -> None:
    tab = make_tab(text_to_image)
    studio = Studio(replace(idle_studio.settings, model=str(model_folder)), make_worker())
    assert "has no tokenizer" in told(studio, tab.form, tab.fill(prompt="a house"))


@pytest.mark.parametrize("module", TABS)
def test_styles_can_be_chosen_where_there_are_some(make_tab: Make, idle_studio: Studio, module: ModuleType) -> None:
    assert make_tab(module).form.advanced.styles is None
    write_styles(idle_studio.settings.words, [Style("old", "in oil"), Style("loud", "loud")])
    tab = make_tab(module)
    styles = tab.form.advanced.styles
    assert styles is not None and styles.multiselect and [name for name, _ in styles.choices] == ["old", "loud"]
    assert styles.elem_id == f"{module.TASK}-styles" and styles in tab.form.fields
    assert tab.form.advanced.worn(tab.fill()) == []
    assert tab.form.advanced.worn(tab.fill(styles=["loud", "old"])) == ["loud", "old"]
    assert tab.form.advanced.worn(tab.fill(styles="nonsense")) == []

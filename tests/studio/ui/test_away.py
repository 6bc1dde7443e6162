"""Fields that a model has no use for are not on its page, and say what is usual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest

from pipelines.requests import Guiding
from studio.models import ModelCard
from studio.ui import image_to_image, inpaint, outpaint, text_to_image
from tests.studio.ui.conftest import Tab

USELESS = frozenset({"sampling.reuse", "clip_skip", "guiding.method", "guiding.rescale", "graded"})
AWAY = {"reuse", "clip-skip", "guidance-method", "guidance-rescale"}


@pytest.fixture
def card(card: ModelCard) -> ModelCard:
    return replace(card, useless=USELESS)


@pytest.mark.parametrize("module", [text_to_image, image_to_image, outpaint, inpaint])
def test_they_are_away_in_every_tab(make_tab: Callable[[ModuleType], Tab], module: ModuleType) -> None:
    form = make_tab(module).form
    away = {str(field.elem_id).removeprefix(f"{form.task}-") for field in form.fields if field.interactive is False}
    assert away == AWAY | ({"grey-repaints-less"} if module is inpaint else set())
    assert {field.visible for field in form.fields if field.interactive is False} == {"hidden"}


def test_what_stands_in_them_is_usual(make_tab: Callable[[ModuleType], Tab]) -> None:
    request = make_tab(text_to_image).request()
    assert (request.sampling.reuse, request.clip_skip, request.guiding) == (1, 1, Guiding())


def test_no_grid_is_made_of_them(make_tab: Callable[[ModuleType], Tab]) -> None:
    for setting, _ in make_tab(inpaint).form.advanced.several.grid.axes:
        offered = {name for _, name in setting.choices}
        assert not offered & {"reuse", "clip_skip", "guidance_method", "guidance_rescale"}
        assert {"seed", "steps", "guidance_start", "negative"} <= offered

"""Choosing the model that draws, with two tiny ones and one that hears no negative prompt on a shelf."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from safetensors.torch import save_file

from studio.library import Library
from studio.models import Models
from tests.browser import driver
from tests.browser.driver import Running, generate, make_tiny, wait_for
from tests.tiny import make_folder

pytestmark = pytest.mark.browser

LITERAL = '<img src="x" onerror="alert(1)">'


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shelf = tmp_path_factory.mktemp("shelf")
    for name, said in {
        "first": {},
        "second": {"title": LITERAL, "draws": LITERAL, "examples": ["a blue boat"]},
    }.items():
        file = make_tiny(shelf / "checkpoints" / name) / "studio.json"
        card = json.loads(file.read_text())
        file.write_text(json.dumps(card | said | {"defaults": card["defaults"] | {"steps": 2 if said else 4}}))
    make_folder(shelf / "checkpoints" / "flux-dev", "flux")
    (shelf / "loras").mkdir()
    save_file({"lora_te2_x.lora_down.weight": torch.ones(2, 2)}, shelf / "loras" / "ink.safetensors")
    return shelf


@pytest.fixture(scope="module")
def studio(browser: Browser, shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("studio")
    with driver.running(folder, "--models", str(shelf), "--model", "first") as studio:
        yield studio


def settled(page: Page) -> None:
    """Gradio has its answers, so that leaving the page breaks nothing off."""
    page.wait_for_selector("#live [data-ready]", state="attached")
    page.wait_for_load_state("networkidle")


def shown(page: Page) -> Locator:
    """The list of models, opened."""
    settled(page)
    page.locator(".studio-header .model").click()
    models = page.locator(".studio-panel .models")
    expect(models.locator("[aria-current]")).to_have_count(1)
    return models


def choose(page: Page, title: str) -> None:
    """Choose by a click, and wait for the page that suits."""
    with page.expect_navigation():
        shown(page).get_by_role("button", name=title).click()
    settled(page)
    expect(page.locator(".studio-toast")).to_contain_text(f"{title} draws from now on.")


def value(page: Page, name: str) -> Locator:
    """A field of the first tab, out of its fold."""
    field = page.locator(f"#text_to_image-{name} input, #text_to_image-{name} textarea").first
    if not field.is_visible():
        page.locator("#text_to_image-advanced > button").click()
    return field


def test_another_model_brings_its_own_settings_and_draws(page: Page, studio: Running, shelf: Path) -> None:
    expect(value(page, "steps")).to_have_value("4")
    page.locator("#text_to_image-prompt textarea").fill("a red house")
    expect(shown(page).locator("[aria-current] .title")).to_contain_text("Tiny")
    page.keyboard.press("Escape")
    choose(page, LITERAL)
    expect(page.locator(".model-name")).to_have_text(LITERAL)
    expect(page.locator("#text_to_image-help .draws")).to_have_text(LITERAL)
    expect(page.locator("#text_to_image-prompt textarea")).to_have_value("a red house")
    expect(value(page, "steps")).to_have_value("2")
    assert page.locator('img[src="x"]').count() == 0
    wait_for(page, generate(page, "text_to_image", "a red boat"))
    library, second = Library(studio.outputs), str(shelf / "checkpoints" / "second")
    recipe = library.recipe(library.recent(1)[0].path)
    assert (recipe["model"], recipe["request"]["sampling"]["steps"]) == (second, 2)
    page.reload()
    expect(shown(page).locator("[aria-current] .title")).to_contain_text(LITERAL)
    expect(page.locator("#text_to_image-prompt textarea")).to_have_value("a red boat")
    assert Models(shelf=shelf).usual() == second


def test_a_model_is_asked_for_nothing_that_it_has_no_use_for(page: Page) -> None:
    value(page, "negative").fill("fog")
    value(page, "reuse").fill("2")
    choose(page, "flux-dev")
    field = value(page, "negative")
    expect(page.locator("#text_to_image-steps")).to_be_visible()
    expect(page.locator("#text_to_image-reuse")).to_be_hidden()
    expect(field).to_be_disabled()
    expect(field).to_have_value("")
    expect(field).to_have_attribute("placeholder", re.compile("hears no negative prompt"))
    choose(page, "Tiny")
    expect(value(page, "negative")).to_be_enabled()


def test_a_lora_is_written_where_the_cursor_stands(page: Page) -> None:
    prompt = page.locator("#text_to_image-prompt textarea")
    prompt.fill("a red house")
    prompt.press("Home")
    prompt.press("ArrowRight")
    page.locator("#text_to_image-help").get_by_role("button", name="LoRAs and embeddings").click()
    page.locator(".studio-menu button", has_text="ink · LoRA for Stable Diffusion XL").click()
    expect(prompt).to_have_value("a <lora:ink:1> red house")
    page.keyboard.press("ControlOrMeta+z")
    expect(prompt).to_have_value("a red house")


def test_a_model_can_be_chosen_by_keyboard_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    models = shown(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    models.get_by_role("button", name="flux-dev").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    settled(page)
    expect(page.locator(".studio-header .model")).to_have_attribute("aria-label", re.compile("flux-dev"))

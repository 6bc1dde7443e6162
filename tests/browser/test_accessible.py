"""What axe-core says of every tab, panel and dialog: in light and dark, on a desk and on a telephone."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pipelines.requests import TextToImage
from studio.library import Library, Recipe
from tests.browser.driver import Running, generate, open_picture, open_tab, set_number, stroke, wait_for

pytestmark = pytest.mark.browser


def png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
DARK = "dark => document.body.classList.toggle('dark', dark)"
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
PHOTO: Any = {"name": "photo.png", "mimeType": "image/png", "buffer": png(Image.new("RGB", (64, 64), "teal"))}
GRAVE = ("serious", "critical")
SIZES = {"telephone": (390, 844), "desk": (1440, 900)}


class Judge:
    """Looks at what is on the screen in each of its four looks, and keeps what it finds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []
        page.set_viewport_size({"width": 1440, "height": 900})
        page.add_style_tag(content=STILL)  # no colour is looked at on its way from one look to the other
        page.evaluate(AXE)

    def look(self, place: str) -> None:
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            for theme in ("dark", "light"):
                self.page.evaluate(DARK, theme == "dark")
                self.found += [f"{place}, {size}, {theme}: {fault}" for fault in faults(self.page)]


def faults(page: Page) -> Iterator[str]:
    """Each grave one in a line: which rule, where, and what should be done."""
    rules: list[dict[str, Any]] = page.evaluate(RUN)
    for rule in rules:
        if rule["impact"] in GRAVE:
            for node in rule["nodes"]:
                yield f"{rule['id']} at {' '.join(map(str, node['target']))}: {node['failureSummary']}"


@pytest.fixture
def judge(page: Page) -> Iterator[Judge]:
    judge = Judge(page)
    yield judge
    assert not judge.found, "\n".join(judge.found)


def put_two(library: Library) -> str:
    """Two pictures with all that can be said of them, and the word that both have in their prompts."""
    word = f"w{secrets.token_hex(4)}"
    for colour in ("teal", "gold"):
        recipe = Recipe(request=TextToImage(prompt=f"{word} {colour}"), model="meadow", title="Meadow")
        saved = library.save(Image.new("RGB", (64, 48), colour), recipe)
        library.say(saved.id, star=True, tags=("calm",), collection="walls")
    return word


def test_the_judge_finds_what_is_wrong(page: Page) -> None:
    judge = Judge(page)
    for name in ("aria-label", "title"):
        page.locator(".studio-header .help").evaluate("(button, name) => button.removeAttribute(name)", name)
    page.add_style_tag(content=".studio-prompt .draws { color: #888 !important; }")
    judge.look("here")
    assert sum("button-name" in fault for fault in judge.found) == 4
    assert any("color-contrast" in fault for fault in judge.found)


def test_every_mode_can_be_used_by_everybody(page: Page, judge: Judge) -> None:
    for task in ("text_to_image", "image_to_image", "inpaint", "outpaint"):
        open_tab(page, task)
        for name in ("sight", "advanced", "finer"):
            fold = page.locator(f"#{task}-{name} > button")
            expect(fold).to_have_attribute("aria-expanded", "false")
            fold.click()
            expect(fold).to_have_attribute("aria-expanded", "true")
        judge.look(task)
    open_tab(page, "inpaint")
    page.locator("#inpaint-batch input[data-kind=picture]").set_input_files(PHOTO)
    expect(page.locator("#inpaint-batch .state")).to_contain_text("It has no mask")
    judge.look("several pictures")
    page.locator("#inpaint-batch").get_by_role("button", name="Take them away").click()
    page.locator("#inpaint-generate").click()
    page.locator("#live [role=alert]").first.wait_for()
    judge.look("a refusal")


def test_the_canvas_and_the_results_can_be_used_by_everybody(page: Page, judge: Judge) -> None:
    open_picture(page, "inpaint", (64, 64))
    stroke(page, (0.3, 0.5), (0.6, 0.5))
    judge.look("a mask")
    set_number(page, "inpaint", "steps", 1)
    wait_for(page, job := generate(page, "inpaint", "a house"))
    figure = page.locator(f'.card[data-job="{job}"] figure').first
    figure.locator(".more").click()
    judge.look("menu")
    page.keyboard.press("Escape")
    figure.locator("button.screen").click()
    judge.look("lightbox")
    for name in ("Before and after", "Side by side"):
        page.get_by_role("button", name=name).click()
        judge.look(name)
    page.keyboard.press("Escape")
    open_tab(page, "outpaint")
    judge.look("margins")


def test_what_opens_under_the_head_can_be_used_by_everybody(page: Page, judge: Judge) -> None:
    set_number(page, "text_to_image", "steps", 1000)
    job = generate(page, "text_to_image", "a hill")
    for name in ("System", "Queue", "Project", "Keys"):
        page.locator(".studio-header").get_by_role("button", name=name).click()
        opened = page.get_by_role("dialog", name=name)
        opened.wait_for()
        judge.look(name)
        page.keyboard.press("Escape")
        expect(opened).to_be_hidden()
    page.locator(f'.card[data-job="{job}"] .stop').click()
    wait_for(page, job, "cancelled", 15)


def test_the_gallery_can_be_used_by_everybody(page: Page, judge: Judge, studio: Running) -> None:
    word = put_two(Library(studio.outputs))
    page.locator("#gallery-tab-button").click()
    page.get_by_label("Search the prompts").fill(word)
    expect(page.locator(".tile")).to_have_count(2)
    judge.look("tiles")
    page.locator(".tile").first.click()
    expect(page.locator(".studio-detail .words").first).to_be_visible()
    judge.look("detail")
    page.get_by_role("button", name="Choose which").click()
    judge.look("settings to choose")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Select", exact=True).click()
    page.locator(".tile").first.click()
    judge.look("chosen")

"""The settings of an edit bring its picture, its mask and its margins back onto the canvas."""

from __future__ import annotations

import io
import secrets
from typing import Any

import numpy
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pipelines.pictures import picture_key
from pipelines.requests import Inpaint, Margins, Outpaint, Request
from studio.library import Library, Recipe, Saved
from tests.browser.driver import Running, committed, mask_alpha, open_picture, open_tab, stroke

pytestmark = pytest.mark.browser

SIZE = (64, 48)


@pytest.fixture
def library(studio: Running) -> Library:
    return Library(studio.outputs)


def noise() -> Image.Image:
    return Image.fromarray(numpy.random.default_rng().integers(0, 256, (*SIZE[::-1], 3), "uint8"))


def grey() -> Image.Image:
    """A mask with every grey: what is drawn anew by strokes could not be the same."""
    across, down = numpy.meshgrid(numpy.arange(SIZE[0]), numpy.arange(SIZE[1]))
    return Image.fromarray(((across * 4 + down + secrets.randbelow(99)) % 256).astype("uint8"))


def put(library: Library, request: Request) -> Saved:
    return library.save(noise(), Recipe(request=request, model="meadow", title="Meadow"))


def edited(library: Library, mask: Image.Image) -> tuple[str, Image.Image]:
    """The word by which an inpainting is found, and the picture it was made from."""
    word, source = "w" + secrets.token_hex(4), noise()
    put(library, Inpaint(prompt=word, image=source, mask=mask))
    return word, source


def detail(page: Page, word: str) -> Any:
    """All about the one picture with a word."""
    page.locator("#gallery-tab-button").click()
    page.wait_for_selector("#gallery [data-ready]", state="attached")
    page.get_by_label("Search the prompts").fill(word)
    expect(page.locator(".tile")).to_have_count(1)
    page.locator(".tile").click()
    return page.locator("dialog.studio-detail")


def steps(page: Page) -> list[str]:
    """What was done on the canvas, by kinds."""
    kinds: list[str] = page.evaluate("""async () => {
        const { state } = await import(new URL("page/canvas.js", document.baseURI));
        const { steps, place } = state();
        return steps.slice(0, place).map(({ kind }) => kind);
    }""")
    return kinds


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").first.click()


def test_picture_and_mask_are_on_the_canvas_again(page: Page, studio: Running, library: Library) -> None:
    mask = grey()
    word, source = edited(library, mask)
    detail(page, word).get_by_role("button", name="Use all settings").click()
    expect(page.locator("#inpaint-prompt textarea")).to_have_value(word)
    expect(page.locator("#canvas .sheet img")).to_have_attribute("src", f"{page.url}api/pictures/{picture_key(source)}")
    assert numpy.array_equal(committed(page, studio), numpy.asarray(mask))
    page.wait_for_function("sum => sum > 0", arg=mask_alpha(page))
    undo(page)
    assert mask_alpha(page) == 0
    page.get_by_role("button", name="Redo").click()
    assert mask_alpha(page) == numpy.asarray(mask).sum()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    assert mask_alpha(page) > numpy.asarray(mask).sum()


def test_a_recalled_mask_outlasts_a_reload(page: Page, studio: Running, library: Library) -> None:
    mask = grey()
    word, _ = edited(library, mask)
    detail(page, word).get_by_role("button", name="Use all settings").click()
    expect(page.locator("#inpaint-prompt textarea")).to_have_value(word)
    page.evaluate('async () => (await import(new URL("page/desk.js", document.baseURI))).told()')
    page.reload()
    page.wait_for_selector("#canvas .sheet:visible")
    assert numpy.array_equal(committed(page, studio), numpy.asarray(mask))


def test_only_what_is_ticked_comes(page: Page, library: Library) -> None:
    word, _ = edited(library, grey())
    about = detail(page, word)
    about.get_by_role("button", name="Choose which").click()
    about.get_by_label("Use Mask").uncheck()
    about.get_by_role("button", name="Use these settings").click()
    expect(page.locator("#inpaint-prompt textarea")).to_have_value(word)
    assert steps(page)[-1] == "picture"


def test_a_mask_that_is_lost_is_told_of(page: Page, library: Library) -> None:
    mask = grey()
    word, _ = edited(library, mask)
    (library.inputs / f"{picture_key(mask)}.png").unlink()
    about = detail(page, word)
    expect(about).to_contain_text("Without the mask, which is no longer here.")
    about.get_by_role("button", name="Use all settings").click()
    expect(page.locator("#inpaint-prompt textarea")).to_have_value(word)
    assert steps(page)[-1] == "picture"


def test_a_mask_for_a_picture_of_another_size_is_left_out(page: Page, library: Library) -> None:
    word, source = edited(library, grey())
    (library.inputs / f"{picture_key(source)}.png").unlink()
    open_picture(page, "inpaint", (96, 64))
    before = steps(page)
    detail(page, word).get_by_role("button", name="Use all settings").click()
    expect(page.locator(".studio-toast")).to_contain_text("The mask is left out: it is for a picture of 64 × 48.")
    assert steps(page) == before


def test_margins_are_a_step_that_can_be_undone(page: Page, library: Library) -> None:
    word = "w" + secrets.token_hex(4)
    put(library, Outpaint(prompt=word, image=noise(), margins=Margins(left=16, bottom=24)))
    detail(page, word).get_by_role("button", name="Use all settings").click()
    expect(page.locator("#outpaint-prompt textarea")).to_have_value(word)
    expect(page.locator("#canvas .sizes")).to_have_text("64 × 48 → 80 × 72")
    expect(page.locator("#outpaint-left input")).to_have_value("16")
    assert steps(page).count("margins") == 1
    undo(page)
    expect(page.locator("#canvas .sizes")).not_to_have_text("64 × 48 → 80 × 72")


def test_a_dropped_file_brings_its_mask_with_it(page: Page, studio: Running, library: Library) -> None:
    mask = grey()
    request = Inpaint(prompt="dropped", image=noise(), mask=mask)
    saved = put(library, request)
    open_tab(page, "text_to_image")
    code = """async ([bytes]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(bytes)], "made.png", { type: "image/png" }));
        const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
        document.querySelector("#tabs").dispatchEvent(new DragEvent("drop", options));
    }"""
    page.evaluate(code, [list(io.BytesIO(saved.path.read_bytes()).getvalue())])
    page.locator("dialog.studio-found").get_by_role("button", name="Use these settings").click()
    expect(page.locator("#inpaint-prompt textarea")).to_have_value("dropped")
    assert numpy.array_equal(committed(page, studio), numpy.asarray(mask))

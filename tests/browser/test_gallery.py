"""The gallery in a real browser, over a library that each test adds to; and files that are dropped on the page."""

from __future__ import annotations

import base64
import io
import re
import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, Locator, Page, expect

from pipelines.parts import Hires, Tuning
from pipelines.pictures import picture_key
from pipelines.requests import Guiding, ImageToImage, Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage
from studio.library import Library, Recipe, Saved
from tests.browser.driver import Running

pytestmark = pytest.mark.browser

NASTY = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
A1111 = (
    "a cat, <lora:fur:0.8>\nNegative prompt: fog\n"
    "Steps: 17, Sampler: Euler a, CFG scale: 5.5, Seed: 4242, Size: 640x384, Model: someModel, Token merging ratio: 0.5"
)


@pytest.fixture
def library(studio: Running) -> Library:
    return Library(studio.outputs)


@pytest.fixture
def word() -> str:
    """What only the pictures of one test have in their prompts."""
    return "w" + secrets.token_hex(4)


def put(library: Library, request: Request, picture: Image.Image | None = None) -> Saved:
    noise = numpy.random.default_rng().integers(0, 256, (48, 64, 3), "uint8")
    return library.save(picture or Image.fromarray(noise), Recipe(request=request, model="meadow", title="Meadow"))


def fill(library: Library, word: str, count: int = 3) -> list[str]:
    """Ids of new pictures, the newest first."""
    return [put(library, TextToImage(prompt=f"{word} {k}")).id for k in range(count)][::-1]


def show(page: Page, word: str = "", count: int = 1) -> None:
    """Open the gallery and look for a word."""
    page.locator("#gallery-tab-button").click()
    page.wait_for_selector("#gallery [data-ready]", state="attached")
    page.get_by_label("Search the prompts").fill(word)
    expect(page.locator(".tile")).to_have_count(count)


def order(page: Page) -> list[str]:
    return page.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.id)")  # type: ignore[no-any-return]


def tile(page: Page, id: str) -> Locator:
    return page.locator(f'.tile[data-id="{id}"]')


def field(page: Page, task: str, name: str) -> str:
    return page.locator(f"#{task}-{name} :is(textarea, input)").first.input_value()


def is_whole(page: Page, id: str) -> None:
    """Wait until a tile's picture has come."""
    page.wait_for_function(
        "id => { const image = document.querySelector(`.tile[data-id='${id}'] img`);"
        " return image && image.complete && image.naturalWidth > 0; }",
        arg=id,
    )


def test_pictures_are_searched_starred_and_narrowed_down(page: Page, library: Library, word: str) -> None:
    ids = fill(library, word)
    show(page, word, 3)
    assert order(page) == ids
    is_whole(page, ids[1])
    page.locator(".tile").nth(1).click()
    detail = page.locator("dialog.studio-detail")
    expect(detail.locator(".words")).to_have_text(f"{word} 1")
    detail.get_by_role("button", name="Star (S)").click()
    expect(detail.get_by_role("button", name="Take the star away (S)")).to_have_attribute("aria-pressed", "true")
    assert library.entry(ids[1]).star
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Starred").click()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".studio-gallery .count")).to_have_text("1 picture")
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Search the prompts").fill(f"{word} nowhere")
    expect(page.get_by_text("No picture is like that")).to_be_visible()


def test_a_picture_goes_to_the_trash_and_comes_back(page: Page, library: Library, word: str) -> None:
    ids = fill(library, word)
    show(page, word, 3)
    page.locator(".tile").first.focus()
    page.keyboard.press("Delete")
    expect(page.locator(".tile")).to_have_count(2)
    assert library.path_of(ids[0]) is None and library.path_of(ids[0], trashed=True)
    expect(tile(page, ids[1])).to_be_focused()  # the keys go on from there
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tile")).to_have_count(3)
    assert library.path_of(ids[0]) and order(page) == ids
    page.keyboard.press("Delete")
    expect(page.locator(".tile")).to_have_count(2)
    page.get_by_role("button", name="Trash", exact=False).first.click()
    expect(page.locator(".tile")).to_have_count(1)
    page.locator(".tile").first.click()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    expect(page.locator("dialog.studio-detail")).to_be_hidden()


def test_while_one_is_looked_at_the_next_takes_its_place(page: Page, library: Library, word: str) -> None:
    ids = fill(library, word)
    show(page, word, 3)
    page.locator(".tile").nth(1).click()
    words = page.locator("dialog.studio-detail .words")
    expect(words).to_have_text(f"{word} 1")
    whole = "!!document.querySelector('.studio-detail .stage img').naturalWidth"
    page.wait_for_function(whole)  # one that is thrown away while it is on its way does not arrive
    page.keyboard.press("Delete")
    expect(words).to_have_text(f"{word} 0")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tile")).to_have_count(3)
    assert order(page) == ids and library.path_of(ids[1])


def test_the_keyboard_reaches_everything(page: Page, library: Library, word: str) -> None:
    ids = fill(library, word, 30)
    show(page, word, 30)
    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowRight")
    expect(tile(page, ids[1])).to_be_focused()
    tops = dict(page.locator(".tile").evaluate_all("tiles => tiles.map(tile => [tile.dataset.id, tile.offsetTop])"))
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.dataset.id")
    assert tops[below] == min(top for top in tops.values() if top > tops[ids[1]])
    page.keyboard.press("ArrowUp")
    expect(tile(page, ids[1])).to_be_focused()
    page.keyboard.press("End")
    expect(tile(page, ids[-1])).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("s")
    expect(page.locator(".tile").first).to_have_class("tile star")
    page.keyboard.press("Enter")
    detail = page.locator("dialog.studio-detail")
    expect(detail.locator(".words")).to_have_text(f"{word} 29")
    page.keyboard.press("ArrowRight")
    expect(detail.locator(".words")).to_have_text(f"{word} 28")
    page.keyboard.press("Escape")
    expect(tile(page, ids[1])).to_be_focused()
    page.keyboard.press("Control+a")
    expect(page.locator(".bar-chosen strong")).to_have_text("30 chosen")
    page.keyboard.press("Escape")
    expect(page.locator(".bar-chosen")).to_be_hidden()


def test_several_are_tagged_collected_and_downloaded_together(page: Page, library: Library, word: str) -> None:
    ids = fill(library, word, 5)
    show(page, word, 5)
    tiles = page.locator(".tile")
    tiles.nth(0).click(modifiers=["Control"])
    tiles.nth(2).click(modifiers=["Shift"])
    expect(page.locator(".bar-chosen strong")).to_have_text("3 chosen")
    page.locator(".bar-chosen").get_by_role("button", name="Tag").click()
    page.locator(".naming input").fill(f"tag {word}")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"3 pictures are tagged “tag {word}”.")).to_be_visible()
    page.locator(".bar-chosen").get_by_role("button", name="Collection").click()
    page.locator(".naming input").fill(f"set {word}")
    page.locator(".naming button").click()
    expect(page.locator(".chips").get_by_label("Collection")).to_contain_text(f"set {word} (3)")
    entries = {each: library.entry(each) for each in ids}
    assert [entries[id].tags for id in ids] == [(f"tag {word}",)] * 3 + [()] * 2
    assert {entries[id].collection for id in ids[:3]} == {f"set {word}"}
    with page.expect_download() as download:
        page.locator(".bar-chosen").get_by_role("link", name="Download").click()
    with zipfile.ZipFile(download.value.path()) as bundle:
        assert {name.rpartition("_")[2] for name in bundle.namelist()} == {f"{id}.png" for id in ids[:3]}
    page.locator(".bar-chosen").get_by_role("button", name="Trash").click()
    expect(tiles).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(tiles).to_have_count(5)
    page.locator(".chips").get_by_label("Tag").select_option(f"tag {word}")
    expect(tiles).to_have_count(3)


def test_more_come_as_one_scrolls_and_new_ones_by_themselves(page: Page, library: Library, word: str) -> None:
    ids = fill(library, word, 65)
    page.locator("#gallery-tab-button").click()
    page.get_by_label("Search the prompts").fill(word)
    expect(page.locator(".studio-gallery .count")).to_have_text("65 pictures")
    page.locator(".tile").last.scroll_into_view_if_needed()
    expect(page.locator(".tile")).to_have_count(65)
    assert order(page) == ids
    new = put(library, TextToImage(prompt=f"{word} new"))
    expect(tile(page, new.id)).to_be_attached(timeout=10_000)
    assert order(page)[0] == new.id


def test_all_settings_of_a_picture_are_set_again(page: Page, library: Library, word: str) -> None:
    request = TextToImage(
        prompt=f"{word} a house",
        negative="fog",
        clip_skip=2,
        size=Size(width=192, height=320),
        sampling=Sampling(steps=7, guidance=3.5, sampler="ddim", spacing="uniform", seed=4_000_000_000),
        tuning=Tuning(eta=0.25),
        guiding=Guiding(method="apg", start=0.1, stop=0.8, rescale=0.4),
        hires=Hires(scale=2.0, strength=0.3, upscale="latents", steps=5),
    )
    put(library, request)
    show(page, word)
    page.locator(".tile").click()
    expect(page.locator("dialog.studio-detail")).to_contain_text("Second steps 5")
    page.get_by_role("button", name="Use all settings").click()
    expect(page.locator("#text_to_image-prompt textarea")).to_have_value(request.prompt)
    expect(page.locator("#text_to_image-tab-button")).to_have_attribute("aria-selected", "true")
    page.locator("#text_to_image-advanced > button").click()
    page.locator("#text_to_image-finer > button").click()
    expect(page.locator("#text_to_image-clip-skip input")).to_have_value("2")
    names = {"negative": "fog", "width": "192", "height": "320", "steps": "7", "guidance": "3.5", "sampler": "DDIM"}
    names |= {"seed": "4000000000", "enlarge": "2", "second-strength": "0.3", "guidance-start": "0.1"}
    names |= {"guidance-stop": "0.8", "guidance-rescale": "0.4", "count": "1"}
    assert {name: field(page, "text_to_image", name) for name in names} == names


def test_what_has_no_field_is_said_and_some_can_be_chosen(page: Page, library: Library, word: str) -> None:
    sampling = Sampling(sampler="ddim", seed=77, noise="device")
    put(library, TextToImage(prompt=word, tuning=Tuning(eta=0.25), sampling=sampling))
    page.locator("#text_to_image-advanced > button").click()
    steps, prompt = field(page, "text_to_image", "steps"), field(page, "text_to_image", "prompt")
    show(page, word)
    page.locator(".tile").click()
    expect(page.locator("dialog.studio-detail")).to_contain_text("Kept out")
    expect(page.locator("dialog.studio-detail")).to_contain_text("Noise source device")
    page.get_by_role("button", name="Choose which").click()
    for box in page.locator(".studio-detail .setting input").all():
        if box.is_visible():
            box.uncheck()
    page.get_by_label("Use Seed", exact=True).check()
    page.get_by_role("button", name="Use these settings").click()
    expect(page.locator("#text_to_image-seed :is(input, textarea)")).to_have_value("77")
    assert (field(page, "text_to_image", "steps"), field(page, "text_to_image", "prompt")) == (steps, prompt)


def test_an_edit_comes_back_with_the_picture_that_it_was_made_from(page: Page, library: Library, word: str) -> None:
    photo = Image.fromarray(numpy.random.default_rng().integers(0, 256, (40, 56, 3), "uint8"))
    first = put(library, ImageToImage(prompt=f"{word} first", image=photo, strength=0.45, loops=2, full_steps=True))
    result = library.picture(first.id)
    mask = Image.new("L", result.size, 255)
    put(library, Inpaint(prompt=f"{word} second", image=result, mask=mask, feather=3, grow=2, graded=True))
    put(library, Outpaint(prompt=f"{word} third", image=result, margins=Margins(left=16), rolls=1))
    show(page, word, 3)
    tile(page, first.id).click()
    detail = page.locator("dialog.studio-detail")
    expect(detail.locator(".relatives button")).to_have_count(2)
    page.get_by_role("button", name="Use all settings").click()
    expect(page.locator("#image_to_image-prompt textarea")).to_have_value(f"{word} first")
    source = f"{page.url}api/pictures/{picture_key(photo)}"
    expect(page.locator("#canvas .sheet img")).to_have_attribute("src", source)
    assert field(page, "image_to_image", "strength") == "0.45"
    page.locator("#gallery-tab-button").click()
    tile(page, first.id).click()
    detail.locator(".relatives button").last.click()
    expect(detail.locator(".words")).to_have_text(f"{word} second")
    expect(detail.locator(".setting", has_text="Mask")).to_contain_text("64 × 48")
    detail.get_by_role("button", name="Use all settings").click()
    expect(page.locator("#inpaint-prompt textarea")).to_have_value(f"{word} second")
    page.locator("#inpaint-advanced > button").click()
    expect(page.locator("#inpaint-feather input")).to_have_value("3")
    expect(page.get_by_label("Grey repaints less")).to_be_checked()


def test_a_picture_is_sent_to_the_canvas(page: Page, library: Library, word: str) -> None:
    (id,) = fill(library, word, 1)
    show(page, word)
    page.locator(".tile").click()
    page.locator("dialog.studio-detail [data-send=outpaint]").click()
    expect(page.locator("#outpaint-tab-button")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#canvas .sheet img")).to_have_attribute("src", f"{page.url}api/pictures/{id}")


def test_a_copy_is_downloaded_as_jpeg_without_its_settings(page: Page, library: Library, word: str) -> None:
    fill(library, word, 1)
    show(page, word)
    page.locator(".tile").click()
    page.get_by_label("Format").select_option("jpeg")
    page.get_by_label("with its settings").uncheck()
    with page.expect_download() as download:
        page.locator(".studio-detail a.save").click()
    data = Path(download.value.path()).read_bytes()
    assert Image.open(io.BytesIO(data)).format == "JPEG" and word.encode("utf-16-be") not in data
    assert download.value.suggested_filename.endswith(".jpg")


def test_words_from_pictures_are_text_and_nothing_else(page: Page, library: Library, word: str) -> None:
    saved = put(library, TextToImage(prompt=f"{word} {NASTY}", negative=NASTY))
    library.say(saved.id, tags=(NASTY[:60],), collection=NASTY[:60])
    title = page.title()
    show(page, word)
    expect(page.locator(".tile")).to_have_attribute("title", f"{word} {NASTY}")
    page.locator(".tile").click()
    detail = page.locator("dialog.studio-detail")
    expect(detail.locator(".words").first).to_have_text(f"{word} {NASTY}")
    expect(detail.locator(".tag")).to_have_text(NASTY[:60])
    assert not detail.locator("script, img[src=x]").count() and page.title() == title


# Files that are dropped


def dropped(page: Page, data: bytes, name: str, target: str = "#text_to_image-prompt textarea") -> None:
    """Drop a file on a part of the page, as a browser would tell of it."""
    page.evaluate(
        """([data, name, target]) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], name, { type: "image/png" }));
            for (const type of ["dragover", "drop"]) {
                const event = new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true });
                document.querySelector(target).dispatchEvent(event);
            }
        }""",
        [base64.b64encode(data).decode(), name, target],
    )


def png(**chunks: str) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    for name, text in chunks.items():
        info.add_text(name, text)
    Image.new("RGB", (32, 16), "teal").save(file, "PNG", pnginfo=info)
    return file.getvalue()


@pytest.fixture
def found(page: Page) -> Iterator[Any]:
    yield page.locator("dialog.studio-found")


def test_another_programs_picture_is_dropped_and_its_settings_used(page: Page, found: Any) -> None:
    dropped(page, png(parameters=A1111), f"{NASTY}.png")
    expect(found.locator("h2")).to_have_text(f"A1111 made {NASTY}.png")
    expect(found).to_contain_text("Model someModel")
    expect(found.locator(".lost")).to_contain_text("The LoRA fur (0.8) is looked for in your models folder.")
    found.get_by_role("button", name="Use these settings").click()
    expect(page.locator("#text_to_image-prompt textarea")).to_have_value("a cat, <lora:fur:0.8>")
    page.locator("#text_to_image-advanced > button").click()
    expect(page.locator("#text_to_image-steps input")).to_have_value("17")
    names = {
        "width": "640",
        "height": "384",
        "guidance": "5.5",
        "sampler": "Euler a",
        "seed": "4242",
        "negative": "fog",
    }
    assert {name: field(page, "text_to_image", name) for name in names} == names


def test_a_picture_without_settings_says_so_and_goes_to_the_canvas(page: Page, library: Library, found: Any) -> None:
    dropped(page, png(Comment="hello"), "photo.png")
    expect(found.locator("h2")).to_have_text("No settings in photo.png")
    expect(found.get_by_role("button", name="Use these settings")).to_have_count(0)
    found.locator("[data-send=inpaint]").click()
    expect(page.locator("#inpaint-tab-button")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#canvas .sheet img")).to_have_attribute("src", re.compile("/api/pictures/[0-9a-f]{64}$"))
    key = str(page.locator("#canvas .sheet img").get_attribute("src")).rpartition("/")[2]
    assert Image.open(library.inputs / f"{key}.png").size == (32, 16)


def test_a_file_on_the_canvas_is_the_canvas_own(page: Page, found: Any) -> None:
    page.locator("#image_to_image-tab-button").click()
    page.locator("#canvas .easel").wait_for()
    with page.expect_response("**/api/pictures") as answer:
        dropped(page, png(parameters=A1111), "photo.png", "#canvas .easel")
    assert answer.value.status == 200
    expect(page.locator("#canvas .sheet img")).to_be_visible()
    expect(found).to_have_count(0)


def test_settings_that_are_pasted_into_a_prompt_may_be_read(page: Page, found: Any) -> None:
    prompt = page.locator("#text_to_image-prompt textarea")
    prompt.focus()
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        A1111,
    )
    page.get_by_role("button", name="Read them").click()
    expect(found.locator(".words").first).to_have_text("a cat, <lora:fur:0.8>")
    found.get_by_role("button", name="Use these settings").click()
    expect(prompt).to_have_value("a cat, <lora:fur:0.8>")


def test_on_a_phone_nothing_hangs_over_and_pictures_are_chosen_by_touch(
    browser: Browser, studio: Running, library: Library, word: str
) -> None:
    ids = fill(library, word, 4)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(studio.url)
    page.wait_for_selector("#live [data-ready]", state="attached")
    show(page, word, 4)
    page.get_by_role("button", name="Select", exact=True).tap()
    for index in (0, 3):
        page.locator(".tile").nth(index).tap()
    expect(page.locator(".bar-chosen strong")).to_have_text("2 chosen")
    page.locator(".bar-chosen").get_by_role("button", name="Star").tap()
    expect(page.locator(".tile.star")).to_have_count(2)
    assert [library.entry(id).star for id in ids] == [True, False, False, True]
    page.get_by_role("button", name="Select", exact=True).tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".tile").first.tap()
    expect(page.locator(".studio-detail .words")).to_be_visible()
    assert page.evaluate("document.querySelector('.studio-detail').scrollWidth") <= 390
    context.close()

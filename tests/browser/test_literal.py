"""Words from elsewhere - a model's card, a style, a file's metadata - are shown as they are written, and do nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, Page, expect

from pipelines.requests import TextToImage
from studio.library import Library, Recipe
from studio.wordlists import Style, write_styles
from tests.browser import driver
from tests.browser.driver import Running, open_tab

pytestmark = pytest.mark.browser

NASTY = """</script><img src=x onerror="window.won=1"><script>window.won=1</script>${won=1}{{7*7}}'"&amp;"""
A1111 = """{nasty} cat, <lora:{nasty}:0.8>
Negative prompt: {nasty}
Steps: 17, Sampler: {nasty}, CFG scale: 5.5, Seed: 4242, Size: 640x384, Model: {nasty}"""


@pytest.fixture(scope="module")
def studio(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A studio whose model and styles mean harm."""
    folder = tmp_path_factory.mktemp("literal")
    model = driver.make_tiny(folder / "nasty")
    card = json.loads((model / "studio.json").read_text())
    card |= {"title": f"M{NASTY}", "draws": f"D{NASTY}", "examples": [f"E{NASTY}"]}
    (model / "studio.json").write_text(json.dumps(card))
    write_styles(folder / "words", [Style(f"S{NASTY}", "{prompt} at night")])
    with driver.running(folder, "--model", str(model)) as studio:
        yield studio


@pytest.fixture
def harmless(page: Page) -> Iterator[Page]:
    yield page
    assert not page.locator("img[src=x]").count()
    assert page.evaluate("window.won") is None


def test_what_a_models_card_says(harmless: Page) -> None:
    expect(harmless.locator(".studio-header .model-name")).to_have_text(f"M{NASTY}")
    expect(harmless.locator("#text_to_image-help .draws")).to_have_text(f"D{NASTY}")
    example = harmless.locator("#text_to_image-help .example")
    expect(example).to_have_text(f"E{NASTY}")
    example.click()
    expect(harmless.locator("#text_to_image-prompt textarea")).to_have_value(f"E{NASTY}")
    harmless.locator(".studio-header .model").click()
    expect(harmless.locator(".studio-panel .facts dd", has_text="window.won").first).to_have_text(f"M{NASTY}")


def test_a_styles_name(harmless: Page) -> None:
    harmless.locator("#text_to_image-advanced > button").click()
    harmless.locator("#text_to_image-styles input").click()
    style = harmless.locator("#text_to_image-styles [role=option]")
    expect(style).to_contain_text(f"S{NASTY}")
    style.click()
    expect(harmless.locator("#text_to_image-styles .token")).to_have_text(f"S{NASTY}")


def test_what_the_model_sees_of_a_prompt(harmless: Page) -> None:
    harmless.locator("#text_to_image-prompt textarea").fill("<img src=x onerror=window.won=1>")
    harmless.locator("#text_to_image-sight > button").click()
    expect(harmless.locator("#text_to_image-seen textarea")).not_to_have_value("")
    expect(harmless.locator("#text_to_image-help .unknown")).to_contain_text("onerror")


def test_what_the_metadata_of_a_file_says(harmless: Page) -> None:
    info, file = PngInfo(), io.BytesIO()
    info.add_text("parameters", A1111.format(nasty=NASTY))
    Image.new("RGB", (32, 16), "teal").save(file, "PNG", pnginfo=info)
    open_tab(harmless, "text_to_image")
    harmless.locator("#gallery-tab-button").click()
    with harmless.expect_file_chooser() as chooser:
        harmless.get_by_role("button", name="Read settings from a file").click()
    chooser.value.set_files({"name": f"{NASTY}.png", "mimeType": "image/png", "buffer": file.getvalue()})
    found = harmless.locator("dialog.studio-found")
    expect(found.locator(".words").first).to_contain_text(f"{NASTY} cat")
    expect(found.locator(".lost")).to_contain_text(NASTY[:20])
    found.get_by_role("button", name="Use these settings").click()
    expect(harmless.locator("#text_to_image-prompt textarea")).to_have_value(f"{NASTY} cat, <lora:{NASTY}:0.8>")


def test_what_a_person_says_of_a_picture(harmless: Page, studio: Running) -> None:
    library, said = Library(studio.outputs), NASTY[:60]
    recipe = Recipe(request=TextToImage(prompt=NASTY), model="nasty", title=f"M{NASTY}")
    saved = library.save(Image.new("RGB", (64, 48), "teal"), recipe)
    library.say(saved.id, tags=(said,), collection=said)
    harmless.locator("#gallery-tab-button").click()
    for name in ("Tag", "Collection"):
        choice = harmless.locator(".chips").get_by_label(name)
        expect(choice.locator("option").last).to_contain_text(said)
        choice.select_option(said)
    harmless.locator(".tile").click()
    detail = harmless.locator("dialog.studio-detail")
    expect(detail.locator(".facts").first).to_contain_text(f"M{NASTY}")
    expect(detail.locator(".tag")).to_have_text(said)

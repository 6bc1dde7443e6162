"""Several pictures at once: chosen, paired with their masks by name, and made a job each."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from studio.library import Library
from tests.browser.driver import Running, open_tab, set_number

pytestmark = pytest.mark.browser


def file(name: str, picture: Image.Image) -> Any:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": data.getvalue()}


def photo(shade: int) -> Image.Image:
    return Image.new("RGB", (64, 64), (shade, 90, 120))


def mask(size: tuple[int, int] = (64, 64)) -> Image.Image:
    drawn = Image.new("L", size)
    drawn.paste(255, (8, 8, 40, 40))
    return drawn


def choose(page: Page, task: str, kind: str, *files: Any) -> Any:
    page.locator(f"#{task}-batch input[data-kind={kind}]").set_input_files(list(files))
    return page.locator(f"#{task}-batch")


def jobs(page: Page) -> list[str]:
    found: list[str] = page.locator("#live .card").evaluate_all("cards => cards.map(card => card.dataset.job)")
    return found


def test_pictures_are_inpainted_with_the_masks_of_their_names(page: Page, studio: Running) -> None:
    open_tab(page, "inpaint")
    before = jobs(page)
    batch = choose(page, "inpaint", "picture", *(file(f"{name}.png", photo(40 * k)) for k, name in enumerate("cab")))
    expect(batch.locator("li .name")).to_have_text(["a.png", "b.png", "c.png"])
    expect(batch.locator("li .state").first).to_have_text("It has no mask: choose one that is named a.png.")
    choose(page, "inpaint", "mask", file("a.png", mask()), file("b.png", mask((32, 64))), file("d.png", mask()))
    wrong = "The mask is 32 × 64, the picture 64 × 64."
    lines = ["with its mask", wrong, "It has no mask: choose one that is named c.png."]
    expect(batch.locator("li .state")).to_have_text([*lines, "A mask without its picture: choose that too."])
    batch.get_by_role("button", name="Take d away").click()
    choose(page, "inpaint", "mask", file("c.png", mask()))
    told = "Generate works on 2 pictures, a job each, in place of the one on the canvas, and leaves 1 out."
    expect(batch.locator("[role=status]")).to_have_text(told)
    set_number(page, "inpaint", "steps", 2)
    page.locator("#inpaint-prompt textarea").fill("a batch of houses")
    page.locator("#inpaint-generate").click()
    page.wait_for_function(
        "count => document.querySelectorAll('#live .card[data-state=done]').length >= count", arg=len(before) + 2
    )
    library = Library(studio.outputs)
    made: list[Any] = [library.request(saved.path) for saved in library.recent(2)]
    assert {each.prompt for each in made} == {"a batch of houses"}
    assert {each.image.getpixel((0, 0)) for each in made} == {(40, 90, 120), (0, 90, 120)}
    assert all(numpy.array_equal(numpy.asarray(each.mask), numpy.asarray(mask())) for each in made)
    assert len({each.sampling.seed for each in made}) == 2


def test_files_that_are_no_pictures_are_named_and_left_out(page: Page) -> None:
    open_tab(page, "image_to_image")
    nonsense = {"name": "x.png", "mimeType": "image/png", "buffer": b"nothing"}
    batch = choose(page, "image_to_image", "picture", nonsense)
    expect(batch.locator("li .state")).to_contain_text("x.png: ")
    page.locator("#image_to_image-generate").click()
    expect(page.locator("#live [role=alert]").first).to_have_text(
        "None of the pictures can be worked on: the list says why."
    )
    batch.get_by_role("button", name="Take them away").click()
    expect(batch.locator("li")).to_have_count(0)
    page.locator("#image_to_image-generate").click()
    expect(page.locator("#live [role=alert]").first).to_contain_text("Open a picture first")


def test_several_files_dropped_on_the_canvas_are_a_batch(page: Page) -> None:
    open_tab(page, "outpaint")
    code = """async () => {
        const transfer = new DataTransfer();
        for (const name of ["one.png", "two.png"]) {
            const canvas = new OffscreenCanvas(16, 16);
            canvas.getContext("2d").fillRect(0, 0, 8, name.length);
            transfer.items.add(new File([await canvas.convertToBlob()], name, { type: "image/png" }));
        }
        const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
        document.querySelector("#canvas .studio-canvas").dispatchEvent(new DragEvent("drop", options));
    }"""
    page.evaluate(code)
    batch = page.locator("#outpaint-batch")
    expect(batch.locator("li .name")).to_have_text(["one.png", "two.png"])
    expect(batch.locator("[role=status]")).to_contain_text("Generate works on 2 pictures")
    expect(page.locator("#canvas .sheet")).to_be_hidden()


def test_a_folder_brings_its_pictures_and_the_folder_of_their_masks(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    (folder / "masks").mkdir(parents=True)
    for name in ("one", "two"):
        photo(60).save(folder / f"{name}.png")
        mask().save(folder / "masks" / f"{name}.png")
    (folder / "notes.txt").write_text("no picture")
    open_tab(page, "inpaint")
    drop(page, "#canvas .studio-canvas", folder)
    batch = page.locator("#inpaint-batch")
    expect(batch.locator("li .name")).to_have_text(["one.png", "two.png"])
    expect(batch.locator("li .state")).to_have_text(["with its mask"] * 2)


def drop(page: Page, target: str, path: Path) -> None:
    """Drop a file or a folder as a hand would; a script cannot make up a folder."""
    box = page.locator(target).bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})
    session.detach()


def test_too_many_are_refused_in_a_sentence(page: Page) -> None:
    open_tab(page, "outpaint")
    tiny = {"mimeType": "image/png", "buffer": b"x"}
    choose(page, "outpaint", "picture", *({"name": f"{number}.png", **tiny} for number in range(101)))
    expect(page.locator(".studio-toast")).to_contain_text("At most 100 pictures can be worked on at once")
    expect(page.locator("#outpaint-batch li")).to_have_count(0)

"""The results, the queue and the everyday keys of the page, in a real browser with a real studio behind it."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from studio.library import Library
from studio.library import said as sayings
from tests.browser.driver import Running, act, generate, open_picture, open_tab, pixels, set_number, wait_for

pytestmark = pytest.mark.browser

ENDLESS = 1000
LITERAL = '<img src=x onerror="document.title=\'broken\'"> & "quotes"'


def ask(studio: Running, door: str, post: bool = True) -> Any:
    request = urllib.request.Request(f"{studio.url}api/{door}", method="POST" if post else "GET")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


@pytest.fixture(autouse=True)
def quiet(studio: Running) -> Iterator[None]:
    """Each test begins and ends with a queue that is empty, and forgets its jobs."""
    yield
    ask(studio, "jobs/stop")
    ask(studio, "jobs/resume")
    while any(job["state"] in ("queued", "running") for job in ask(studio, "jobs", post=False)["jobs"]):
        pass
    ask(studio, "jobs/clear")


def card(page: Page, job: str) -> Locator:
    return page.locator(f'.card[data-job="{job}"]')


def quick(page: Page, prompt: str = "a red house", seed: int = 7, count: int = 1) -> str:
    """A finished job of text to image, of two steps."""
    set_number(page, "text_to_image", "steps", 2)
    set_number(page, "text_to_image", "count", count)
    set_number(page, "text_to_image", "seed", seed)
    wait_for(page, job := generate(page, "text_to_image", prompt))
    return job


def endless(page: Page, prompt: str = "a hill", count: int = 1) -> str:
    set_number(page, "text_to_image", "steps", ENDLESS)
    set_number(page, "text_to_image", "count", count)
    return generate(page, "text_to_image", prompt)


def newest(page: Page, but: str) -> str:
    """The job that came on top of another one."""
    first = page.locator("#live .card").first
    expect(first).not_to_have_attribute("data-job", but)
    return str(first.get_attribute("data-job"))


def request_of(studio: Running, job: str, index: int = 0) -> Any:
    """What stands in the file of a job's picture."""
    library = Library(studio.outputs)
    path = library.path_of(ask(studio, f"jobs/{job}", post=False)["pictures"][index]["id"])
    assert path is not None
    return library.request(path)


def picture_of(studio: Running, job: str, index: int = 0) -> Image.Image:
    url = ask(studio, f"jobs/{job}", post=False)["pictures"][index]["url"]
    with urllib.request.urlopen(studio.url + url, timeout=30) as answer:
        return Image.open(io.BytesIO(answer.read())).convert("RGB")


# What can be done with a picture


def test_a_picture_is_made_again_varied_and_enlarged_from_its_menu(page: Page, studio: Running) -> None:
    job = quick(page, "a red house by the sea", count=2)
    act(page, job, "Again")
    wait_for(page, again := newest(page, job))
    assert [request_of(studio, again, index).sampling.seed for index in (0, 1)] == [9, 10]
    act(page, job, "Vary a lot", index=1)
    wait_for(page, varied := newest(page, again))
    request = request_of(studio, varied)
    assert (request.sampling.seed, request.variation.strength, request.prompt) == (8, 0.4, "a red house by the sea")
    act(page, job, "Enlarge")
    wait_for(page, large := newest(page, varied), timeout=120)
    before, after = picture_of(studio, job), picture_of(studio, large)
    assert after.size == (2 * before.width, 2 * before.height)
    shrunk, other = pixels(after.resize(before.size, Image.Resampling.BOX)), pixels(picture_of(studio, job, 1))
    assert numpy.abs(shrunk - pixels(before)).mean() < numpy.abs(shrunk - other).mean()  # it is still that picture


def test_use_puts_a_picture_on_the_canvas_and_can_be_undone(page: Page, studio: Running) -> None:
    job = quick(page)
    open_picture(page, "inpaint", (96, 64))
    expect(page.locator("#canvas .sizes")).to_have_text("96 × 64")
    card(page, job).locator(".use").click()
    made = picture_of(studio, job)
    expect(page.locator("#canvas .sizes")).to_have_text(f"{made.width} × {made.height}")
    expect(page.locator("#inpaint-tab-button")).to_have_attribute("aria-selected", "true")
    page.locator("#canvas").get_by_label("Undo").click()
    expect(page.locator("#canvas .sizes")).to_have_text("96 × 64")


def test_use_from_a_prompt_alone_goes_on_with_image_to_image(page: Page) -> None:
    card(page, quick(page)).locator(".use").click()
    expect(page.locator("#image_to_image-tab-button")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#canvas .sheet")).to_be_visible()


def test_a_star_is_kept_with_the_picture_and_told_to_every_page(page: Page, studio: Running) -> None:
    job = quick(page)
    star = card(page, job).get_by_label("Star")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    [picture] = ask(studio, f"jobs/{job}", post=False)["pictures"]
    assert sayings.read(studio.outputs / ".studio" / "said" / f"{picture['id']}.json").star
    page.reload()
    expect(card(page, job).get_by_label("Star")).to_have_attribute("aria-pressed", "true")


def test_what_is_thrown_away_comes_back_by_undo_and_else_stays_away(page: Page, studio: Running) -> None:
    job = quick(page, count=2)
    files = set(studio.outputs.glob("*.png"))
    act(page, job, "Throw away")
    expect(card(page, job).locator("figure:visible")).to_have_count(1)
    assert len(set(studio.outputs.glob("*.png"))) == len(files) - 1
    page.locator(".studio-toast").get_by_text("Undo").click()
    expect(card(page, job).locator("figure:visible")).to_have_count(2)
    assert set(studio.outputs.glob("*.png")) == files
    act(page, job, "Throw away")
    expect(card(page, job).locator("figure:visible")).to_have_count(1)
    page.reload()
    expect(card(page, job).locator("figure:visible")).to_have_count(1)


def test_a_seed_is_kept_and_drawn_again(page: Page) -> None:
    job = quick(page, seed=123)
    field = page.locator("#text_to_image-seed input, #text_to_image-seed textarea")
    kept = page.locator("#text_to_image-help .kept")
    expect(kept).to_contain_text("Seed 123 is kept")
    kept.get_by_role("button").click()
    expect(field).to_have_value("")
    expect(kept).to_be_hidden()
    act(page, job, "Keep seed 123")
    expect(field).to_have_value("123")
    expect(kept).to_contain_text("Seed 123 is kept")


def test_a_picture_obeys_keys(page: Page, studio: Running) -> None:
    job = quick(page, "a boat at night")
    card(page, job).locator("button.screen").focus()
    page.keyboard.press("s")
    expect(card(page, job).get_by_label("Star")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("a")
    wait_for(page, again := newest(page, job))
    assert request_of(studio, again).sampling.seed == 8
    card(page, job).locator("button.screen").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".studio-lightbox")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(card(page, job).locator("figure:visible")).to_have_count(0)


def test_the_menu_is_walked_through_with_arrow_keys(page: Page) -> None:
    job = quick(page)
    more = card(page, job).get_by_label("More")
    more.focus()
    page.keyboard.press("Enter")
    menu = page.locator(".studio-menu")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem").last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(more).to_be_focused()


# Looking closely


def clip(page: Page) -> float:
    """The share of the stage where the picture before is seen."""
    return float(page.evaluate("parseFloat(document.querySelector('.stage').style.getPropertyValue('--split'))"))


def places(page: Page) -> list[list[float]]:
    """Where the two pictures of the stage are: left, top, width, height."""
    return page.evaluate("""[...document.querySelectorAll(".stage .sheet")].map((sheet) => {
        const pane = sheet.parentElement.getBoundingClientRect(), box = sheet.getBoundingClientRect();
        return [box.left - pane.left, box.top - pane.top, box.width, box.height];
    })""")


def test_before_and_after_are_looked_at_with_a_slider(page: Page, studio: Running) -> None:
    open_picture(page, "image_to_image", (96, 64))
    set_number(page, "image_to_image", "steps", 2)
    wait_for(page, job := generate(page, "image_to_image", "the sea"))
    act(page, job, "Before and after")
    stage = page.locator(".stage")
    expect(stage).to_have_attribute("data-how", "over")
    names = [stage.locator(f".{pane}").get_attribute("data-name") for pane in ("before", "after")]
    assert names == ["Before", "After"]
    source = ask(studio, f"jobs/{job}", post=False)["source"]
    expect(stage.locator(".before img")).to_have_attribute("src", f"{studio.url}api/pictures/{source}")
    box = stage.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 100, steps=3)
    page.mouse.up()
    assert clip(page) == pytest.approx(25, abs=0.5)
    page.get_by_label("Before or after").focus()
    page.keyboard.press("ArrowRight")
    assert clip(page) == pytest.approx(25.5, abs=0.6)
    for _ in range(4):
        page.keyboard.press("+")
    before = places(page)
    line = box["x"] + box["width"] * clip(page) / 100
    page.mouse.move(line, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(line + 200, box["y"] + 100, steps=3)
    page.mouse.up()
    assert clip(page) == pytest.approx(100 * (line + 200 - box["x"]) / box["width"], abs=0.5)
    assert places(page) == before
    page.mouse.move(line - 100, box["y"] + 300)  # beside the line, the pictures are moved
    page.mouse.down()
    page.mouse.move(line - 160, box["y"] + 280, steps=3)
    page.mouse.up()
    moved = places(page)
    for one, other in zip(before, moved, strict=True):
        assert (other[0] - one[0], other[1] - one[1]) == pytest.approx((-60, -20), abs=1)
    page.keyboard.press("d")
    expect(stage).to_have_attribute("data-how", "beside")
    page.keyboard.press("b")
    expect(stage).to_have_attribute("data-how", "alone")
    page.keyboard.press("Escape")
    expect(page.locator(".studio-lightbox")).to_be_hidden()


def test_a_widened_picture_lies_over_the_part_it_came_from(page: Page) -> None:
    open_picture(page, "outpaint", (96, 64))
    for side, margin in {"left": 32, "top": 0, "right": 0, "bottom": 16}.items():
        set_number(page, "outpaint", side, margin)
    set_number(page, "outpaint", "steps", 2)
    wait_for(page, job := generate(page, "outpaint", "the sea"))
    act(page, job, "Before and after")
    before, after = page.evaluate("""[...document.querySelectorAll(".stage img")].map((image) => {
        const { left, top, width, height } = image.getBoundingClientRect();
        return [left, top, width, height];
    })""")
    scale = after[2] / 128
    assert before == pytest.approx([after[0] + 32 * scale, after[1], 96 * scale, 64 * scale], abs=1)


def test_any_two_pictures_are_compared_and_zoomed_together(page: Page, studio: Running) -> None:
    first, second = quick(page, seed=7), quick(page, seed=8)
    act(page, first, "Compare with")
    expect(page.locator(".studio-toast")).to_contain_text("Now choose what to compare it with")
    expect(page.locator("figure.picked")).to_have_count(1)
    act(page, second, "Compare with the one picked")
    stage = page.locator(".stage")
    shown = [stage.locator(f".{pane} img").get_attribute("src") for pane in ("before", "after")]
    ids = [ask(studio, f"jobs/{job}", post=False)["pictures"][0]["id"] for job in (first, second)]
    assert shown == [f"{studio.url}api/pictures/{id}" for id in ids]
    page.get_by_text("Side by side").click()
    page.wait_for_timeout(50)
    one, two = places(page)
    assert one == pytest.approx(two, abs=1)
    box = stage.locator(".after").bounding_box()
    assert box
    point = (box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.55)
    page.mouse.move(*point)
    page.mouse.wheel(0, -600)
    expect(stage).not_to_have_attribute("data-scale", "1.00")
    scale = float(stage.get_attribute("data-scale") or 0)
    closer = places(page)
    assert closer[0] == pytest.approx(closer[1], abs=1)
    assert closer[1][2] == pytest.approx(two[2] * scale, rel=0.01)
    inside = [(point[0] - box["x"] - each[1][0]) / each[1][2] for each in ((one, two), closer)]
    assert inside[0] == pytest.approx(inside[1], abs=0.01)  # what was under the pointer still is
    page.mouse.dblclick(*point)
    expect(stage).to_have_attribute("data-scale", "1.00")
    page.keyboard.press("+")
    expect(stage).to_have_attribute("data-scale", "1.25")
    page.keyboard.press("0")
    expect(stage).to_have_attribute("data-scale", "1.00")
    page.keyboard.press("Escape")
    expect(page.locator("figure.picked")).to_have_count(0)


def test_two_fingers_zoom(page: Page) -> None:
    job = quick(page)
    card(page, job).locator("button.screen").click()
    box = page.locator(".stage").bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    fingers = page.context.new_cdp_session(page)
    for name, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80), ("touchMove", 100)):
        points = [{"x": middle[0] + side * apart, "y": middle[1], "id": side + 1} for side in (-1, 1)]
        fingers.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    scale = float(page.locator(".stage").get_attribute("data-scale") or 0)
    assert scale == pytest.approx(100 / 40, rel=0.1)
    page.keyboard.press("Escape")


# The queue


def rows(page: Page) -> list[str]:
    return page.locator(".studio-panel .rows .said").all_inner_texts()


def test_the_queue_is_looked_at_ordered_held_and_emptied(page: Page, studio: Running) -> None:
    ask(studio, "jobs/pause")
    set_number(page, "text_to_image", "steps", ENDLESS)
    jobs = [generate(page, "text_to_image", prompt) for prompt in ("first", "second", "third")]
    opener = page.locator(".studio-header .queue")
    expect(opener.locator(".count")).to_have_text("3")
    opener.click()
    panel = page.get_by_role("dialog", name="Queue")
    expect(panel.locator(".halted")).to_be_visible()
    assert rows(page) == ["first", "second", "third"]
    third = panel.locator(f'li[data-job="{jobs[2]}"]')
    third.get_by_label("Move up").click()
    expect(panel.locator(".rows .said").nth(1)).to_have_text("third")
    third.get_by_label("Move up").click()
    expect(panel.locator(".rows .said").nth(0)).to_have_text("third")
    expect(third.get_by_label("Move up")).to_be_disabled()
    order = [job["id"] for job in ask(studio, "jobs", post=False)["jobs"] if job["state"] == "queued"]
    assert order == [jobs[2], jobs[0], jobs[1]]
    panel.locator(f'li[data-job="{jobs[0]}"]').get_by_label("Cancel").click()
    expect(panel.locator(".rows li")).to_have_count(2)
    assert ask(studio, f"jobs/{jobs[0]}", post=False)["state"] == "cancelled"
    panel.get_by_text("Resume").click()
    wait_for(page, jobs[2], "running")
    panel.get_by_role("button", name="Pause").click()
    expect(panel.locator(".halted")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    waiting = generate(page, "text_to_image", "fourth")
    opener.click()
    panel.get_by_text("Clear waiting").click()
    wait_for(page, waiting, "cancelled")
    expect(card(page, jobs[2])).to_have_attribute("data-state", "running")
    panel.get_by_text("Stop all").click()
    wait_for(page, jobs[2], "cancelled", 15)
    expect(opener.locator(".count")).to_be_hidden()
    expect(panel.get_by_text("Nothing waits.")).to_be_visible()
    panel.get_by_text("Clear finished").click()
    expect(page.locator("#live .card")).to_have_count(0)
    expect(page.locator("#live .hint")).to_be_visible()


def test_a_job_that_was_stopped_is_tried_again(page: Page) -> None:
    job = endless(page)
    card(page, job).locator(".stop").click()
    wait_for(page, job, "cancelled", 15)
    card(page, job).locator(".retry").click()
    page.wait_for_selector(f'.card[data-job="{job}"]:is([data-state="queued"], [data-state="running"])')


def test_a_job_that_failed_says_why_and_is_tried_again(page: Page, studio: Running) -> None:
    ask(studio, "jobs/pause")
    open_picture(page, "image_to_image", (96, 64), shade=9)
    set_number(page, "image_to_image", "steps", 2)
    job = generate(page, "image_to_image", "the sea")
    page.wait_for_function("document.querySelector('.pictures').style.getPropertyValue('--shape') === '1.5'")
    source = studio.outputs / "inputs" / f"{ask(studio, f'jobs/{job}', post=False)['source']}.png"
    away = source.rename(source.with_suffix(".away"))
    ask(studio, "jobs/resume")
    wait_for(page, job, "failed")
    expect(card(page, job).locator(".alert")).to_contain_text("The library does not have this picture")
    page.locator(".studio-header .queue").click()
    expect(page.locator(f'.studio-panel li[data-job="{job}"] .state')).to_contain_text("Failed: The library does not")
    away.rename(source)
    page.locator(".studio-panel").get_by_text("Retry failed").click()
    wait_for(page, job)
    expect(card(page, job).locator(".alert")).to_be_hidden()


def test_what_waits_says_how_many_are_ahead(page: Page, studio: Running) -> None:
    ask(studio, "jobs/pause")
    set_number(page, "text_to_image", "steps", 2)
    generate(page, "text_to_image", "first")
    second = generate(page, "text_to_image", "second")
    expect(card(page, second).locator(".state")).to_have_text("Waiting: 1 ahead")


# Reloads, second pages, other devices


def test_ten_reloads_in_mid_run_find_the_job_again(page: Page) -> None:
    job = endless(page, count=3)
    for _ in range(10):
        page.reload()
        wait_for(page, job, "running")
        expect(card(page, job).locator("figure")).to_have_count(3)
        expect(card(page, job).locator(".state")).to_contain_text("Step")
    card(page, job).locator(".stop").click()
    wait_for(page, job, "cancelled", 15)


def test_another_device_sees_what_runs_and_the_latest_results(page: Page, studio: Running) -> None:
    done, job = quick(page), endless(page, "the sea")
    assert page.context.browser
    with page.context.browser.new_context() as other:  # with nothing kept of an earlier visit
        second = other.new_page()
        errors: list[str] = []
        second.on("pageerror", lambda error: errors.append(str(error)))
        second.goto(studio.url)
        wait_for(second, job, "running")
        expect(card(second, job).locator(".said")).to_have_text("the sea")
        expect(card(second, job).locator("img.preview")).to_be_visible()
        wait_for(second, done)
        expect(card(second, done).locator("button.screen img")).to_be_visible()
        card(second, job).locator(".stop").click()
        wait_for(page, job, "cancelled", 15)
        assert not errors


def test_two_pages_and_many_jobs_need_one_connection_each(page: Page, studio: Running, context: BrowserContext) -> None:
    streams: list[str] = []
    second = context.new_page()
    second.on("request", lambda request: streams.append(request.url) if "/events" in request.url else None)
    second.goto(studio.url)
    ask(studio, "jobs/pause")
    set_number(page, "text_to_image", "steps", 2)
    jobs = [generate(page, "text_to_image", f"job {number}") for number in range(8)]
    ask(studio, "jobs/resume")
    for job in jobs:
        wait_for(second, job)
    assert streams == [f"{studio.url}api/events"]
    second.close()


def test_progress_is_in_the_title_while_nobody_looks(page: Page) -> None:
    job = endless(page)
    wait_for(page, job, "running")
    icon = page.locator('link[rel="icon"]')
    plain = icon.get_attribute("href")
    page.evaluate("""Object.defineProperty(document, "hidden", { get: () => window.away, configurable: true });
        window.away = true; document.dispatchEvent(new Event("visibilitychange"));""")
    page.wait_for_function(r"/^\d+ % - Diffusion Studio$/.test(document.title)")
    expect(icon).to_have_attribute("href", re.compile("^data:image/png"))
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert page.title() == "Diffusion Studio"
    assert str(icon.get_attribute("href")).endswith(str(plain))


# Keys, prompts, words


def test_the_sheet_of_keys(page: Page) -> None:
    page.locator("#text_to_image-prompt textarea").press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_have_count(0)  # it was typed
    expect(page.locator("#text_to_image-prompt textarea")).to_have_value("?")
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_text("Generate", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator(".studio-header").get_by_label("Keys").click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")


def test_examples_at_first_and_earlier_prompts_from_then_on(page: Page) -> None:
    expect(page.locator("#text_to_image-help .example").first).to_be_visible()
    expect(page.locator("#text_to_image-help .first")).to_be_visible()
    for prompt in ("a red house", "the blue sea", "a red house"):
        quick(page, prompt)
    expect(page.locator("#text_to_image-help .example").first).to_be_hidden()
    field = page.locator("#text_to_image-prompt textarea")
    field.fill("half a thought")
    field.press("Alt+ArrowUp")
    expect(field).to_have_value("a red house")
    field.press("Alt+ArrowUp")
    expect(field).to_have_value("the blue sea")
    field.press("Alt+ArrowUp")
    expect(field).to_have_value("the blue sea")  # each is kept once
    field.press("Alt+ArrowDown")
    field.press("Alt+ArrowDown")
    expect(field).to_have_value("half a thought")
    page.locator("#text_to_image-help .recent").click()
    page.locator(".studio-menu button", has_text="the blue sea").first.click()
    expect(field).to_have_value("the blue sea")


def test_weights_are_changed_by_keys_and_undone_as_what_is_typed(page: Page) -> None:
    field = page.locator("#text_to_image-prompt textarea")
    field.fill("a red house")
    page.evaluate("document.querySelector('#text_to_image-prompt textarea').setSelectionRange(3, 3)")
    field.press("Control+ArrowUp")
    expect(field).to_have_value("a (red:1.1) house")
    field.press("Control+ArrowUp")
    expect(field).to_have_value("a (red:1.2) house")
    for _ in range(2):
        field.press("Control+ArrowDown")
    expect(field).to_have_value("a red house")
    field.press("Control+z")
    expect(field).to_have_value("a (red:1.1) house")


@pytest.mark.parametrize(
    ("text", "start", "end", "steps", "expected"),
    [
        ("a red house", 2, 11, 1, "a (red house:1.1)"),
        ("a red house", 2, 6, -1, "a (red:0.9) house"),
        ("(red:1.1)", 2, 2, -1, "red"),
        ("(red:0.05)", 2, 2, -1, "(red:0)"),
        ("x (a, b:1.35), c", 4, 4, 1, "x (a, b:1.45), c"),
        ("<lora:ink:1>", 7, 7, 1, "<lora:ink:1.1>"),
        ("<lora:ink:1.1>", 7, 7, -1, "<lora:ink:1>"),
        ("a , b", 2, 2, 1, None),
        ("", 0, 0, 1, None),
        ("Tür", 1, 1, 1, "(Tür:1.1)"),
    ],
)
def test_weights(page: Page, text: str, start: int, end: int, steps: int, expected: str | None) -> None:
    done = page.evaluate(
        """async (given) => {
            const { reweighed } = await import(new URL("page/weight.js", document.baseURI));
            return reweighed(...given);
        }""",
        [text, start, end, steps],
    )
    assert (done and done["text"]) == expected
    if done:
        before = text[: done["from"]] + done["insert"] + text[done["to"] :]
        assert before == done["text"]  # what is written in place of a part is the same


def test_the_time_left_does_not_jump(page: Page) -> None:
    told = page.evaluate("""async () => {
        const { calm } = await import(new URL("page/calm.js", document.baseURI));
        let shown = null;
        return [19.2, 18.7, 19.4, 18.1, 20.3, 17.5, 40, 39, 36, 200, null].map((left) => (shown = calm(shown, left)));
    }""")
    assert told == [20, 19, 19, 19, 19, 18, 40, 40, 40, 240, None]


def test_ctrl_enter_generates(page: Page) -> None:
    set_number(page, "text_to_image", "steps", 2)
    field = page.locator("#text_to_image-prompt textarea")
    field.fill("a boat")
    field.press("Control+Enter")
    expect(page.locator("#live .card .said").first).to_have_text("a boat")
    expect(field).to_be_focused()


def test_what_a_person_wrote_is_shown_as_it_is_written(page: Page) -> None:
    job = quick(page, LITERAL)
    expect(card(page, job).locator(".said")).to_have_text(LITERAL)
    expect(card(page, job).locator("figure img")).to_have_attribute("alt", LITERAL)
    page.locator("#text_to_image-help .recent").click()
    expect(page.locator(".studio-menu button").first).to_contain_text(LITERAL)
    page.keyboard.press("Escape")
    endless(page, LITERAL)
    page.locator(".studio-header .queue").click()
    expect(page.locator(".studio-panel .rows .said").first).to_have_text(LITERAL)
    assert page.title() == "Diffusion Studio"
    assert page.locator('img[src="x"]').count() == 0


def test_the_system_is_told_on_demand(page: Page, studio: Running) -> None:
    quick(page)  # from then on it is known what is on
    page.locator(".studio-header .model").click()
    panel = page.get_by_role("dialog", name="System")
    expect(panel.get_by_text(str(studio.outputs.resolve()), exact=True)).to_be_visible()
    status = ask(studio, "status", post=False)
    facts = panel.locator("dl").first  # what is on; another list below says what was asked for
    told = dict(zip(facts.locator("dt").all_inner_texts(), facts.locator("dd").all_inner_texts(), strict=True))
    assert told["Attention"] == status["model"]["on"]["attention"]
    assert told["Model"] == status["model"]["title"]
    total = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    assert told["Memory"].endswith(f"of {total / 2**20:.1f} GiB free")


def test_nothing_of_it_overflows_on_a_telephone(page: Page) -> None:
    job = quick(page, count=2)
    page.set_viewport_size({"width": 390, "height": 844})
    open_tab(page, "text_to_image")
    card(page, job).get_by_label("More").first.click()
    for opener, panel in ((None, ".studio-menu"), (".queue", ".studio-panel"), (".help", ".studio-sheet")):
        if opener:
            page.locator(f".studio-header {opener}").click()
        box = page.locator(f"{panel}:popover-open, {panel}[open]").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

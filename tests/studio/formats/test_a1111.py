"""A1111's parameters: what others wrote is read with every loss told, and what we write others read.

The grammar is the published one: the last line is settings if it has three pairs or more; a value with a comma, a colon
or a newline is a JSON string.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.parts import MAX_SEED
from pipelines.requests import Hires, Inpaint, Request, Sampling, Size, TextToImage, Tuning, Variation
from studio.formats import Carried, read_any
from studio.formats.parameters import parameters
from studio.formats.reading import carried_from
from studio.formats.texts import Texts
from tests.studio.formats.files import photo, png

TAIL = "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1234, Size: 512x768"


def read(text: str) -> Carried:
    found = carried_from(Texts({"parameters": text}))
    assert found is not None
    return found


def test_an_ordinary_text_is_read_whole() -> None:
    text = "a red house,\nby the sea\nNegative prompt: blurry,\nugly\n" + TAIL + ", Model hash: 6ce0161689, Model: v1-5"
    found = read(text + ", Clip skip: 2, Version: v1.10.1")
    request = found.request
    assert (request.prompt, request.negative) == ("a red house,\nby the sea", "blurry,\nugly")
    assert request.sampling == Sampling(steps=28, sampler="dpmpp_2m", spacing="karras", guidance=6.5, seed=1234)
    assert isinstance(request, TextToImage) and request.size == Size(width=512, height=768)
    assert (request.clip_skip, found.model, found.program) == (2, "v1-5", "A1111")
    assert len(found.notes) == 1 and "draws its noise its own way" in found.notes[0]


VARIANTS: list[tuple[str, dict[str, Any], list[str]]] = [
    # what follows the usual settings, what the request then has, what the notes then say
    ("Variation seed: 5, Variation seed strength: 0.3", {"variation": Variation(seed=5, strength=0.3)}, []),
    ("Seed resize from: 512x512", {"variation": Variation(width=512, height=512)}, []),
    ("Seed resize from: -1x-1", {"variation": Variation()}, []),
    ("Schedule rho: 5, Schedule max sigma: 10", {"tuning": Tuning(rho=5, sigma_max=10)}, []),
    ("Eta: 0.5", {"tuning": Tuning()}, ["DPM++ 2M has no use for eta, which is 0.5"]),
    ("Denoising strength: 0.4", {}, ["painted over another picture (strength 0.4)"]),
    ("Denoising strength: 0.4, Mask blur: 4, Inpaint area: Only masked", {}, ["A mask was painted (Mask blur 4,"]),
    ("Hires upscale: 2, Hires steps: 9, Hires upscaler: Latent, Denoising strength: 0.6",
     {"hires": Hires(scale=2, steps=9, upscale="latents", strength=0.6)}, []),
    ("Hires resize: 1024x1536, Hires upscaler: Lanczos", {"hires": Hires(scale=2)}, []),
    ("Hires resize: 1024x1024, Hires upscaler: Lanczos", {"hires": Hires()}, ["hires scale must be a number"]),
    ("Hires upscale: 1.5, Hires upscaler: R-ESRGAN 4x+, Hires sampler: Euler a",
     {"hires": Hires(scale=1.5, sampler="euler_a")}, ["The upscaler 'R-ESRGAN 4x+' is not known"]),
    ('Hires upscale: 2, Hires upscaler: Latent, Hires prompt: "a, \\"b\\": c\\nd"',
     {"hires": Hires(scale=2, upscale="latents", prompt='a, "b": c\nd')}, []),
    ("Tiling: True, Face restoration: CodeFormer", {}, ["Tiling (True)", "Face restoration (CodeFormer)"]),
    ("Refiner: sd_xl [74], Refiner switch at: 0.8", {}, ["Refiner (sd_xl [74])", "Refiner switch at (0.8)"]),
    ('Lora hashes: "x: 1, y: 2", TI hashes: "bad: 3"', {}, ["TI hashes (bad: 3)"]),
    ("ControlNet 0: \"Module: canny, Weight: 1\"", {}, ["ControlNet 0 (Module: canny, Weight: 1)"]),
    ("Distilled CFG Scale: 3.5, Shift: 3", {"tuning": Tuning(shift=3)}, ["Distilled CFG Scale (3.5)"]),
    ("Sampler: Ghost", {}, ["The sampler 'Ghost' is not known here: DPM++ 2M takes its place"]),
    ("Schedule type: Turbo", {}, ["The spacing 'Turbo' is not known"]),
    ("Sampler: DPM++ 3M SDE Exponential, Schedule type: Exponential", {"sampler": "dpmpp_3m_sde"}, []),
    ("Steps: many", {"steps": 20}, ["Left out: steps must be a whole number from 1 to 1000, but is 'many'"]),
    ("CFG scale: 0", {"guidance": 1.0}, ["A guidance of 0 became 1"]),
    ("CFG scale: nan", {"guidance": 7.0}, ["Left out: guidance must be a number"]),
    ("Seed: 99999999999", {"seed": 99999999999 % 2**32}, ["Seeds go up to 4294967295 here"]),
    ("Seed: -1", {"seed": 0}, ["Left out: seed must be"]),
    ("Size: 16x99999", {"size": Size()}, ["Left out: width must be"]),
    ("Size: huge", {"size": Size()}, ["Left out: width must be"]),
    ("Clip skip: 40", {"clip_skip": 1}, ["clip skip must be 1 to 12, but is 40"]),
    ('Model: "a, b: c"', {}, []),
    ('Model: "half', {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("more", "has", "says"), VARIANTS, ids=[row[0][:40] for row in VARIANTS])
def test_each_setting_is_taken_or_its_loss_is_told(more: str, has: dict[str, Any], says: list[str]) -> None:
    found = read(f"a house\n{TAIL}, {more}, Version: v1.10.1")
    for name, value in has.items():
        owner = found.request.sampling if hasattr(found.request.sampling, name) else found.request
        assert getattr(owner, name) == value
    told = [note for note in found.notes if "draws its noise" not in note]
    assert len(told) == len(says) and all(any(part in note for note in told) for part in says), found.notes


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("x\n" + TAIL + ", Version: f2.0.1v1.10.1-previous-667-g1", "Forge"),
        ("x\n" + TAIL + ", Version: neo", "Forge"),
        ("x\n" + TAIL + ", App: SD.Next, Version: abc", "SD.Next"),
        (TAIL, "A1111"),
        ("Negative prompt: only this\n" + TAIL, "A1111"),
        ("a <lora:house:0.8> <hypernet:old:1>\n" + TAIL, "A1111"),
    ],
)
def test_children_of_a1111_are_told_apart(text: str, program: str) -> None:
    assert read(text).program == program
    loras = [note for note in read(text).notes if "LoRA" in note or "tag" in note]
    assert len(loras) == (2 if "lora" in text else 0)


@pytest.mark.parametrize("text", ["", "just words", "Steps: 3", "Steps: 3, Size: 8", "a: b, c: d\nmore words", "{}"])
def test_what_has_no_settings_is_no_recipe(text: str) -> None:
    assert carried_from(Texts({"parameters": text})) is None


def test_a_line_that_only_looks_like_settings_belongs_to_the_prompt() -> None:
    assert read("Steps: up, Size: big\n" + TAIL).request.prompt == "Steps: up, Size: big"


def test_what_is_missing_is_told() -> None:
    (note,) = (note for note in read("x\nModel: a, Version: b, VAE: c").notes if "does not say" in note)
    assert note == "The file does not say its steps, seed, sampler, guidance, size: the usual is taken."


@given(st.text(max_size=200), st.lists(st.text(max_size=30), max_size=8))
def test_no_text_breaks_the_reader(words: str, values: list[str]) -> None:
    keys = ["Steps", "Sampler", "Size", "Hires upscale", "Hires resize", "Seed", "Denoising strength", "CFG scale"]
    text = words + "\n" + ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=False))
    found = carried_from(Texts({"parameters": text}))
    assert found is None or all(note.endswith(".") for note in found.notes)


def test_a_long_line_of_words_takes_no_time() -> None:
    assert carried_from(Texts({"parameters": "word " * 40_000})) is None


# What we write


def a1111_reads(text: str) -> tuple[str, str, dict[str, str]]:
    """The published rule, written down once more."""
    *lines, last = text.strip().split("\n")
    pairs, place = {}, 0
    while found := re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^"\\])*"|[^,]*)(,|$)').search(last, place):
        pairs[found[1]] = json.loads(found[2]) if found[2].startswith('"') else found[2]
        place = found.end()
        if place >= len(last):
            break
    assert len(pairs) >= 3
    at = next((i for i, line in enumerate(lines) if line.startswith("Negative prompt:")), len(lines))
    return "\n".join(lines[:at]), "\n".join(lines[at:])[16:].strip(), pairs


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")) | st.just(" "), max_size=40).map(
    str.strip
)
REQUESTS = st.builds(
    TextToImage,
    prompt=WORDS,
    negative=WORDS,
    clip_skip=st.integers(1, 12),
    size=st.builds(Size, width=st.integers(64, 4096), height=st.integers(64, 4096)),
    sampling=st.builds(
        Sampling,
        steps=st.integers(1, 1000),
        guidance=st.integers(4, 400).map(lambda quarters: quarters / 4),
        sampler=st.sampled_from(sorted(SAMPLERS)),
        spacing=st.sampled_from(sorted(SPACING_LABELS)),
        seed=st.integers(0, MAX_SEED),
    ),
    variation=st.builds(Variation, seed=st.integers(0, MAX_SEED), strength=st.sampled_from([0.01, 0.5, 1.0])),
    hires=st.sampled_from([
        Hires(), Hires(scale=2.5, strength=0.3, steps=4, sampler="lcm", prompt='a, "b": c\nd'),
        Hires(scale=2, upscale="latents"),
    ]),
)  # fmt: skip


@given(REQUESTS)
def test_what_we_write_is_read_by_the_published_rule_and_by_us(request: TextToImage) -> None:
    text = parameters(request, (64, 64), "My, model: x", "0.1")
    prompt, negative, pairs = a1111_reads(text)
    assert (prompt, negative) == (request.prompt, request.negative)
    assert (pairs["Seed"], pairs["Steps"]) == (str(request.sampling.seed), str(request.sampling.steps))
    assert pairs["Size"] == f"{request.size.width}x{request.size.height}" and pairs["Model"] == "My, model: x"
    assert list(pairs)[:6] == ["Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size"]
    assert re.search(r"(^|\n)Steps: ", text)  # what Civitai looks for
    found = carried_from(Texts({"parameters": text}))
    assert found is not None and found.request == request and len(found.notes) == 1


def test_an_edit_says_what_a1111_has_words_for() -> None:
    photo = Image.new("RGB", (80, 64))
    request = Inpaint(
        prompt="x", image=photo, mask=Image.new("L", photo.size, 255), strength=0.5, feather=3, fill="noise",
        area="closeup", padding=9, sampling=Sampling(noise="device"), tuning=Tuning(sigma_max=9.5),
    )  # fmt: skip
    _, _, pairs = a1111_reads(parameters(request, (80, 64), "M", "0.1"))
    expected = {"Size": "80x64", "Denoising strength": "0.5", "Mask blur": "3", "Inpaint area": "Only masked"}
    expected |= {"Masked area padding": "9", "Masked content": "latent noise", "Schedule max sigma": "9.5"}
    assert expected.items() <= pairs.items() and "RNG" not in pairs


def test_every_sampler_and_spacing_has_a_name_that_leads_back() -> None:
    for sampler in SAMPLERS:
        for spacing in SPACING_LABELS:
            request: Request = TextToImage(sampling=Sampling(sampler=sampler, spacing=spacing))
            assert read(parameters(request, (64, 64), "m", "1")).request.sampling == request.sampling


@pytest.mark.parametrize("encoded", [
    b"UNICODE\0" + ("grün 🌄\n" + TAIL).encode("utf-16-be"),
    b"UNICODE\0" + ("grün 🌄\n" + TAIL).encode("utf-16-le"),
    b"UNICODE\0" + ("grün 🌄\n" + TAIL).encode("utf-16"),
    ("grün 🌄\n" + TAIL).encode(),
    b"\0" * 8 + ("grün 🌄\n" + TAIL).encode(),
])  # fmt: skip
@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_a_user_comment_is_read_whichever_way_it_was_written(tmp_path: Path, suffix: str, encoded: bytes) -> None:
    found = read_any(photo(tmp_path / f"a.{suffix}", inner={0x9286: encoded}))
    assert (found.request.prompt, found.request.sampling.seed) == ("grün 🌄", 1234)


def test_text_behind_the_pixels_and_in_broken_files_is_read_too(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", {"parameters": f"日本語\n{TAIL}"})
    data = path.read_bytes()
    at = data.index(b"IDAT") + 10
    path.write_bytes(data[:at] + b"\xff" * 4 + data[at + 4 :])  # pixels that cannot be unpacked
    assert read_any(path).request.prompt == "日本語"
    start, length = data.index(b"iTXt") - 4, int.from_bytes(data[data.index(b"iTXt") - 4 :][:4], "big") + 12
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    end = rest.index(b"IEND") - 4
    path.write_bytes(rest[:end] + chunk + rest[end:])
    assert read_any(path).request.prompt == "日本語"

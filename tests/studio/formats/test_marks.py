"""Marks of where a picture comes from: written as IPTC says, found in whatever a file is, and kept."""

from __future__ import annotations

import json
import struct
import zlib
from argparse import Namespace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.errors import InvalidRequest, OutputError
from pipelines.events import Proof
from pipelines.requests import Inpaint, Sampling, Size, TextToImage
from studio.formats import containers, read_any, xmp
from studio.formats.xmp import EDITED, MADE, TERMS, Xmp
from studio.library import Library, Recipe, open_picture
from studio.library.export import export
from studio.verifying import ALTERED, NOTHING, findings, verify
from tests.studio.formats.files import photo, png

CAPTURE = TERMS + "digitalCapture"


def noise(size: tuple[int, int] = (40, 24), mode: str = "RGB") -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 4), np.uint8)).convert(mode)


def saved(library: Library, prompt: str = "a red house, 日本 & <b>\uffff") -> Path:
    wish = TextToImage(prompt=prompt, size=Size(width=64, height=64), sampling=Sampling(seed=7))
    return library.save(noise(), Recipe(request=wish, model="meadow", title="Meadow")).path


def iptc(packet: bytes | str) -> str:
    """The source type in a packet, found as the standard has it: an XML property in IPTC's namespace."""
    root = ElementTree.fromstring(packet)
    (found,) = root.iter("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    return str(found.text)


def with_credentials(path: Path) -> Path:
    """The same file with what a C2PA manifest looks like from outside."""
    data = path.read_bytes()
    box = b"\0\0\0\x10jumbc2pa-box"
    if path.suffix == ".png":
        chunk = struct.pack(">I", len(box)) + b"caBX" + box + struct.pack(">I", zlib.crc32(b"caBX" + box))
        data = data[:33] + chunk + data[33:]  # behind the header
    elif path.suffix == ".jpg":
        data = data[:2] + b"\xff\xeb" + struct.pack(">H", 10 + len(box)) + b"JP\0\1\0\0\0\1" + box + data[2:]
    else:
        data += b"C2PA" + struct.pack("<I", len(box)) + box
        data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    path.write_bytes(data)
    return path


def marked(path: Path, term: str) -> Path:
    """A picture that another program marked, with an attribute where we write an element."""
    packet = Xmp(term).packet().replace(f"<Iptc4xmpExt:DigitalSourceType>{term}</Iptc4xmpExt:DigitalSourceType>", "")
    packet = packet.replace('rdf:about=""', f'rdf:about="" Iptc4xmpExt:DigitalSourceType="{term}"')
    chunks = PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", packet)
    options = {"pnginfo": chunks} if path.suffix == ".png" else {"xmp": packet.encode(), "quality": 95}
    noise().save(path, **options)
    return path


@given(st.sampled_from([MADE, EDITED, ""]), st.text(st.characters(exclude_categories=("Cs", "Cc"))), st.booleans())
def test_a_packet_is_xml_and_says_what_it_was_told(term: str, words: str, credentials: bool) -> None:
    told = Xmp(term, json.dumps({"prompt": words}), credentials)
    assert xmp.read(told.packet()) == xmp.read(told.packet().encode() + b"  \0") == told
    assert not term or iptc(told.packet()) == term


@pytest.mark.parametrize(
    "packet",
    [b"", b"<x", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"\xff\xfe\0", b"<a>" * 9, "<x y='ü'/>", b"<x/>"],
)
def test_a_packet_that_cannot_be_read_says_nothing(packet: bytes) -> None:
    assert xmp.read(packet) == Xmp()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_credentials_are_found_where_each_format_has_them(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    noise().save(path)
    assert not containers.has_credentials(path.read_bytes()) and findings(path) == [NOTHING]
    with_credentials(path)
    Image.open(path).load()  # the file is a sound picture still
    assert containers.has_credentials(path.read_bytes())
    assert [line[:27] for line in findings(path)] == ["Content credentials (C2PA) "]


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\0\0\0\0WEBP"]))
def test_no_bytes_break_the_search_for_parts(data: bytes, head: bytes) -> None:
    assert containers.has_credentials(head + data) in (True, False)
    assert isinstance(containers.texts(head + data), dict)


def test_packed_texts_are_read_as_pillow_reads_them_and_never_without_end(tmp_path: Path) -> None:
    chunks = PngInfo()
    chunks.add_text("one", "größer", zip=True)
    chunks.add_itxt("two", "日本", "ja", "二", zip=True)
    chunks.add_itxt("three", "plain")
    noise().save(tmp_path / "a.png", pnginfo=chunks)
    data = (tmp_path / "a.png").read_bytes()
    assert containers.texts(data) == dict(Image.open(tmp_path / "a.png").text)
    bomb = b"zTXt" + b"k\0\0" + zlib.compress(bytes(64 * 2**20))
    chunk = struct.pack(">I", len(bomb) - 4) + bomb + struct.pack(">I", zlib.crc32(bomb))
    assert len(containers.texts(data[:33] + chunk + data[33:])["k"]) == 16 * 2**20


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_marks_of_an_input_are_kept_with_it_and_told_of_what_is_made_of_it(
    library: Library, tmp_path: Path, suffix: str
) -> None:
    path = with_credentials(marked(tmp_path / f"a.{suffix}", CAPTURE))
    kept = library.keep(open_picture(path))
    with Image.open(kept.path) as picture:
        assert iptc(picture.info["xmp"]) == CAPTURE
    lines = findings(kept.path)
    assert lines == [
        "IPTC digital source type: digitalCapture (a photo).",
        "Content credentials (C2PA) were in the file that this is a copy of.",
    ]
    source = library.picture(kept.id)  # as the page does it
    wish = Inpaint(image=source, mask=Image.new("L", source.size, 255))
    proof = Proof(0.5, 0.25, 0.25, "ab", "ab")
    made = library.save(noise(), Recipe(request=wish, model="m", title="M", proof=proof))
    with Image.open(made.path) as picture:
        assert iptc(picture.info["xmp"]) == EDITED
    assert findings(made.path)[1:] == [
        "Of the picture it was made from, 50.0% were locked, and are in it unchanged.",
        "The pixels are those that were written.",
        "IPTC digital source type: compositeWithTrainedAlgorithmicMedia"
        " (made by a model over or around a picture that it did not make).",
        "The picture it was made from was marked digitalCapture (a photo).",
        "The picture it was made from had content credentials (C2PA).",
    ]


def test_an_input_without_marks_gets_none(library: Library, tmp_path: Path) -> None:
    noise().save(tmp_path / "a.png")
    kept = library.keep(open_picture(tmp_path / "a.png"))
    assert Image.open(kept.path).info.get("xmp") is None and findings(kept.path) == [NOTHING]


def test_pixels_that_were_changed_are_found_out(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(library)
    assert verify(Namespace(image=path)) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Diffusion Studio ") and "with the model Meadow" in said[0]
    assert said[1] == "The pixels are those that were written."
    with Image.open(path) as picture:
        picture.load()
        chunks = PngInfo()
        for name in ("diffusion-studio", "parameters"):
            chunks.add_itxt(name, picture.info[name])
        picture.putpixel((3, 3), tuple(255 - value for value in picture.getpixel((3, 3))))
        picture.save(path, pnginfo=chunks)
    assert verify(Namespace(image=path)) == 1 and ALTERED in capsys.readouterr().out


def test_other_programs_are_named(tmp_path: Path) -> None:
    tail = "Steps: 28, Sampler: Euler a, CFG scale: 6.5, Seed: 1, Size: 64x64, Model: v1-5"
    assert findings(png(tmp_path / "a.png", {"parameters": tail})) == ["A1111 made it with the model v1-5."]
    (line,) = findings(photo(tmp_path / "a.jpg", {0x0131: "Paint 9"}))
    assert line == "The file says that it was written by Paint 9."


# Export


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.webp", "a.png"])
def test_an_export_has_the_mark_and_the_recipe_for_us_and_for_others(
    library: Library, tmp_path: Path, name: str
) -> None:
    source, target = saved(library), tmp_path / name
    export(source, target)
    with Image.open(target) as picture, Image.open(source) as original:
        picture.load()
        assert iptc(picture.info["xmp"]) == MADE
        assert picture.size == original.size
        if name == "a.png":
            text = picture.info["parameters"]
            assert picture.tobytes() == original.tobytes()
        else:
            comment = picture.getexif().get_ifd(0x8769)[0x9286]
            assert comment[:8] == b"UNICODE\0"
            text = comment[8:].decode("utf-16-be")  # as Civitai reads it
        assert text == original.info["parameters"]
        assert text.startswith("a red house, 日本 & <b>\uffff\nSteps: 20, Sampler: DPM++ 2M, ")
    assert read_any(target).request == library.request(target) == library.request(source)
    assert read_any(target).notes == ()


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.png"])
def test_a_recipe_can_be_left_out_and_the_mark_cannot(library: Library, tmp_path: Path, name: str) -> None:
    export(saved(library, "a secret"), tmp_path / name, recipe=False)
    data = (tmp_path / name).read_bytes()
    assert b"secret" not in data and b"s\0e\0c" not in data and b"\0s\0e\0c" not in data
    assert findings(tmp_path / name) == ["IPTC digital source type: trainedAlgorithmicMedia (made wholly by a model)."]


def test_what_cannot_be_exported_is_refused_in_a_sentence(library: Library, tmp_path: Path) -> None:
    source = saved(library)
    with pytest.raises(InvalidRequest, match=r"should end in one of \.png, \.jpg"):
        export(source, tmp_path / "a.gif")
    with pytest.raises(OutputError, match=r"There is a file .* already"):
        export(source, source)
    clear = library.save(noise(mode="RGBA"), Recipe(request=TextToImage(), model="m", title="M")).path
    with pytest.raises(InvalidRequest, match="JPEG has no transparency"):
        export(clear, tmp_path / "a.jpg")
    wordy = TextToImage(prompt="&" * 4000, negative="🌄" * 4000)
    long = library.save(noise(), Recipe(request=wordy, model="m" * 30_000, title="M")).path
    with pytest.raises(InvalidRequest, match="The recipe is too long"):
        export(long, tmp_path / "b.jpg")
    assert not (tmp_path / "b.jpg").exists()
    export(long, tmp_path / "b.webp")


def test_a_webp_of_full_quality_is_exact_and_profiles_go_along(library: Library, tmp_path: Path) -> None:
    picture = noise()
    picture.info["icc_profile"] = b"a profile"
    path = library.save(picture, Recipe(request=TextToImage(), model="m", title="M")).path
    export(path, tmp_path / "a.webp", quality=100)
    with Image.open(tmp_path / "a.webp") as read:
        assert read.tobytes() == picture.tobytes() and read.info["icc_profile"] == b"a profile"

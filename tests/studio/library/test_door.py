"""Whatever comes to the door is a picture afterwards, or one sentence."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.errors import UnreadableImage
from studio.library import door, open_mask, open_picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, os.urandom(size[0] * size[1] * bands))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: bytes, width: int = 16, height: int = 16) -> bytes:
    """A PNG header of that size, then chunks, then black pixels for 16x16."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 49 * 16)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + pixels


def png_that_claims(width: int, height: int) -> bytes:
    """A valid PNG header of that size with next to nothing behind it."""
    return png(width=width, height=height)


def webp_that_claims(width: int, height: int) -> bytes:
    """The header of a picture that is drawn on a canvas of that size, with one frame of 16x16 on it."""
    frame = encoded(noise(size=(16, 16)), "WEBP", lossless=True)[12:]
    less = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    place = b"\0" * 6 + struct.pack("<I", 15)[:3] * 2 + b"\0" * 4
    parts = ((b"VP8X", b"\x02\0\0\0" + less), (b"ANIM", b"\0" * 6), (b"ANMF", place + frame))
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def progressive_with(scans: int) -> bytes:
    """A JPEG whose last scan comes again and again; each makes a decoder go over the whole picture."""
    sound = encoded(noise(), "JPEG", progressive=True)
    last = sound[sound.rfind(b"\xff\xda") : -2]
    return sound[:-2] + last * scans + sound[-2:]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_lossless_pictures_keep_every_byte(tmp_path: Path, kind: str) -> None:
    picture = noise()
    data = encoded(picture, kind, **({"lossless": True} if kind == "WEBP" else {}))
    (tmp_path / "picture").write_bytes(data)
    for source in (data, tmp_path / "picture", str(tmp_path / "picture")):
        opened = open_picture(source)
        assert (opened.mode, opened.size, opened.tobytes()) == ("RGB", (24, 16), picture.tobytes())


def test_transparency_is_kept_and_other_modes_become_rgb() -> None:
    picture = noise("RGBA")
    assert open_picture(encoded(picture)).tobytes() == picture.tobytes()
    for mode in ("1", "L", "P"):
        plain = noise("L").convert(mode)
        assert open_picture(encoded(plain)).tobytes() == plain.convert("RGB").tobytes()
    assert open_picture(encoded(noise("CMYK"), "JPEG")).mode == "RGB"
    clear = noise("L").convert("P")
    assert open_picture(encoded(clear, transparency=0)).mode == "RGBA"


def test_sixteen_bit_grey_stays_as_a_picture_and_is_scaled_as_a_mask() -> None:
    deep = Image.fromarray(np.array([[0, 256, 32768, 65535]] * 8, dtype=np.uint16))
    opened = open_picture(encoded(deep))
    assert (opened.mode, opened.tobytes()) == ("I;16", deep.tobytes())
    assert list(open_mask(encoded(deep)).tobytes()[:4]) == [0, 1, 128, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(orientation: int) -> None:
    upright = np.zeros((8, 12, 3), dtype=np.uint8)
    upright[0, 0] = 255  # a light in the upper left corner
    undo = [
        lambda a: a,
        lambda a: a[:, ::-1],
        lambda a: a[::-1, ::-1],
        lambda a: a[::-1],
        lambda a: a.swapaxes(0, 1),
        lambda a: a.swapaxes(0, 1)[:, ::-1][::-1, ::-1],
        lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        lambda a: a.swapaxes(0, 1)[:, ::-1],
    ][orientation - 1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo(upright)))
    opened = open_picture(encoded(stored, exif=exif.tobytes()))
    assert opened.size == (12, 8)
    assert opened.getpixel((0, 0)) == (255, 255, 255)
    assert open_picture(encoded(opened)).tobytes() == opened.tobytes()  # and it is not turned twice


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "PNG, JPEG and WebP"),
        (b"hello", "PNG, JPEG and WebP"),
        (encoded(noise(), "GIF"), "PNG, JPEG and WebP"),
        (encoded(noise(), "BMP"), "PNG, JPEG and WebP"),
        (encoded(noise(), "TIFF"), "PNG, JPEG and WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG, JPEG and WebP"),
        (encoded(noise())[:400], "damaged"),
        (encoded(noise(size=(99, 99)), "JPEG")[:2000], "damaged"),
        (png_that_claims(13000, 13000), "13000x13000"),
        (png_that_claims(5000, 8), "5000x8"),
        (png_that_claims(64, 64), "damaged"),
        (png_that_claims(0, 0), "PNG, JPEG and WebP"),
        (webp_that_claims(5000, 5000), "5000x5000"),
        (webp_that_claims(64, 64)[:-20], "damaged"),
        (encoded(noise(), "PNG", save_all=True, append_images=[noise()]), "animation of 2 frames"),
        (encoded(noise(), "WEBP", save_all=True, append_images=[noise(), noise()]), "animation of 3 frames"),
        (encoded(noise(), "JPEG", exif=b"Exif\0\0no such thing"), "damaged"),
        (png(chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 2**24))), "damaged"),
        (png(chunk(b"prVt", b"") * 100_001), "too many chunks"),
        (encoded(noise(), "JPEG")[:2] + b"\xff\xe5\0\2" * 100_001, "too many segments"),
        (encoded(noise(), "JPEG")[:2] + b"\xff" * 100_002 + encoded(noise(), "JPEG")[2:], "too many segments"),
        (encoded(noise(), "JPEG")[:2] + b"\xff\xd9" + b"\xff\xd0" * 60_000 + b"\xff\xe5\0\2", "too many segments"),
        (progressive_with(101), "too many segments"),
    ],
)
def test_what_is_no_picture_gets_one_sentence(data: bytes, reason: str) -> None:
    for enter in (open_picture, open_mask):
        with pytest.raises(UnreadableImage, match=reason) as refusal:
            enter(data)
        assert str(refusal.value).count("\n") == 0


def test_what_photos_and_programs_really_write_is_let_in() -> None:
    photo = encoded(noise(), "MPO", save_all=True, append_images=[noise()])  # two pictures, as phones write them
    assert open_picture(photo).tobytes() == Image.open(io.BytesIO(photo)).tobytes()
    assert open_picture(progressive_with(80)).size == (24, 16)
    chunks = b"".join(chunk(b"tEXt", b"a\0" + b"word " * 1000) for _ in range(100))
    assert open_picture(png(chunks)).size == (16, 16)
    segments = encoded(noise(), "JPEG", exif=b"Exif\0\0" + b"II*\0\x08\0\0\0\0\0" + b"\xff\xda" * 500)
    assert open_picture(segments).size == (24, 16)  # marks within a segment are none
    assert open_picture(encoded(noise(), "JPEG", restart_marker_blocks=1) + os.urandom(2**20)).size == (24, 16)


def test_transparency_of_colours_that_are_in_no_palette_is_damage() -> None:
    plain = encoded(noise("L").convert("P"))
    begin, end = plain.index(b"PLTE") - 4, plain.index(b"IDAT") - 4
    clear = plain[:begin] + chunk(b"tRNS", bytes(300)) + plain[end:]
    assert Image.open(io.BytesIO(clear)).mode == "P"  # which Pillow opens, but does not convert
    for enter in (open_picture, open_mask):
        with pytest.raises(UnreadableImage, match="damaged"):
            enter(clear)


def test_a_file_that_never_ends_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_BYTES", 2**20)
    with pytest.raises(UnreadableImage, match=r"larger than 1 MB"):
        open_picture(b"\x89PNG" + b"x" * 2**20)
    (tmp_path / "large.png").write_bytes(png() + b"x" * 2**20)
    with pytest.raises(UnreadableImage, match=r"larger than 1 MB"):
        open_picture(tmp_path / "large.png")
    if Path("/dev/zero").exists():
        with pytest.raises(UnreadableImage, match=r"^/dev/zero is larger than 1 MB"):
            open_picture("/dev/zero")


def test_an_address_is_a_file_that_is_not_there_and_a_pickle_is_no_picture(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:1/a.png", "file:///etc/passwd"):
        with pytest.raises(UnreadableImage, match="There is no file"):
            open_picture(address)
    ran = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (ran,)

    for data in (pickle.dumps(Bomb()), b"\x89PNG\r\n\x1a\n" + pickle.dumps(Bomb())):
        with pytest.raises(UnreadableImage):
            open_picture(data)
    assert not ran.exists()


def test_missing_files_and_folders_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"^There is no file .*nowhere\.png: check the path\.$"):
        open_picture(tmp_path / "nowhere.png")
    with pytest.raises(UnreadableImage, match="cannot be opened"):
        open_picture(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_damage_anywhere_is_a_picture_or_a_sentence(kind: str) -> None:
    sound = encoded(noise(), kind)
    chance = random.Random(7)
    for _ in range(300):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(UnreadableImage):
            assert max(open_picture(bytes(data)).size) <= 4096


def test_masks_are_grey_soft_and_black_where_nothing_is() -> None:
    soft = noise("L")
    assert open_mask(encoded(soft)).tobytes() == soft.tobytes()
    assert open_mask(encoded(soft.convert("RGB"))).tobytes() == soft.tobytes()
    painted = Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    painted.putpixel((2, 3), (255, 255, 255, 255))
    mask = open_mask(encoded(painted))
    assert (mask.mode, mask.getpixel((2, 3)), mask.getpixel((0, 0))) == ("L", 255, 0)

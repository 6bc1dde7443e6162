"""PNG files of 16 bits a channel: read and written beside the plainest codec there can be, after the specification."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.depth import low_bytes, samples
from pipelines.errors import UnreadableImage
from pipelines.requests import Inpaint, TextToImage
from studio.library import Library, Recipe, open_mask, open_picture
from studio.library.recipe import png

CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column, first row, steps between columns and between rows."""


def paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))


def expected(kind: int, left: int, above: int, corner: int) -> int:
    """What a byte is thought to be by filter ``kind`` (PNG 1.2, section 6)."""
    return (0, left, above, (left + above) // 2, paeth(left, above, corner))[kind]


def filtered(values: np.ndarray, kinds: list[int]) -> bytes:
    """Samples (height, width, channels) as rows of bytes, each by the next of these filters."""
    apart, above, out = values.shape[2] * 2, bytes(values.shape[1] * values.shape[2] * 2), b""
    for number, row in enumerate(values.astype(">u2")):
        data, kind = row.tobytes(), kinds[number % len(kinds)]
        before = bytes(apart)
        guess = [expected(kind, *each) for each in zip(before + data, above, before + above, strict=False)]
        out += bytes([kind]) + bytes((byte - known) % 256 for byte, known in zip(data, guess, strict=True))
        above = data
    return out


def unfiltered(data: bytes, height: int, width: int, channels: int) -> np.ndarray:
    apart, length = channels * 2, width * channels * 2
    above, rows = bytes(length), []
    for start in range(0, height * (length + 1), length + 1):
        row = bytearray()
        for place, byte in enumerate(data[start + 1 : start + 1 + length]):
            left = row[place - apart] if place >= apart else 0
            corner = above[place - apart] if place >= apart else 0
            row.append((byte + expected(data[start], left, above[place], corner)) % 256)
        rows.append(bytes(row))
        above = bytes(row)
    return np.frombuffer(b"".join(rows), ">u2").reshape(height, width, channels)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_file(values: np.ndarray, *more: bytes, interlaced: bool = False) -> bytes:
    """Samples of 16 bits as a PNG file with all filters in turn."""
    height, width, channels = values.shape
    colour = {count: kind for kind, count in CHANNELS.items()}[channels]
    parts = [values[y::down, x::across] for x, y, across, down in PASSES] if interlaced else [values]
    body = b"".join(filtered(part, [4, 1, 2, 3, 0]) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, interlaced)
    chunks = chunk(b"IHDR", head), *more, chunk(b"IDAT", zlib.compress(body)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def chunks_of(data: bytes) -> dict[bytes, bytes]:
    found, place = {}, 8
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", data, place + 8 + length)[0] == zlib.crc32(kind + content)
        found[kind] = found.get(kind, b"") + content
        place += 12 + length
    return found


def values_of(data: bytes) -> np.ndarray:
    """The samples in a file of 16 bits."""
    chunks = chunks_of(data)
    width, height, depth, colour, *_, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, interlaced) == (16, 0)
    return unfiltered(zlib.decompress(chunks[b"IDAT"]), height, width, CHANNELS[colour])


def noise(channels: int, size: tuple[int, int] = (13, 11)) -> np.ndarray:
    return np.random.default_rng(channels).integers(0, 65536, (size[1], size[0], channels), dtype=np.uint16)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_read_in_every_kind_of_file(tmp_path: Path, channels: int, interlaced: bool) -> None:
    values = noise(channels)
    (tmp_path / "deep.png").write_bytes(deep_file(values, interlaced=interlaced))
    shown = values if channels != 2 else values[..., [0, 0, 0, 1]]
    for source in (tmp_path / "deep.png", deep_file(values, interlaced=interlaced)):
        np.testing.assert_array_equal(samples(open_picture(source)), shown.squeeze())


def test_files_of_eight_bits_have_no_low_bytes() -> None:
    for mode in ("RGB", "RGBA", "L", "P", "1"):
        opened = open_picture(png(Image.new("RGB", (9, 9), "red").convert(mode)))
        assert low_bytes(opened) is None and samples(opened).dtype == np.uint8


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_are_written_as_the_specification_has_them(channels: int) -> None:
    values, dots = noise(channels), chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1))
    picture = open_picture(deep_file(values, dots))
    picture.info["icc_profile"] = b"a profile"
    data = png(picture, Recipe(request=TextToImage(prompt="räven"), model="m", title="M"))
    np.testing.assert_array_equal(values_of(data), values)
    chunks = chunks_of(data)
    assert chunks[b"pHYs"] == struct.pack(">IIB", 11811, 11811, 1)
    assert zlib.decompress(chunks[b"iCCP"].split(b"\0", 2)[2]) == b"a profile"
    assert "räven".encode() in chunks[b"iTXt"]
    again = open_picture(data)
    assert samples(again).tobytes() == values.tobytes() and again.info["icc_profile"] == b"a profile"


def test_the_library_keeps_sixteen_bits_of_what_goes_in_and_out(library: Library) -> None:
    picture = open_picture(deep_file(noise(3)))
    kept = library.keep(picture)
    np.testing.assert_array_equal(values_of(kept.path.read_bytes()), noise(3))
    np.testing.assert_array_equal(samples(library.picture(kept.id)), noise(3))
    request = Inpaint(prompt="sea", image=picture, mask=Image.new("L", picture.size, 255))
    saved = library.save(picture, Recipe(request=request, model="m", title="M"))
    again = library.request(saved.path)
    assert again.key == request.key and isinstance(again, Inpaint)
    np.testing.assert_array_equal(samples(again.image), noise(3))


def test_both_halves_of_a_sample_are_turned_together() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = open_picture(deep_file(noise(3), chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))))
    np.testing.assert_array_equal(samples(turned), np.rot90(noise(3), -1))


def test_one_clear_colour_of_sixteen_bits_is_refused() -> None:
    for channels in (1, 3):
        data = deep_file(noise(channels), chunk(b"tRNS", noise(channels)[0, 0].astype(">u2").tobytes()))
        with pytest.raises(UnreadableImage, match="has 16 bits and one colour of clear: save it with an alpha channel"):
            open_picture(data)


def test_a_deep_mask_is_read_by_its_high_bytes() -> None:
    grey = noise(1)
    np.testing.assert_array_equal(np.asarray(open_mask(deep_file(grey))), np.rint(grey.squeeze() / 257))
    colours = np.repeat(grey, 3, axis=2)
    np.testing.assert_array_equal(np.asarray(open_mask(deep_file(colours))), grey.squeeze() >> 8)


def test_a_damaged_deep_file_is_a_picture_or_a_sentence() -> None:
    sound, chance = deep_file(noise(4)), random.Random(3)
    with pytest.raises(UnreadableImage, match="damaged"):
        open_picture(sound[:200])
    for _ in range(150):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(UnreadableImage):
            open_picture(bytes(data))
